import re
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import adapters.reels as engine
from adapters.reels.compiling.game_tables import compile_game
from adapters.reels.declaration.game import Declaration
from adapters.reels.declaration.schema import SCHEMA_FILE, schema_text

DOCUMENT = Path(engine.__file__).with_name("DECLARATION.md")


def _examples() -> list[str]:
    return re.findall(r"```toml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)


def _merged(whole: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    merged = dict(whole)
    for key, value in part.items():
        both = isinstance(value, dict) and isinstance(whole.get(key), dict) and key not in ("main", "symbols")
        merged[key] = _merged(whole[key], value) if both else value
    return merged


@pytest.mark.parametrize("number", range(len(_examples())))
def test_every_example_of_the_document_compiles(number: int) -> None:
    examples = _examples()
    base = tomllib.loads(examples[0], parse_float=Decimal)
    if "[clusters]" in examples[number]:
        del base["lines"]

    document = _merged(base, tomllib.loads(examples[number], parse_float=Decimal))
    game = compile_game(Declaration.model_validate(document))

    for mode in game.modes:
        assert game.play(mode).stages


def test_the_published_schema_is_that_of_the_models() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text()


def test_every_field_of_the_schema_is_in_the_document() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    fields = _fields(Declaration.model_json_schema())

    assert [field for field in sorted(fields) if not re.search(rf"\b{field}\b", text)] == []


def _fields(node: Any) -> set[str]:
    if isinstance(node, list):
        return {field for item in node for field in _fields(item)}
    if not isinstance(node, dict):
        return set()
    own = set(node.get("properties", {}))
    return own | {field for value in node.values() for field in _fields(value)}
