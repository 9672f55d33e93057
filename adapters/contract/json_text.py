"""JSON without surprises: numbers stay exact, twins of a key and endless nesting are refused, bodies are capped.

``read_object`` is for the bytes of strangers: whatever they hold, it returns a dict or raises ``MalformedCall``.
"""

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from json.encoder import encode_basestring_ascii
from typing import TypeAlias

from adapters.contract.errors import MalformedCall

JsonObject: TypeAlias = "dict[str, object]"

BODY_BYTES_MAX = 256 * 1024
TEXT_LENGTH_MAX = 4_096


def read_object(body: bytes, bytes_max: int = BODY_BYTES_MAX) -> JsonObject:
    """Read a JSON object; numbers with a point become ``Decimal``. Raises ``MalformedCall``."""
    value = read_any(body, bytes_max)
    if type(value) is not dict:
        raise MalformedCall("the body must be a JSON object", field="body")
    return value


def read_any(body: bytes, bytes_max: int = BODY_BYTES_MAX) -> object:
    """Read any JSON with the same care; raises ``MalformedCall``."""
    if len(body) > bytes_max:
        raise MalformedCall(f"a body may have {bytes_max} bytes", field="body")
    try:
        value: object = _DECODER.decode(body.decode())
    except MalformedCall:
        raise
    except (ValueError, RecursionError) as error:
        raise MalformedCall("the body is not JSON", field="body") from error
    return value


def text_of(source: Mapping[str, object], name: str, length_max: int = TEXT_LENGTH_MAX) -> str:
    """Return a text that must be there and not empty; raises ``MalformedCall``."""
    value = source.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= length_max or _has_lone_surrogate(value):
        raise MalformedCall("a text is missing or malformed", field=name)
    return value


def optional_text_of(source: Mapping[str, object], name: str, length_max: int = TEXT_LENGTH_MAX) -> str:
    """Return a text that may be missing, null or empty (then: ``""``); raises ``MalformedCall``."""
    value = source.get(name)
    return "" if value is None or value == "" else text_of(source, name, length_max)


def flag_of(source: Mapping[str, object], name: str, default: bool = False) -> bool:
    """Return a bool that may be missing or null; raises ``MalformedCall``."""
    value = source.get(name)
    if value is None:
        return default
    if type(value) is not bool:
        raise MalformedCall("a flag must be true or false", field=name)
    return value


def object_of(source: Mapping[str, object], name: str) -> JsonObject:
    """Return an object that must be there; raises ``MalformedCall``."""
    value = source.get(name)
    if type(value) is not dict:
        raise MalformedCall("an object is missing or malformed", field=name)
    return value


def objects_of(source: Mapping[str, object], name: str, count_max: int) -> list[JsonObject]:
    """Return a list of objects that may be missing or null (then: empty); raises ``MalformedCall``."""
    value = source.get(name)
    if value is None:
        return []
    if type(value) is not list or len(value) > count_max or not all(type(item) is dict for item in value):
        raise MalformedCall(f"a list must hold at most {count_max} objects", field=name)
    return value


def write_json(value: object) -> bytes:
    """Write JSON; a ``Decimal`` becomes a plain number with all its digits (``json`` alone would need a float)."""
    return _written(value).encode()


def _written(value: object) -> str:
    if isinstance(value, str):
        return encode_basestring_ascii(value)
    if type(value) is int:
        return str(value)
    if isinstance(value, Mapping):
        pairs = [f"{encode_basestring_ascii(str(key))}:{_written(item)}" for key, item in value.items()]
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join([_written(item) for item in value]) + "]"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, float):
        raise TypeError("no float goes over a money wire")
    return json.dumps(value)


def _decimal(text: str) -> Decimal:
    if len(text) > 64:
        raise MalformedCall("a number has too many digits", field="body")
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise MalformedCall("a number is out of range", field="body") from error


def _refuse_constant(text: str) -> object:
    raise MalformedCall(f"{text} is not JSON", field="body")


def _without_twins(pairs: list[tuple[str, object]]) -> JsonObject:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedCall("a key stands twice in one object", field="body")
    return found


def _has_lone_surrogate(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text)


_DECODER = json.JSONDecoder(
    parse_float=_decimal, parse_constant=_refuse_constant, object_pairs_hook=_without_twins
)  # made once: it is half the cost of reading a small body
