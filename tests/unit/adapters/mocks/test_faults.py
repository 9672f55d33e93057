"""Which calls a fault meets."""

import pytest
from pydantic import ValidationError

from adapters.mocks.faults import Fault, FaultBox, FaultKind
from adapters.mocks.spoil import HTML_PAGE, delay_of, spoiled_call, spoiled_reply
from adapters.mocks.types import HttpCall, HttpReply

BET = {"kind": "bet", "round": "r-1"}


def hits(fault: Fault, count: int, **facts: str) -> list[bool]:
    box = FaultBox()
    box.add(fault)
    return [bool(box.pick("wallet", BET | facts)) for _ in range(count)]


def test_the_nth_call_is_met_once() -> None:
    assert hits(Fault(kind=FaultKind.DELAY, nth=3), 5) == [False, False, True, False, False]


def test_every_other_call_is_met() -> None:
    assert hits(Fault(kind=FaultKind.DELAY, every=2), 4) == [False, True, False, True]


def test_a_fault_ends_after_its_times() -> None:
    assert hits(Fault(kind=FaultKind.DELAY, times=2), 4) == [True, True, False, False]


def test_only_calls_that_match_are_counted() -> None:
    box = FaultBox()
    box.add(Fault(kind=FaultKind.DELAY, match={"kind": "win"}, nth=1))

    assert not box.pick("wallet", BET)
    assert box.pick("wallet", {"kind": "win"})


def test_a_prefix_matches_with_a_star() -> None:
    assert hits(Fault(kind=FaultKind.DELAY, match={"round": "r-*"}), 1) == [True]
    assert hits(Fault(kind=FaultKind.DELAY, match={"round": "x*"}), 1) == [False]


def test_a_fault_meets_its_own_side_only() -> None:
    assert hits(Fault(kind=FaultKind.DELAY, on="operator_api"), 1) == [False]


def test_probability_repeats_itself_after_a_reset_and_is_about_right() -> None:
    fault = Fault(kind=FaultKind.DELAY, probability_ppm=250_000)

    first, second = hits(fault, 1_000), hits(fault, 1_000)

    assert first == second
    assert 180 < sum(first) < 320


def test_faults_are_listed_with_their_counters_and_can_be_removed() -> None:
    box = FaultBox()
    fault_id = box.add(Fault(kind=FaultKind.DELAY, nth=2))
    box.pick("wallet", BET)

    assert box.listed() == [{"fault_id": fault_id, "seen": 1, "hits": 0, "kind": "delay", "nth": 2}]
    assert box.remove(fault_id)
    assert not box.remove(fault_id)


def test_an_unknown_word_in_a_fault_is_a_mistake() -> None:
    with pytest.raises(ValidationError):
        Fault.model_validate({"kind": "delay", "probabilty": 5})


def test_a_lognormal_delay_is_spread_around_its_median() -> None:
    box = FaultBox()
    fault = Fault(kind=FaultKind.DELAY_LOGNORMAL, delay_ms=100, sigma_percent=50)

    delays = sorted(delay_of([fault], box.draw) for _ in range(999))

    assert 85 < delays[499] < 115
    assert delays[0] < 50
    assert delays[-1] > 200


REPLY = HttpReply(200, b'{"status":"RS_OK","balance":5}')


@pytest.mark.parametrize(
    ("fault", "body"),
    [
        (Fault(kind=FaultKind.TRUNCATED_REPLY), REPLY.body[: len(REPLY.body) // 2]),
        (Fault(kind=FaultKind.NON_JSON_REPLY), HTML_PAGE),
        (Fault(kind=FaultKind.WRONG_CONTENT_TYPE), REPLY.body),
        (Fault(kind=FaultKind.CHANGE_REPLY, fields={"balance": None, "status": "X"}), b'{"status":"X"}'),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_a_reply_is_spoiled_as_the_fault_says(fault: Fault, body: bytes) -> None:
    assert spoiled_reply(REPLY, [fault]).body == body


def test_a_reply_that_is_no_object_cannot_be_changed() -> None:
    fault = Fault(kind=FaultKind.CHANGE_REPLY, fields={"a": 1})

    assert [spoiled_reply(HttpReply(200, body), [fault]).body for body in (b"[]", b"<")] == [b"[]", b"<"]


def test_a_request_is_cut_or_turned_into_garbage() -> None:
    call = HttpCall("POST", "/bet", b"0123456789")

    assert spoiled_call(call, [Fault(kind=FaultKind.TRUNCATED_REQUEST)]).body == b"01234"
    assert b"\xff" in spoiled_call(call, [Fault(kind=FaultKind.GARBAGE_REQUEST)]).body
