"""The shipped games between them use every construct of the schema: each field, each word, each form of a value."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from adapters.reels.certifying import game_files
from adapters.reels.declaration.game import Declaration
from adapters.reels.declaration.load import load_declaration
from adapters.reels.declaration.spins import SpinRules
from adapters.reels.library import SHIPPED_GAMES

Construct = tuple[str, str, str]
"""Model, field, and which value or form of it."""


def test_every_construct_of_the_schema_is_in_a_shipped_game() -> None:
    used = {
        construct
        for file in game_files(SHIPPED_GAMES)
        for declaration in [load_declaration(file)]
        for construct in used_by(declaration)
    }

    assert sorted(constructs_of(Declaration) - used) == []


def constructs_of(model: type[BaseModel], seen: frozenset[type[BaseModel]] = frozenset()) -> set[Construct]:
    """Return everything that a declaration can say."""
    if model in seen:
        return set()
    found: set[Construct] = set()
    for name, field in model.model_fields.items():
        found.add((owner_of(model, name), name, "given"))
        found |= {(owner_of(model, name), name, form) for form in forms_of(field.annotation)}
        for part in models_in(field.annotation):
            found |= constructs_of(part, seen | {model})
    return found


def owner_of(model: type[BaseModel], field: str) -> str:
    """Base spins, free games and bet modes share their fields: one use of each is enough."""
    return "SpinRules" if field in SpinRules.model_fields else model.__name__


def forms_of(annotation: Any) -> Iterator[str]:
    """Yield the words of a literal, both sides of a switch, and the forms of a union."""
    annotation = plain(annotation)
    if get_origin(annotation) is Literal:
        yield from map(repr, get_args(annotation))
    elif annotation is bool:
        yield from ("False", "True")
    elif get_origin(annotation) in (Union, UnionType):
        kinds = [plain(part) for part in get_args(annotation) if part is not type(None)]
        if len(kinds) > 1:
            yield from (kind_of(kind) for kind in kinds)
        for kind in kinds:
            yield from forms_of(kind)


def used_by(model: BaseModel) -> Iterator[Construct]:
    """Yield everything that a part of a declaration says, and the parts in it."""
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if name in model.model_fields_set:
            yield owner_of(type(model), name), name, "given"
        forms = set(forms_of(field.annotation))
        for form in (repr(value), kind_of(type(value))):
            if form in forms:
                yield owner_of(type(model), name), name, form
        for part in parts_of(value):
            yield from used_by(part)


def parts_of(value: Any) -> Iterator[BaseModel]:
    if isinstance(value, BaseModel):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from parts_of(part)
    elif isinstance(value, list):
        for part in value:
            yield from parts_of(part)


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    annotation = plain(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from models_in(part)


def plain(annotation: Any) -> Any:
    return plain(get_args(annotation)[0]) if get_origin(annotation) is Annotated else annotation


def kind_of(kind: Any) -> str:
    origin = get_origin(kind) or kind
    return "Rational" if origin is Fraction else getattr(origin, "__name__", repr(origin))
