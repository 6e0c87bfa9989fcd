"""Single values of a configuration file: what is understood, and how it is brought to one form.

Each reader takes what TOML gave, returns the value or raises ValueError saying only what is special
about the case: what was found and what is allowed is added where the key is known. A relative
path counts from the folder in the validation context. A literal secret is refused, never repeated.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainValidator, ValidationInfo
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from reminderd.domain import cpr

LONGEST_ADDRESS = 254
PASSWORD_WORDS = frozenset(
    {"password", "passwd", "passphrase", "pass", "pwd", "secret", "kodeord", "adgangskode", "sslpassword"}
)
_DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_LOCAL_PART = re.compile(r"(?=.{1,64}$)[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*", re.ASCII)
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LONGEST_SOCKET = 5 + 107  # what the kernel takes, behind unix:
_PORTS = 65_536
IMAPS_PORT = 993
_DEFAULT_PORTS = {"smtp": 25, "smtps": 465}
# In a URL's place: the whole URL is a secret, to be read where systemd's credential of this name is.
LENT_SOURCE_URL = "credential:source-url"
LENT_LEDGER_URL = "credential:ledger-url"


class LiteralSecretError(ValueError):
    """A password stands where anybody can read it; its text must not be shown again."""


class UnshownError(ValueError):
    """A value that is wrong and may hold a secret: its text must not be shown again."""


class Table(BaseModel):
    """A table of a configuration file: immutable, no keys beyond those named, no guessing of types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a key takes, in words for an operator; ``choices`` where it is one of a few."""

    text: str
    choices: tuple[str, ...] = ()

    @classmethod
    def one_of(cls, choices: tuple[str, ...], *, several: bool = False) -> "Allowed":
        """Describe a choice, or a list of choices."""
        return cls(("a list of " if several else "") + ", ".join(choices), choices)


@dataclass(frozen=True, slots=True, order=True)
class MonthDay:
    """A day that returns every year; 29 February only in leap years."""

    month: int
    day: int

    @classmethod
    def parse(cls, text: str) -> "MonthDay":
        """Read ``'MM-DD'``; raises ValueError where no year has such a day."""
        if re.fullmatch(r"\d\d-\d\d", text, re.ASCII) is None:
            raise ValueError
        day = civil_day(f"2000-{text}")  # a leap year
        return cls(day.month, day.day)

    def __str__(self) -> str:
        return f"{self.month:02}-{self.day:02}"

    def in_year(self, year: int) -> date | None:
        """Return the day in that year, None where that year lacks it."""
        try:
            return date(year, self.month, self.day)
        except ValueError:
            return None


def civil_day(value: object) -> date:
    """Read a TOML date or ``'YYYY-MM-DD'``."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise ValueError("no such day") from error
    raise ValueError


def yearly_day(value: object) -> MonthDay:
    """Read ``'MM-DD'``."""
    if isinstance(value, MonthDay):
        return value
    if not isinstance(value, str):
        raise ValueError  # noqa: TRY004  pydantic collects ValueErrors; a TypeError would escape it
    return MonthDay.parse(value)


def closed_day(value: object) -> date | MonthDay:
    """Read a day of one year, or of every year."""
    if isinstance(value, MonthDay) or (isinstance(value, str) and re.fullmatch(r"\d\d-\d\d", value)):
        return yearly_day(value)
    return civil_day(value)


def clock_time(value: object) -> time:
    """Read ``'HH:MM'`` or a TOML local time without seconds to speak of."""
    if isinstance(value, str) and re.fullmatch(r"\d\d:\d\d", value, re.ASCII):
        value = time.fromisoformat(value)
    if not isinstance(value, time) or value.tzinfo is not None or value.second or value.microsecond:
        raise ValueError
    return value


def line_of_text(value: str) -> str:
    """Accept one printable line."""
    if not value.strip() or not value.isprintable():
        raise ValueError
    return value.strip()


def plain_name(value: str) -> str:
    """Accept a name that can be a folder, a key and a word in a log."""
    if _NAME.fullmatch(value) is None:
        raise ValueError
    return value


def domain_name(value: str) -> str:
    """Accept a domain name with at least two labels; letters beyond ASCII become their IDNA form."""
    try:
        ascii_form = value.lower().encode("idna").decode("ascii")
    except UnicodeError:
        ascii_form = ""  # the codec's own words help nobody
    if _DOMAIN.fullmatch(ascii_form) is None:
        raise ValueError
    return ascii_form


def mail_address(value: str) -> str:
    """Accept one bare mail address; the domain becomes lower case."""
    local, _, domain = value.rpartition("@")
    if _LOCAL_PART.fullmatch(local) is None or len(value) > LONGEST_ADDRESS:
        raise ValueError
    return f"{local}@{domain_name(domain)}"


def case_number_form(value: str) -> str:
    """Accept a form of case numbers, ``#`` for each digit, that personal numbers do not have, too."""
    cpr.case_number_form(value)
    return value


def page_address(value: str) -> str:
    """Accept ``https://host/path``: no user, no query, nothing that could carry a fact."""
    parts, _ = _parts(value)
    if parts.scheme != "https" or not parts.hostname or not value.isascii() or not value.isprintable():
        raise ValueError
    if parts.username or parts.password or parts.query or parts.fragment or " " in value:
        raise ValueError("it holds more than host and path")
    return value


def absolute_path(value: object, info: ValidationInfo) -> Path:
    """Read a path; a relative one counts from the configuration file's folder."""
    if isinstance(value, Path):
        value = str(value)
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise ValueError
    context = info.context or {}
    return Path(context.get("base") or Path.cwd(), value)


def existing_file(value: object, info: ValidationInfo) -> Path:
    """Read the path of a file that is there."""
    path = absolute_path(value, info)
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    return path


def existing_folder(value: object, info: ValidationInfo) -> Path:
    """Read the path of a folder that is there."""
    path = absolute_path(value, info)
    if not path.is_dir():
        raise ValueError(f"there is no folder {path}")
    return path


def relay_url(value: object, info: ValidationInfo) -> str:
    """Read ``smtp://host:port``, ``smtps://host:port`` or ``eml:DIR``; ports and paths are completed."""
    text = _one_word(value, spaces=isinstance(value, str) and value.startswith("eml:"))
    if text.startswith("eml:"):
        return f"eml:{absolute_path(text.removeprefix('eml:'), info)}"
    if ":" in text.partition("://")[2].rpartition("@")[0]:
        raise LiteralSecretError("a password stands in the URL")
    if "@" in text:
        raise ValueError("the user name belongs into relay.username")
    parts, port = _parts(text)
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or port == 0:
        raise ValueError
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("nothing may follow the port")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{port or _DEFAULT_PORTS[parts.scheme]}"


def inbox_url(value: object) -> str:
    """Read ``imaps://host:port``; the port is completed."""
    text = _one_word(value)
    if ":" in text.partition("://")[2].rpartition("@")[0]:
        raise LiteralSecretError("a password stands in the URL")
    if "@" in text:
        raise ValueError("the user name belongs into inbox.username")
    parts, port = _parts(text)
    if parts.scheme != "imaps" or not parts.hostname or port == 0:
        raise ValueError
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("nothing may follow the port; the folder is inbox.folder")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"imaps://{host}:{port or IMAPS_PORT}"


def heartbeat_url(value: object) -> str:
    """Read ``https://host/path``, or ``http://`` with a loopback address; a token may stand in the path."""
    try:
        text = _one_word(value)
        parts, port = _parts(text)
    except ValueError as error:
        raise UnshownError("this is no address that can be called") from error
    if parts.scheme not in ("https", "http") or not parts.hostname or port == 0 or parts.fragment:
        raise UnshownError("this is no address that can be called")
    if "@" in parts.netloc:
        raise UnshownError("a user name or password stands in the URL")
    if parts.scheme == "http" and not stays_on_this_machine(text):
        raise UnshownError("the call would cross the network unencrypted")
    return text


def stays_on_this_machine(url: str) -> bool:
    """Tell whether a checked relay URL is a folder or a loopback address."""
    if url.startswith("eml:"):
        return True
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def web_address(value: object) -> str:
    """Read ``HOST:PORT`` with a loopback address, or ``unix:PATH`` with an absolute path."""
    text = _one_word(value, spaces=False)
    if text.startswith("unix:"):
        if not text.startswith("unix:/") or len(text.encode()) > _LONGEST_SOCKET:
            raise ValueError(f"a socket's path begins with / and has at most {_LONGEST_SOCKET - 5} bytes")
        return text
    host, _, port = text.rpartition(":")
    try:
        loopback = ip_address(host.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ValueError("whoever can reach it can read it, so it is for addresses of this machine only")
    if not port.isdecimal() or not 0 < int(port) < _PORTS:
        raise ValueError(f"found the port {port!r}")
    return text


def source_url(value: object, info: ValidationInfo) -> str:
    """Read ``csv:DIR``, a database URL without a password, or where such a URL is lent."""
    text = _one_word(value, spaces=True)
    if text == LENT_SOURCE_URL:
        return text
    if text.startswith("csv:"):
        return f"csv:{absolute_path(text.removeprefix('csv:'), info)}"
    url = _database_url(text)
    if url.password is not None or _password_in_query(url):
        raise LiteralSecretError("a password stands in the URL")
    if url.get_backend_name() == "sqlite":
        return _sqlite_file(url, info) if not (url.database or "").startswith("file:") else text
    return text


def ledger_url(value: object, info: ValidationInfo) -> str:
    """Read ``sqlite:///FILE``, or where such a URL is lent."""
    if value == LENT_LEDGER_URL:
        return LENT_LEDGER_URL
    url = _database_url(_one_word(value, spaces=True))
    if url.get_backend_name() != "sqlite" or (url.database or "").startswith("file:"):
        raise ValueError
    return _sqlite_file(url, info)


def _one_word(value: object, *, spaces: bool = False) -> str:
    if not isinstance(value, str) or not value.isprintable() or (" " in value and not spaces):
        raise ValueError
    return value


def _parts(text: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError("host or port cannot be read") from None
    return parts, port


def _database_url(text: str) -> URL:
    try:
        return make_url(text)
    except (ArgumentError, ValueError):
        pass
    raise ValueError  # outside the handler: the driver's message repeats the URL


def _password_in_query(url: URL) -> bool:
    odbc = url.query.get("odbc_connect", "")
    return any(key.lower() in PASSWORD_WORDS for key in url.query) or "pwd=" in str(odbc).lower()


def _sqlite_file(url: URL, info: ValidationInfo) -> str:
    if not url.database or url.database == ":memory:" or url.host:
        raise ValueError("a file is needed: sqlite:///FILE")
    path = absolute_path(url.database, info)
    return url.set(database=str(path)).render_as_string(hide_password=False)


def chosen_from(choices: tuple[str, ...]) -> Callable[[str], str]:
    """Make a check that a text is one of ``choices``."""

    def check(value: str) -> str:
        if value not in choices:
            raise ValueError
        return value

    return check


def without_doubles(values: tuple[object, ...]) -> tuple[object, ...]:
    """Refuse a list that names something twice."""
    if len(set(values)) < len(values):
        raise ValueError("something stands there twice")
    return values


def at_least_one(values: tuple[object, ...]) -> tuple[object, ...]:
    """Refuse an empty list."""
    if not values:
        raise ValueError("the list is empty")
    return values


Name = Annotated[str, AfterValidator(plain_name), Allowed("small letters, digits and single hyphens")]
Line = Annotated[str, AfterValidator(line_of_text), Allowed("one line of text")]
Domain = Annotated[str, AfterValidator(domain_name), Allowed("a domain name such as kommune.example")]
Mail = Annotated[str, AfterValidator(mail_address), Allowed("a mail address such as it@kommune.example")]
PageAddress = Annotated[
    str, AfterValidator(page_address), Allowed("an address such as https://sager.kommune.example/")
]
Day = Annotated[date, PlainValidator(civil_day), Allowed("a date such as 2026-05-15")]
ClockTime = Annotated[time, PlainValidator(clock_time), Allowed("a time of day such as '08:00'")]
AnyPath = Annotated[Path, PlainValidator(absolute_path), Allowed("a path")]
ExistingFile = Annotated[Path, PlainValidator(existing_file), Allowed("the path of a file")]
ExistingFolder = Annotated[Path, PlainValidator(existing_folder), Allowed("the path of a folder")]
