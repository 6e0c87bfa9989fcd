"""The settings as values: every section and key of ``reminderd.toml``, its default and its meaning.

The descriptions here are the ones that ``config/README.md`` prints. Checks that need two keys stand
at the later of them, so that one wrong key never hides another. No secret is ever part of a
setting: only where it can be read (``secrets``).
"""

from collections.abc import Mapping
from datetime import date, time
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PlainValidator, ValidationInfo, field_validator
from sqlalchemy.engine import make_url

from reminderd.config.shipped import shipped_folder
from reminderd.config.values import (
    Allowed,
    AnyPath,
    ClockTime,
    Day,
    Domain,
    ExistingFile,
    ExistingFolder,
    Line,
    Mail,
    MonthDay,
    PageAddress,
    Table,
    at_least_one,
    case_number_form,
    chosen_from,
    closed_day,
    inbox_url,
    ledger_url,
    relay_url,
    source_url,
    stays_on_this_machine,
    web_address,
    without_doubles,
    yearly_day,
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
OPTIONAL_CLOSED_DAYS = (MonthDay(5, 1), MonthDay(6, 5), MonthDay(12, 24), MonthDay(12, 31))

SourceUrl = Annotated[
    str,
    PlainValidator(source_url),
    Allowed("a database URL such as postgresql+psycopg://user@host/database or sqlite:///FILE, or csv:DIR"),
]
LedgerUrl = Annotated[str, PlainValidator(ledger_url), Allowed("sqlite:///FILE")]
RelayUrl = Annotated[
    str, PlainValidator(relay_url), Allowed("smtp://host:port, smtps://host:port or eml:DIR")
]
WebAddress = Annotated[str, PlainValidator(web_address), Allowed("127.0.0.1:PORT, [::1]:PORT or unix:/PATH")]
CaseNumbers = Annotated[
    str, AfterValidator(case_number_form), Allowed("a form such as '##-####-####', # for each digit")
]
InboxUrl = Annotated[str, PlainValidator(inbox_url), Allowed("imaps://host:port")]
View = Annotated[str, AfterValidator(chosen_from(VIEWS))]
ClosedDay = Annotated[date | MonthDay, PlainValidator(closed_day)]
OptionalDay = Annotated[MonthDay, PlainValidator(yearly_day)]


class SourceSettings(Table):
    """Where the cases are read."""

    url: SourceUrl = Field(
        description="Where the cases are read: a database URL without a password, or `csv:DIR`.",
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
        if value and url and (url.startswith("csv:") or make_url(url).username is None):
            raise ValueError("source.url names no user")
        return value


class LedgerSettings(Table):
    """Where reminderd remembers what it has told whom."""

    url: LedgerUrl = Field(
        default="sqlite:////var/lib/reminderd/ledger.db",
        description="The ledger, an SQLite file that reminderd creates; on a local disk.",
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


class SenderSettings(Table):
    """Who the mail is from."""

    mail: Mail = Field(
        description="The mailbox that mails and invitations come from: nobody's own, and never changed while "
        "invitations stand.",
        examples=["paamindelser@kommune.example"],
    )
    name: Line = Field(default="Påmindelser", description="The name shown beside it, and in the footer.")
    link: PageAddress | None = Field(
        default=None,
        description="The case system's address, for the mails that say nothing else; a wording may use it.",
        examples=["https://sager.kommune.example/"],
    )
    language: Literal["da", "en"] = Field(
        default="da", description="The language of the mails: `da` or `en`, and of `templates.dir`."
    )


class InstallationSettings(Table):
    """What tells this installation from every other."""

    domain: Domain = Field(
        description="Domain in every Message-ID and calendar UID; never change it once mail has been sent.",
        examples=["reminderd.kommune.example"],
    )


class CalendarSettings(Table):
    """Which days the office is closed, beyond weekends and public holidays; and what entries bring along."""

    extra_closed: Annotated[
        tuple[ClosedDay, ...], Allowed("a list of dates (2026-05-15) and yearly days ('10-21')")
    ] = Field(default=(), description="Further closed days: dates, or `'MM-DD'` for every year.")
    closed_optional: Annotated[
        tuple[OptionalDay, ...],
        Allowed.one_of(tuple(f"'{day}'" for day in OPTIONAL_CLOSED_DAYS), several=True),
        AfterValidator(without_doubles),
    ] = Field(
        default=OPTIONAL_CLOSED_DAYS[1:],
        description="Which of 1 May, 5 June, 24 and 31 December are closed.",
    )
    alarm_minutes: int = Field(
        default=0,
        ge=0,
        le=10_080,
        description="Minutes before a meeting or activity at which its calendar entry may ring; 0 leaves it "
        "to the reader's program. Many programs take their own anyway: the promise is the mail.",
    )

    @field_validator("closed_optional")
    @classmethod
    def _is_optional(cls, value: tuple[MonthDay, ...]) -> tuple[MonthDay, ...]:
        for day in value:
            if day not in OPTIONAL_CLOSED_DAYS:
                raise ValueError(f"{day} is a day of your own, which belongs into calendar.extra_closed")
        return value


class PrivacySettings(Table):
    """What may leave the house, and where to."""

    recipient_domains: Annotated[
        tuple[Domain, ...],
        AfterValidator(at_least_one),
        AfterValidator(without_doubles),
        Allowed("a list of domain names such as ['kommune.example'], each subdomain by its own name"),
    ] = Field(
        description="Domains that mail to staff may be sent to; an address anywhere else is refused.",
        examples=[["kommune.example"]],
    )
    case_numbers: CaseNumbers | None = Field(
        default=None,
        description="How case numbers are written, `#` for each digit, where they could be taken for CPR"
        " numbers; numbers of this form then pass.",
        examples=["##-####-####"],
    )
    citizen_mail: bool = Field(
        default=False,
        description="Whether citizens' own addresses may be written to, outside `privacy.recipient_domains`,"
        " where the case source says that they agreed.",
    )


class DeliverySettings(Table):
    """Where mail goes in a trial."""

    redirect_all_to: Mail | None = Field(
        default=None,
        description="For trials, with a ledger of their own: one mailbox, inside `privacy.recipient_domains`,"
        " that gets every mail; each says whom it was for.",
        examples=["proeve@kommune.example"],
    )


class OperatorSettings(Table):
    """Who is told where nobody else can be."""

    mail: Annotated[
        tuple[Mail, ...],
        AfterValidator(without_doubles),
        Allowed("a list of mail addresses such as ['it@kommune.example']"),
    ] = Field(
        default=(),
        description="Mailboxes of last resort: each of them gets what has no other recipient.",
    )


class RulesSettings(Table):
    """Which rules apply."""

    file: AnyPath = Field(
        default_factory=lambda: shipped_folder("config") / "rules.toml",
        description="The rules; without it, those that come with reminderd.",
        examples=["rules.toml"],
    )


class TemplatesSettings(Table):
    """Whose wording is used."""

    dir: ExistingFolder | None = Field(
        default=None,
        description="Your own wording; a file in it replaces the shipped file of the same name.",
        examples=["templates"],
    )


class BrakeSettings(Table):
    """When a run is held until a person has looked at it."""

    max_new: int = Field(
        default=1000,
        ge=0,
        description="Notices that one run may send; with more, all are held. 0: no limit.",
    )
    max_cancel: int = Field(
        default=100,
        ge=0,
        description="Invitations that one run may cancel; with more, all are held. 0: no limit.",
    )
    max_lost_percent: int = Field(
        default=20,
        ge=0,
        le=100,
        description="Percent of the running cases that may be gone between two looks before the case"
        " source is doubted.",
    )
    max_data_age_h: int = Field(
        default=26,
        ge=1,
        le=8760,
        description="Hours that `data_pr` may be old before the case source is doubted.",
    )


class RetentionSettings(Table):
    """How long what was sent and noted is kept."""

    text_days: int = Field(
        default=14, ge=1, le=3650, description="Days that a mail's text is kept after it was settled."
    )
    journal_days: int = Field(
        default=0,
        ge=0,
        le=36500,
        description="Days that the journal is kept; 0 is for ever. The controller decides it.",
    )


class RunSettings(Table):
    """When the service works."""

    send_time: ClockTime = Field(
        default=time(8, 0),
        description="Time of day in Copenhagen from which a day's notices go out; before noon suits"
        " half-day closings.",
    )
    tick_seconds: int = Field(
        default=60, ge=1, le=3600, description="Seconds between two looks at the case source."
    )


class WebSettings(Table):
    """Where the service can be looked at."""

    listen: WebAddress | None = Field(
        default=None,
        description="Where metrics and health are shown: a loopback `HOST:PORT`, or `unix:PATH`; without it,"
        " nowhere.",
        examples=["127.0.0.1:9464"],
    )


class Settings(Table):
    """Everything ``reminderd.toml`` says, checked; paths are absolute."""

    source: SourceSettings
    ledger: LedgerSettings = Field(default_factory=LedgerSettings)
    relay: RelaySettings
    inbox: InboxSettings = Field(default_factory=InboxSettings)
    sender: SenderSettings
    installation: InstallationSettings
    calendar: CalendarSettings = Field(default_factory=CalendarSettings)
    privacy: PrivacySettings
    delivery: DeliverySettings = Field(default_factory=DeliverySettings)
    operator: OperatorSettings = Field(default_factory=OperatorSettings)
    rules: RulesSettings = Field(default_factory=RulesSettings)
    templates: TemplatesSettings = Field(default_factory=TemplatesSettings)
    brake: BrakeSettings = Field(default_factory=BrakeSettings)
    retention: RetentionSettings = Field(default_factory=RetentionSettings)
    run: RunSettings = Field(default_factory=RunSettings)
    web: WebSettings = Field(default_factory=WebSettings)

    @field_validator("delivery")
    @classmethod
    def _trials_stay_in_the_house(cls, value: DeliverySettings, info: ValidationInfo) -> DeliverySettings:
        privacy, mail = info.data.get("privacy"), value.redirect_all_to
        if privacy and mail and mail.rpartition("@")[2] not in privacy.recipient_domains:
            raise ValueError(f"{mail} lies outside privacy.recipient_domains")
        return value

    @field_validator("operator")
    @classmethod
    def _operators_are_reachable(cls, value: OperatorSettings, info: ValidationInfo) -> OperatorSettings:
        privacy = info.data.get("privacy")
        for mail in value.mail:
            if privacy and mail.rpartition("@")[2] not in privacy.recipient_domains:
                raise ValueError(f"{mail} lies outside privacy.recipient_domains")
        return value
