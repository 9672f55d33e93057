"""Every planted mutant must be caught: one that survives fails the run, for it shows what the tests do not see."""

import inspect
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from types import ModuleType
from typing import Any

import pytest

from tests.support.ledger_book import UNIT, Book
from tests.support.ledger_explorer import Walk
from tests.support.ledger_mutants import MUTANTS
from tests.support.ledger_scenarios import BATCHES, SMALL
from tests.unit.wallet.ledger import (
    test_acceptance_lists,
    test_audit,
    test_bets_and_wins,
    test_cashier,
    test_dead_rounds,
    test_keys_and_batches,
    test_limits,
    test_rollbacks,
)
from wallet.ledger import decide as module_of_decide

MUTANTS_MIN = 10
NODES_OF_A_SHORT_WALK = 4_000
STORIES = (test_acceptance_lists.SOFTSWISS, test_acceptance_lists.EVOLUTION, test_acceptance_lists.CALETA)
MODULES: dict[ModuleType, str] = {
    test_bets_and_wins: "r1",
    test_rollbacks: "r1",
    test_keys_and_batches: "r1",
    test_limits: "r1",
    test_cashier: "",
    test_dead_rounds: "r1",
}


def a_book(round_id: str) -> Book:
    book = Book(round_id=round_id)
    book.open(100 * UNIT)
    return book


CLASSES: dict[type, Callable[[], Book]] = {
    test_keys_and_batches.TestOneUnit: lambda: a_book("r1"),
    test_keys_and_batches.TestExclusiveGame: lambda: a_book("r1"),
    test_bets_and_wins.TestFreeBets: lambda: test_bets_and_wins.with_grant(a_book("r1")),
}


def unit_tests() -> Iterator[Callable[[], object]]:
    """Yield the unit tests, each bound to a fresh book and to its parameters."""
    for module, round_id in MODULES.items():
        for name, function in vars(module).items():
            if name.startswith("test_") and inspect.isfunction(function):
                yield from bound(function, partial(a_book, round_id))
    for cls, a_books in CLASSES.items():
        for name in vars(cls):
            if name.startswith("test_"):
                yield from bound(getattr(cls(), name), a_books)


def bound(function: Callable[..., object], a_books: Callable[[], Book]) -> Iterator[Callable[[], object]]:
    """Yield ``function`` once per set of parameters, with a fresh book where it asks for one."""
    wants_book = "book" in inspect.signature(function).parameters
    for values in parameters_of(function):
        yield lambda values=values: function(**values, **({"book": a_books()} if wants_book else {}))  # type: ignore[misc]  # bound


def parameters_of(function: Callable[..., object]) -> Iterator[dict[str, object]]:
    """Yield the keyword arguments that ``parametrize`` would give."""
    marks = [mark for mark in getattr(function, "pytestmark", ()) if mark.name == "parametrize"]
    for chosen in product(*(list(values_of(*mark.args)) for mark in marks)):
        yield {name: value for values in chosen for name, value in values.items()}


def values_of(names: Any, rows: Any) -> Iterator[dict[str, object]]:
    """Yield the keyword arguments of one ``parametrize``."""
    for row in rows:
        if isinstance(names, str):
            yield {names: row.values[0] if hasattr(row, "values") and not isinstance(row, dict) else row}
        else:
            yield dict(zip(names, row, strict=True))


def battery() -> Iterator[Callable[[], object]]:
    """Yield everything that a wrong ``decide`` must trip over, the quick checks first."""
    yield lambda: test_audit.test_a_right_book_has_no_findings(test_audit.a_full_book())
    yield from unit_tests()
    for stories in STORIES:
        for story in stories.values():
            yield lambda story=story: test_acceptance_lists.play(story)  # type: ignore[misc]  # bound
    for scenario in (*SMALL, *BATCHES):
        yield Walk(scenario, lambda s, c, p: module_of_decide.decide(s, c, p), NODES_OF_A_SHORT_WALK).run


def killers(limit: int) -> list[str]:
    """Run the battery; return the first ``limit`` complaints."""
    complaints: list[str] = []
    for check in battery():
        try:
            check()
        except (AssertionError, KeyError) as complaint:
            complaints.append(f"{type(complaint).__name__}: {complaint}")
            if len(complaints) == limit:
                break
    return complaints


def test_the_right_decide_passes_the_battery() -> None:
    assert killers(1) == []


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mutant_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    MUTANTS[name](monkeypatch)

    assert killers(1), f"the mutant {name} survived: a test is missing"


def test_there_are_enough_mutants() -> None:
    assert len(MUTANTS) >= MUTANTS_MIN
