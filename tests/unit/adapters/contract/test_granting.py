"""Grants: what could never be played is refused, and an id means one grant."""

from dataclasses import replace
from typing import Any

import pytest

from adapters.contract.errors import InvalidCall, RoundConflict
from adapters.contract.free_rounds import GrantReport, GrantStatus
from adapters.contract.games import Page, PageRequest, page_of
from adapters.contract.granting import GrantMemory
from adapters.contract.ids import GrantId
from tests.support.operator_calls import BRAND_ID, grant

GRANT = grant("game-1")


@pytest.mark.parametrize(
    "wrong",
    [{"count": 0}, {"stake_micros": 0}, {"stake_micros": -1}, {"game_ids": ()}, {"valid_until_ms": 5}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_grant_that_could_never_be_played_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidCall) as raised:
        GrantMemory().accept(grant("game-1", **wrong))

    assert raised.value.facts["field"] == next(iter(wrong))


def test_the_same_id_with_other_content_is_a_conflict_and_with_the_same_is_not() -> None:
    memory = GrantMemory()
    memory.keep(GRANT, GrantReport(GRANT.grant_id, GrantStatus.ACTIVE, provider_grant_id="theirs"))

    memory.accept(GRANT)
    with pytest.raises(RoundConflict):
        memory.accept(replace(GRANT, count=GRANT.count + 1))


def test_the_providers_id_is_known_while_the_grant_is_remembered() -> None:
    memory = GrantMemory(count_max=1)
    memory.keep(GRANT, GrantReport(GRANT.grant_id, GrantStatus.ACTIVE, provider_grant_id="theirs"))

    assert memory.provider_id(BRAND_ID, GRANT.grant_id) == "theirs"
    memory.keep_report(BRAND_ID, GrantReport(GrantId("other"), GrantStatus.CANCELLED))
    assert memory.provider_id(BRAND_ID, GRANT.grant_id) == GRANT.grant_id
    memory.accept(replace(GRANT, count=GRANT.count + 1))


def test_a_page_begins_where_the_last_one_ended_and_a_foreign_token_is_refused() -> None:
    letters = "abcde"

    assert page_of(letters, PageRequest(2)) == Page(("a", "b"), "2")
    assert page_of(letters, PageRequest(2, "4")) == Page(("e",))
    assert page_of(letters, PageRequest(2, "7")) == Page(())
    for token in ("x", "-1", "1.5", "٣", "9" * 5_000):
        with pytest.raises(InvalidCall):
            page_of(letters, PageRequest(2, token))
