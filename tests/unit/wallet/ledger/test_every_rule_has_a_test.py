"""Every rule of the wallet, W1 to W32, has a test somewhere that bears its number: ``test_w06_...``."""

import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[4]
RULE_COUNT = 32
_NAMED = re.compile(r"^\s*(?:async )?def test_w(\d\d)_\w+", re.MULTILINE)


@cache
def rules_with_tests() -> dict[int, int]:
    """Count the tests of each rule over the whole tree."""
    counts: dict[int, int] = {}
    for path in TESTS.rglob("test_*.py"):
        for number in _NAMED.findall(path.read_text(encoding="utf-8")):
            counts[int(number)] = counts.get(int(number), 0) + 1
    return counts


@pytest.mark.parametrize("rule", range(1, RULE_COUNT + 1))
def test_a_rule_of_the_wallet_has_a_test(rule: int) -> None:
    assert rules_with_tests().get(rule), f"no test is named test_w{rule:02d}_..."


def test_no_test_names_a_rule_that_is_none() -> None:
    assert set(rules_with_tests()) <= set(range(1, RULE_COUNT + 1))
