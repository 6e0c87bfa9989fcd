"""The settings as values: every section and key of ``reminderd.toml``, its default and its meaning.

The descriptions here are the ones that ``config/README.md`` prints. Checks that need two keys stand
at the later of them, so that one wrong key never hides another. No secret is ever part of a
setting: only where it can be read (``secrets``).
"""

from datetime import date, time
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PlainValidator, ValidationInfo, field_validator

from reminderd.config.connections import (
    HeartbeatSettings,
    InboxSettings,
    LedgerSettings,
    RelaySettings,
    SourceSettings,
)
from reminderd.config.shipped import shipped_folder
from reminderd.config.values import (
    Allowed,
    AnyPath,
    ClockTime,
    Domain,
    ExistingFolder,
    Line,
    Mail,
    MonthDay,
    PageAddress,
    Table,
    at_least_one,
    case_number_form,
    closed_day,
    web_address,
    without_doubles,
    yearly_day,
)

# The contract's names (version 1). casedb owns the contract; neighbours may not import each other,
# and a test holds the two lists together.
OPTIONAL_CLOSED_DAYS = (MonthDay(5, 1), MonthDay(6, 5), MonthDay(12, 24), MonthDay(12, 31))

WebAddress = Annotated[str, PlainValidator(web_address), Allowed("127.0.0.1:PORT, [::1]:PORT or unix:/PATH")]
CaseNumbers = Annotated[
    str, AfterValidator(case_number_form), Allowed("a form such as '##-####-####', # for each digit")
]
ClosedDay = Annotated[date | MonthDay, PlainValidator(closed_day)]
OptionalDay = Annotated[MonthDay, PlainValidator(yearly_day)]


class SenderSettings(Table):
    """Who the mail is from."""

    mail: Mail = Field(
        description="The mailbox that mails and invitations come from, nobody's own. [Changing it]"
        "(../systemd/README.md) leaves the old one as organizer of what stands in calendars.",
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
        le=87_600,
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
    feeds: bool = Field(
        default=False,
        description="Whether calendars to subscribe to are shown there too, under names that nobody can guess"
        " (`reminderd feed`).",
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
    heartbeat: HeartbeatSettings = Field(default_factory=HeartbeatSettings)

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
