"""What is wrong with a table, in words for an operator: found, allowed, and the nearest known key.

Turns pydantic's findings into problems. A value under a key that is not known, or that may hold a
secret, is never shown.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time
from difflib import SequenceMatcher
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from reminderd.config.toml_file import Key
from reminderd.config.values import PASSWORD_WORDS, Allowed, LiteralSecretError, UnshownError

_NEAR = 0.6  # of SequenceMatcher's ratio, difflib's own threshold
_AS_NEAR = 0.15
_LONGEST_SHOWN = 100


def what_and_cure(error: ErrorDetails, model: type[BaseModel]) -> tuple[str, str]:
    """Return what is wrong and what would be right, for one finding against ``model``."""
    loc = error["loc"]
    if error["type"] == "extra_forbidden":
        return _unknown(loc, model)
    if error["type"] == "missing":
        field = _field(loc, model)
        example = f", for example {toml(field.examples[0])}" if field and field.examples else ""
        return "missing, and there is no default", f"allowed: {allowed(loc, model)}{example}"
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, LiteralSecretError):
        return str(cause), _secret_cure(loc)
    if isinstance(cause, UnshownError):
        return str(cause), f"allowed: {allowed(loc, model)}"
    known = isinstance(cause, ValueError) and str(cause)
    what = f"found {shown(error['input'])}" + (f": {cause}" if known else "")
    return what, f"allowed: {allowed(loc, model)}{_near_choice(error['input'], loc, model)}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a question naming the nearest of ``known``, both if two are about as near; else nothing."""
    ranked = sorted(
        ((SequenceMatcher(None, word.lower(), other).ratio(), other) for other in known), reverse=True
    )
    best = ranked[0][0] if ranked else 0.0
    near = [other for ratio, other in ranked if ratio >= max(_NEAR, best - _AS_NEAR)]
    return f"did you mean {' or '.join(near[:2])}?" if near else ""


def named_elsewhere(name: str, model: type[BaseModel]) -> str:
    """Return a question naming the keys that have this name in some table; else nothing."""
    keys = [key for key in known_keys(model) if key.rpartition(".")[2] == name]
    return f"did you mean {' or '.join(keys)}?" if keys else ""


def known_keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Yield every key of a model and its tables, dotted."""
    for name, field in model.model_fields.items():
        key = f"{prefix}{field.alias or name}"
        table = _table(field.annotation)
        if table is None:
            yield key
        else:
            yield from known_keys(table, f"{key}.")


def dotted(loc: Iterable[str | int]) -> str:
    """Return a place the way a TOML file would name it; the number in a list is left out."""
    return ".".join(part for part in loc if isinstance(part, str) and part != "[key]")


def shown(value: object) -> str:
    """Return a value the way a TOML file would have it, cut short; a password in a URL is masked."""
    text = toml(value)
    text = re.sub(r"(?<=://)[^\s,]*:[^\s,]*@", "***@", text)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def toml(value: object) -> str:
    """Return a value in TOML's notation, as far as a message needs it."""
    match value:
        case bool():
            return str(value).lower()
        case date() | time():
            return value.isoformat()
        case list() | tuple():
            return f"[{', '.join(toml(item) for item in value)}]"
        case Mapping():
            return "{" + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + "}"
        case int() | float():
            return str(value)
        case _:
            return repr(str(value))


def allowed(loc: Key, model: type[BaseModel]) -> str:
    """Return what the key takes: said with it, or read off its type."""
    field = _field(loc, model)
    if field is None:
        return "a value"
    if _table(field.annotation) is not None:
        return "a table"
    marks = _marks(field)
    if marks:
        return marks[0].text
    choices = _literals(field.annotation)
    if choices:
        return ", ".join(repr(choice) for choice in choices)
    if _bare(field.annotation) is bool:
        return "true, false"
    low = next((mark.ge for mark in field.metadata if hasattr(mark, "ge")), None)
    high = next((mark.le for mark in field.metadata if hasattr(mark, "le")), None)
    number = "a whole number" if _bare(field.annotation) is int else "a number"
    return f"{number} from {low} to {high}"


def _unknown(loc: Key, model: type[BaseModel]) -> tuple[str, str]:
    """Name the nearest key beside an unknown one; else the same name elsewhere; else all beside it."""
    name = str(loc[-1])
    siblings = [field.alias or key for key, field in _model_at(loc[:-1], model).model_fields.items()]
    folder = "".join(f"{part}." for part in loc[:-1] if isinstance(part, str))
    if name.lower().replace("-", "_") in PASSWORD_WORDS:
        return "a password does not belong here", _secret_cure(loc)
    cure = did_you_mean(name, siblings)
    if cure:
        return "unknown key", re.sub(r"(?<=mean |. or )(?=\S)", folder, cure) if folder else cure
    return "unknown key", named_elsewhere(name, model) or f"known here: {', '.join(siblings)}"


def _near_choice(found: object, loc: Key, model: type[BaseModel]) -> str:
    field = _field(loc, model)
    if field is None or not isinstance(found, str):
        return ""
    choices = (*(choice for mark in _marks(field) for choice in mark.choices), *_literals(field.annotation))
    question = "" if found in choices else did_you_mean(found, choices)
    return f"; {question}" if question else ""


def _secret_cure(loc: Key) -> str:
    table = loc[0] if loc[0] in ("source", "inbox") else "relay"
    return (
        f"put it into /etc/credstore/reminderd.{table}-password (mode 0400), or into a file that only"
        f" reminderd's user can read (chmod 0600), named in {table}.password_file"
    )


def _model_at(loc: Key, model: type[BaseModel]) -> type[BaseModel]:
    for part in loc:
        field = _named(part, model)
        table = _table(field.annotation) if field else None
        model = table or model
    return model


def _field(loc: Key, model: type[BaseModel]) -> FieldInfo | None:
    """Return the field that a place lies in; inside a list or a free table, that list or table."""
    found = None
    for part in loc:
        field = _named(part, model)
        if field is None:
            break
        found = field
        table = _table(field.annotation)
        if table is None:
            break
        model = table
    return found


def _named(part: str | int, model: type[BaseModel]) -> FieldInfo | None:
    return next((field for key, field in model.model_fields.items() if (field.alias or key) == part), None)


def _marks(field: FieldInfo) -> list[Allowed]:
    """Return the marks on a field's type; on the inner type where the key is optional."""
    inner = _bare(field.annotation, annotated=True)
    metadata = [*field.metadata, *getattr(inner, "__metadata__", ())]
    return [mark for mark in metadata if isinstance(mark, Allowed)]


def _bare(annotation: Any, *, annotated: bool = False) -> Any:
    """Return the type without ``| None``, and without what is annotated to it unless asked."""
    if get_origin(annotation) in (Union, UnionType):
        annotation = next(arg for arg in get_args(annotation) if arg is not type(None))
    if hasattr(annotation, "__metadata__") and not annotated:
        annotation = get_args(annotation)[0]
    return annotation


def _literals(annotation: Any) -> tuple[str, ...]:
    bare = _bare(annotation)
    return get_args(bare) if get_origin(bare) is Literal else ()


def _table(annotation: Any) -> type[BaseModel] | None:
    bare = _bare(annotation)
    return bare if isinstance(bare, type) and issubclass(bare, BaseModel) else None
