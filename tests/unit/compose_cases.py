"""Invented notices that the tests of compose share: every shipped kind, with full, minimal and hostile facts.

The facts are those that the room itself offers as samples, with the few that differ between stages
of one deadline put right. Nothing here is read from any system.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

from reminderd.compose.composer import Composer
from reminderd.compose.filters import Language
from reminderd.compose.invite import CalendarRevision, Mailbox
from reminderd.compose.samples import ADDED_BY_COMPOSER, samples_for, values_for
from reminderd.compose.wording import Wordings
from reminderd.domain.fields import WITH_A_REASON
from reminderd.domain.notices import Fact, Line, Notice, NoticeKey, Occasion, Recipient, StandIn
from reminderd.domain.rules import Lead, Rule, Span
from reminderd.domain.statistics import Cohort, Enquiries, Figures, Missing, Month
from reminderd.domain.workdays import at

TEMPLATES = Path(__file__).parents[2] / "templates"
GOLDEN = Path(__file__).parent / "golden"
SECRET = b"a secret for tests only, 32 byte"
DOMAIN = "reminderd.example"
SENDER = Mailbox("paamindelser@kommune.example", "Påmindelser, Eksempel Kommune")
RECIPIENT = "medarbejder@kommune.example"
SENT = datetime(2026, 1, 5, 7, 0, tzinfo=UTC)
DATA_PR = at(date(2026, 1, 5), time(6))
REVISION = CalendarRevision("0123456789abcdef@reminderd.example", 0, SENT)

KINDS = {
    "course-limit-warning": "course_limit",
    "course-limit-overrun": "course_limit",
    "review-plan": "review",
    "review-approaching": "review",
    "review-overdue": "review",
    "review-meeting": "review_meeting",
    "exit-half-year": "exit_age",
    "exit-90-days": "exit_age",
    "exit-30-days": "exit_age",
    "exit-overrun": "exit_age",
    "exit-planned": "planned_end",
    "course-planned-end": "planned_end",
    "course-ended": "course_end",
    "placement-preparation": "placement_end",
    "placement-committee": "placement_end",
    "intro-visit-missing": "intro_visit",
    "stoettebeslutning": "turns_18",
    "plan-due": "plan_due",
    "activity-invitation": "activity",
    "activity-reminder": "activity",
    "activity-responsible": "activity",
    "youth-invitation": "activity",
    "youth-reminder": "activity",
    "youth-meeting": "review_meeting",
    "committee": "committee",
    "committee-report": "committee_report",
    "one-off": "one_off",
    "digest": "digest",
    "special-protection": "special_protection",
    "calendar-update": "calendar_update",
    "calendar-cancel": "calendar_cancel",
    "calendar-remove": "calendar_cancel",
    "youth-calendar-update": "calendar_update",
    "youth-calendar-cancel": "calendar_cancel",
}
CANCELS = {kind for kind, deadline in KINDS.items() if deadline == "calendar_cancel"}
WITHOUT_CALENDAR = {
    *("course-limit-overrun", "review-overdue", "exit-overrun", "course-ended", "digest"),
    *("activity-responsible", "committee-report"),
}
YOUTH = {kind for kind in KINDS if kind.startswith("youth-")}
# These go out without a rule of their own.
NO_RULES = {"special-protection", *(kind for kind in KINDS if "calendar" in kind)}
DATASETS = ("full", "minimal", "hostile")
_STAGES: dict[str, dict[str, Fact]] = {
    "course-limit-overrun": {"sendedag": date(2026, 1, 20)},
    "review-approaching": {"dage": 7, "sendedag": date(2026, 1, 17)},
    "review-overdue": {"dage": 2, "sendedag": date(2026, 1, 26)},
    "exit-90-days": {"dage": 90, "fylder": date(2026, 4, 5), "sidste_dag": date(2026, 4, 4)},
    "exit-30-days": {"dage": 30, "fylder": date(2026, 2, 4), "sidste_dag": date(2026, 2, 3)},
    "exit-overrun": {"dage": 1, "fylder": date(2026, 1, 4), "sidste_dag": date(2026, 1, 3)},
    "activity-reminder": {"sendedag": date(2026, 1, 7)},
    "youth-reminder": {"sendedag": date(2026, 1, 7)},
}
# Every trick at once: header injection plain and encoded, markup, template syntax, bidi override,
# a zero-width space, a NUL, a line separator, a calendar property, and far too long.
HOSTILE = (
    '· {{ 7*7 }} <b onclick="x()">&amp;</b>\r\nBcc: ond@udefra.example\r\n\r\n'
    "=?UTF-8?Q?=0A?=Bcc: ond@udefra.example \u202egal\u202c\u200b\x00\u2028ATTENDEE:mailto:x@y.example; \\n,"
)


def _hostile(*items: str | Line | StandIn | date) -> Fact:
    if not items or isinstance(items[0], date):
        return ()
    first = items[0]
    if isinstance(first, str):
        return (HOSTILE, "\u200b", HOSTILE + "x" * 600)
    if isinstance(first, StandIn):
        return (replace(first, navn=HOSTILE), replace(first, navn="x" * 600))
    return (replace(first, sagsnr=HOSTILE), replace(first, sagsnr="x" * 600, what=HOSTILE))


def facts(kind: str, dataset: str) -> dict[str, Fact]:
    """Return what the domain would hand over for one kind."""
    deadline, youth = KINDS[kind], kind in YOUTH
    full, minimal = samples_for(deadline, youth=youth)
    values = dict(minimal.facts if dataset == "minimal" else full.facts) | _STAGES.get(kind, {})
    if dataset == "hostile":
        texts = [value.name for value in values_for(deadline, youth=youth) if value.type == "text"]
        values |= dict.fromkeys(texts, HOSTILE + "x" * 600)
        for value in values_for(deadline, youth=youth):
            if isinstance(value.example, tuple):
                values[value.name] = _hostile(*value.example)
    for added in ADDED_BY_COMPOSER:
        values.pop(added.name, None)
    return values


def occasion(kind: str, dataset: str) -> Occasion | None:
    """Return what one kind puts into a calendar."""
    known = facts(kind, dataset)
    location = known.get("sted") or known.get("nu_sted")
    place = location if isinstance(location, str) else None
    match KINDS[kind], kind:
        case _, kind if kind in WITHOUT_CALENDAR:
            return None
        case "activity", _:
            return Occasion(
                kind="activity",
                subject="aktivitet:17",
                starts=at(date(2026, 1, 8), time(17)),
                ends=at(date(2026, 1, 8), time(19)),
                location=place,
                rsvp=True,
            )
        case "review_meeting", _:
            return Occasion(
                kind="review_meeting",
                subject="forloeb:42",
                starts=at(date(2026, 1, 22), time(10)),
                ends=at(date(2026, 1, 22), time(11)),
                location=place,
                rsvp=True,
            )
        case "committee", _:
            return Occasion(
                kind="committee",
                subject="moede:3",
                starts=at(date(2026, 1, 12), time(13)),
                ends=at(date(2026, 1, 12), time(15)),
                location=place,
            )
        case "calendar_update" | "calendar_cancel", _:
            day = known.get("nu_dag") or known["foer_dag"]
            assert isinstance(day, date)
            return Occasion(
                kind="activity",
                subject="aktivitet:17",
                starts=at(day, time(17)),
                ends=at(day, time(19)),
                location=place,
                rsvp=True,
            )
        case deadline, _:
            names = ("frist", "maks", "fylder", "slut_planlagt", "anbringelse_slut", "dag")
            day = next(known[name] for name in names if name in known)
            assert isinstance(day, date)
            return Occasion(
                kind=deadline, subject="forloeb:42", starts=day, ends=date.fromordinal(day.toordinal() + 1)
            )


def notice(kind: str, dataset: str = "full", *, mail: str | None = RECIPIENT) -> Notice:
    """Return a complete notice of one kind."""
    deadline = KINDS[kind]
    shared = {"activity": "aktivitet:17", "committee": "moede:3", "one_off": "dag:5", "digest": "uge:2"}
    shared |= {"committee_report": "moede:4"}
    subject = shared.get(deadline, "forloeb:42")
    role, holder = ("ung", "borger:9") if kind in YOUTH else ("sagsbehandler", "medarbejder:7")
    return Notice(
        key=NoticeKey(kind, subject, deadline, date(2026, 1, 24), "stage", holder),
        template=kind,
        track="reminder",
        channel="mail",
        recipient=Recipient(role=role, holder=holder, mail=mail),
        due_day=date(2026, 1, 5),
        send_at=SENT,
        expires_at=datetime(2026, 1, 24, 23, 0, tzinfo=UTC),
        forloeb_id="42",
        sagsnr="2026-000123",
        occasion=occasion(kind, dataset),
        facts=facts(kind, dataset),
        method="CANCEL" if kind in CANCELS else "REQUEST",
        figures=figures(dataset) if deadline == "committee_report" else None,
    )


def figures(dataset: str) -> Figures:
    """Return the figures of a report: of a period in which something happened, or of one without."""
    found = Figures(
        first=date(2025, 9, 1),
        last=date(2025, 12, 31),
        as_of=date(2026, 1, 5),
        data_pr=datetime(2026, 1, 5, 6),
        tilbud=("SEL_82B",),
        limit=Span(20, "weeks"),
        enquiries=Enquiries(204, {"mail": 80, "telefon": 124}),
        started=65,
        referred=0,
        ended_by_last=12,
        ended_by_as_of=15,
        reached_limit=0,
        persons=61,
        persons_by_tilbud={"SEL_82B": 58, "VEJEN_FREM": 6},
        cohort=Cohort(date(2025, 9, 2), date(2026, 1, 6), date(2026, 1, 20)),
        months=tuple(Month(date(2025, month, 1), 51, 16) for month in range(9, 13)),
        left_out={"rd_forloeb": 2},
        without_start=0,
        without_end=0,
    )
    if dataset == "hostile":
        kanaler = Enquiries(3, {f"=1+1{HOSTILE}": 3})
        return replace(found, enquiries=kanaler, persons_by_tilbud={f"@SUM(A1){HOSTILE}": 61})
    if dataset == "minimal":
        nothing: dict[str, Any] = {"started": 0, "ended_by_last": 0, "ended_by_as_of": 0, "persons": 0}
        months = tuple(replace(month, enquiries=None, courses=0) for month in found.months)
        missing = Missing("the case source has no view rd_henvendelse")
        return replace(
            found, enquiries=missing, cohort=None, months=months, persons_by_tilbud={}, left_out={}, **nothing
        )
    return found


@cache
def wordings(language: Language = "da") -> Wordings:
    """Return the shipped wordings."""
    return Wordings([TEMPLATES], language)


@cache
def composer(language: Language = "da") -> Composer:
    """Return a composer of the shipped wordings."""
    return Composer(wordings(language), SENDER, DOMAIN, SECRET)


@cache
def composed(kind: str, dataset: str = "full", language: Language = "da") -> bytes:
    """Return the bytes of one kind's mail, with its first calendar revision where it has one."""
    one = notice(kind, dataset)
    revision = revision_of(one)
    return composer(language).compose(one, composed_at=SENT, revision=revision, data_pr=DATA_PR).raw


def revision_of(one: Notice) -> CalendarRevision | None:
    """Return the revision that a notice's calendar part carries, if it has one."""
    return replace(REVISION, method=one.method) if one.occasion else None


def rule(template: str, deadline: str, **changes: object) -> Rule:
    """Return a rule that sends one template."""
    calendar = "none" if template in WITHOUT_CALENDAR else "deadline"
    values: dict[str, object] = {
        "name": template,
        "deadline": deadline,
        "stage": "stage",
        "when": Lead.parse("on the day"),
        "template": template,
        "roles": ("ung",) if template in YOUTH else ("sagsbehandler",),
        "calendar": calendar,
        "shows": dict.fromkeys(WITH_A_REASON, "it is a test"),
    }
    return Rule(**(values | changes))  # type: ignore[arg-type]


def rules() -> list[Rule]:
    """Return one rule for each shipped wording."""
    return [rule(name, deadline) for name, deadline in KINDS.items() if name not in NO_RULES]
