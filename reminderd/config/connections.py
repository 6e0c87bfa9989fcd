"""What the service talks to: the case source, its ledger, the relay and the service mailbox.

Each table refuses what it cannot use, with the key and the cure.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PlainValidator, ValidationInfo, field_validator
from sqlalchemy.engine import make_url

from reminderd.config.values import (
    LENT_LEDGER_URL,
    LENT_SOURCE_URL,
    Allowed,
    AnyPath,
    Day,
    ExistingFile,
    Line,
    Table,
    chosen_from,
    heartbeat_url,
    inbox_url,
    ledger_url,
    relay_url,
    source_url,
    stays_on_this_machine,
)

# The contract's names (version 1). casedb owns the contract; neighbours may not import each other,
# and a test holds the two lists together.

VIEWS = (
    "rd_meta",
    "rd_borger",
    "rd_forloeb",
    "rd_medarbejder",
    "rd_tilknytning",
    "rd_enhed",
    "rd_fravaer",
    "rd_plan",
    "rd_opfoelgning",
    "rd_aktivitet",
    "rd_serie",
    "rd_deltager",
    "rd_kontakt",
    "rd_henvendelse",
    "rd_moede",
)

SourceUrl = Annotated[
    str,
    PlainValidator(source_url),
    Allowed(
        "a database URL such as postgresql+psycopg://user@host/database or sqlite:///FILE, csv:DIR,"
        f" or {LENT_SOURCE_URL}"
    ),
]

LedgerUrl = Annotated[str, PlainValidator(ledger_url), Allowed(f"sqlite:///FILE or {LENT_LEDGER_URL}")]

RelayUrl = Annotated[
    str, PlainValidator(relay_url), Allowed("smtp://host:port, smtps://host:port or eml:DIR")
]

InboxUrl = Annotated[str, PlainValidator(inbox_url), Allowed("imaps://host:port")]

HeartbeatUrl = Annotated[
    str, PlainValidator(heartbeat_url), Allowed("https://HOST/PATH, or http:// on this machine")
]

View = Annotated[str, AfterValidator(chosen_from(VIEWS))]


class SourceSettings(Table):
    """Where the cases are read."""

    url: SourceUrl = Field(
        description="Where the cases are read: a database URL without a password, `csv:DIR`, or"
        f" `{LENT_SOURCE_URL}` where the whole URL is a secret.",
        examples=["postgresql+psycopg://reminderd@db.kommune.example/sager"],
    )
    # "schema" is taken by pydantic itself, hence the alias
    schema_name: Annotated[str, Allowed("the name of a schema")] | None = Field(
        default=None,
        alias="schema",
        min_length=1,
        description="The database schema that holds the views; without it, `reminderd_v1` where there is"
        " one, else the login's own.",
        examples=["fag_views"],
    )
    selects: Annotated[
        Mapping[View, ExistingFile],
        Allowed("a table of view names, each with the path of an .sql file", VIEWS),
    ] = Field(
        default_factory=dict,
        description="A file with a `SELECT` for each view that the database does not have.",
        examples=[{"rd_borger": "sql/borger.sql"}],
    )
    encoding: Literal["utf-8", "cp1252"] = Field(
        default="utf-8", description="How CSV files are written: `utf-8` or `cp1252`."
    )
    sentinel_dates: Annotated[tuple[Day, ...], Allowed("a list of dates")] = Field(
        default=(date(1900, 1, 1), date(1899, 12, 30), date(2099, 12, 31), date(9999, 12, 31)),
        description="Dates that mean *no date* in the case system.",
    )
    password_file: AnyPath | None = Field(
        default=None,
        description="File with the database password; or the systemd credential `source-password`.",
        examples=["credentials/source-password"],
    )

    @field_validator("schema_name", "selects")
    @classmethod
    def _database_only(cls, value: object, info: ValidationInfo) -> object:
        if value and info.data.get("url", "").startswith("csv:"):
            raise ValueError("source.url is a CSV folder, which has neither schema nor SELECT")
        return value

    @field_validator("password_file")
    @classmethod
    def _needs_user(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        url = info.data.get("url")
        if value and url == LENT_SOURCE_URL:
            raise ValueError("source.url is lent as a whole, with its password")
        if value and url and (url.startswith("csv:") or make_url(url).username is None):
            raise ValueError("source.url names no user")
        return value


class LedgerSettings(Table):
    """Where reminderd remembers what it has told whom."""

    url: LedgerUrl = Field(
        default="sqlite:////var/lib/reminderd/ledger.db",
        description="The ledger, an SQLite file that reminderd creates, on a local disk; or"
        f" `{LENT_LEDGER_URL}`.",
    )
    mark: AnyPath | None = Field(
        default=None,
        description="File that remembers how far the ledger has come, so that a lost or restored one is"
        " noticed; without it, `.mark` beside the ledger. Best where it is not restored together with it.",
        examples=["/var/lib/reminderd-mark/ledger.mark"],
    )
    min_free_mb: int = Field(
        default=20,
        ge=0,
        le=100_000,
        description="Megabytes that must be free on its disk before anything is sent.",
    )


class RelaySettings(Table):
    """Who carries the mail."""

    url: RelayUrl = Field(
        description="Who carries the mail: `smtp://host:port` (STARTTLS), `smtps://host:port`, or"
        " `eml:DIR` to write files instead.",
        examples=["smtp://relay.kommune.example:25"],
    )
    tls: Literal["required", "none"] = Field(
        default="required",
        description="`required`: encrypted and verified or not at all; `none`: only for a loopback address.",
    )
    ca_file: ExistingFile | None = Field(
        default=None,
        description="Certificate authority of the relay (PEM); without it, the system's.",
        examples=["relay-ca.pem"],
    )
    client_certificate: ExistingFile | None = Field(
        default=None,
        description="Certificate that reminderd shows to the relay (PEM); without it, none.",
        examples=["relay-client.pem"],
    )
    client_key: AnyPath | None = Field(
        default=None,
        description="Its private key (PEM, mode 0600, no passphrase); or the systemd credential"
        " `relay-client-key`.",
        examples=["credentials/relay-client-key"],
    )
    requiretls: bool = Field(
        default=True,
        description="Whether a relay that offers it (RFC 8689) is asked to pass mail on over verified TLS"
        " or not at all.",
    )
    username: Line | None = Field(
        default=None, description="Login at the relay; without it, none is tried.", examples=["reminderd"]
    )
    password_file: AnyPath | None = Field(
        default=None,
        description="File with the relay's password; or the systemd credential `relay-password`.",
        examples=["credentials/relay-password"],
    )
    socket: AnyPath | None = Field(
        default=None,
        description="UNIX socket that leads to the relay, for a service without network;"
        " `relay.url` still names whose certificate it must be.",
        examples=["/run/reminderd-relay.sock"],
    )
    timeout_s: float = Field(
        default=60.0, ge=1, le=600, description="Seconds to wait for one answer of the relay."
    )
    connections: int = Field(
        default=4, ge=1, le=8, description="Connections to the relay at the same time, 1 to 8."
    )
    messages_per_connection: int = Field(
        default=100, ge=1, le=10_000, description="Messages after which a connection is renewed."
    )
    rate_per_minute: int = Field(
        default=0, ge=0, le=100_000, description="Messages a minute at most; 0 is no limit."
    )
    rate_per_recipient: int = Field(
        default=0,
        ge=0,
        le=10_000,
        description="Messages an hour to one mailbox at most, the oldest deadline first; 0 is no limit.",
    )

    @field_validator("tls")
    @classmethod
    def _no_plain_text_on_the_network(cls, value: str, info: ValidationInfo) -> str:
        url = info.data.get("url")
        if value == "none" and url and not stays_on_this_machine(url):
            raise ValueError("mail would cross the network unencrypted; none is for loopback or eml: only")
        return value

    @field_validator("socket")
    @classmethod
    def _only_with_tls(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if value and info.data.get("tls") == "none":
            raise ValueError("leads nobody knows where, so relay.tls must be required")
        return value

    @field_validator("client_key")
    @classmethod
    def _needs_certificate(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if value and "client_certificate" in info.data and info.data["client_certificate"] is None:
            raise ValueError("relay.client_certificate is not set")
        return value

    @field_validator("password_file")
    @classmethod
    def _needs_user(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if value and "username" in info.data and info.data["username"] is None:
            raise ValueError("relay.username is not set")
        return value


class InboxSettings(Table):
    """What comes back to the mailbox that mails and invitations come from."""

    url: InboxUrl | None = Field(
        default=None,
        description="The service mailbox, `imaps://host:port`; without it, nothing that comes back is read.",
        examples=["imaps://mail.kommune.example:993"],
    )
    ca_file: ExistingFile | None = Field(
        default=None,
        description="Certificate authority of the mail server (PEM); without it, the system's.",
        examples=["mail-ca.pem"],
    )
    username: Line | None = Field(
        default=None, description="Login at the mailbox; without it, `sender.mail`.", examples=["reminderd"]
    )
    password_file: AnyPath | None = Field(
        default=None,
        description="File with the mailbox's password; or the systemd credential `inbox-password`.",
        examples=["credentials/inbox-password"],
    )
    folder: Line = Field(default="INBOX", description="The folder that is read.")
    move_to: Line | None = Field(
        default=None,
        description="Folder that handled mails are moved to; without it, they are marked as seen.",
        examples=["Behandlet"],
    )
    every_minutes: int = Field(
        default=5, ge=1, le=1440, description="Minutes between two looks of the service."
    )
    mails_per_look: int = Field(default=200, ge=1, le=5000, description="Mails handled in one look at most.")
    largest_bytes: int = Field(
        default=1_000_000,
        ge=10_000,
        le=10_000_000,
        description="Size of the largest mail that is read; a larger one is left to a person.",
    )
    timeout_s: float = Field(
        default=30.0, ge=1, le=600, description="Seconds to wait for one answer of the mail server."
    )
    look_s: float = Field(
        default=300.0, ge=5, le=3600, description="Seconds after which a look is broken off."
    )


class HeartbeatSettings(Table):
    """Who raises the alarm when nothing is heard any more."""

    url: HeartbeatUrl | None = Field(
        default=None,
        description="Address that is called each evening once the accounts agree (`reminderd audit`), so that"
        " its silence is the alarm; without it, none.",
        examples=["https://vagt.kommune.example/ping/reminderd"],
    )
    url_file: AnyPath | None = Field(
        default=None,
        description="File with that address, where part of it is secret; or the systemd credential"
        " `heartbeat-url`.",
        examples=["credentials/heartbeat-url"],
    )

    @field_validator("url_file")
    @classmethod
    def _one_of_the_two(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if value and info.data.get("url"):
            raise ValueError("heartbeat.url is set as well; keep one of the two")
        return value
