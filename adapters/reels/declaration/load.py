"""From bytes to a checked declaration; every refusal names file, path inside the document and reason."""

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from adapters.reels.declaration.game import Declaration
from adapters.reels.errors import DeclarationError

DECLARATION_BYTES_MAX = 1_000_000
SUFFIXES = (".toml", ".yaml", ".yml")


def load_declaration(file: Path) -> Declaration:
    """Read one game file; raises DeclarationError."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise DeclarationError(file.name, "", f"cannot be read: {error.strerror}") from error
    return parse_declaration(content, file.name)


def parse_declaration(content: bytes, file: str) -> Declaration:
    """Read a declaration from the bytes of ``file``, whose suffix says TOML or YAML; raises DeclarationError."""
    if len(content) > DECLARATION_BYTES_MAX:
        raise DeclarationError(file, "", f"larger than {DECLARATION_BYTES_MAX} bytes")
    document = _parse(content, file)
    if not isinstance(document, dict):
        raise DeclarationError(file, "", "the document is not a table of fields")
    try:
        return Declaration.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise DeclarationError(file, path_text(first["loc"]), _reason(first["msg"])) from error


def path_text(location: tuple[int | str, ...]) -> str:
    """Render a place in the document, like ``lines.paths[3][0]``."""
    text = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part not in ("[key]",):
            text += f".{part}" if text else part
    return text


def _parse(content: bytes, file: str) -> Any:
    try:
        text = content.decode("utf-8")
        if file.endswith(".toml"):
            return tomllib.loads(text, parse_float=Decimal)
        return _with_words_as_keys(yaml.safe_load(text))
    except UnicodeDecodeError as error:
        raise DeclarationError(file, "", f"not UTF-8 at byte {error.start}") from error
    except tomllib.TOMLDecodeError as error:
        raise DeclarationError(file, "", f"not TOML: {error}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise DeclarationError(file, "", f"not YAML: {' '.join(str(error).split())}") from error


def _with_words_as_keys(value: Any) -> Any:
    """Return a YAML value with whole numbers as keys turned to words, as TOML reads them: a symbol may be called 7."""
    if isinstance(value, list):
        return [_with_words_as_keys(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {str(key) if type(key) is int else key: _with_words_as_keys(item) for key, item in value.items()}


def _reason(message: str) -> str:
    return message.removeprefix("Value error, ")
