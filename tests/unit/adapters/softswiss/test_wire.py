import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract.errors import MalformedCall
from adapters.contract.ids import BrandId
from adapters.contract.json_text import write_json
from adapters.contract.money import MICROS_MAX
from adapters.contract.wallet_calls import ActionKind, Credential, RawCall, WalletCall
from adapters.softswiss import wire
from adapters.softswiss.a8r import wire as twirp
from adapters.softswiss.a8r.adapter import create_adapter as create_a8r
from adapters.softswiss.adapter import SoftswissAdapter, create_adapter
from adapters.softswiss.signing import sign

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
COUNTS = st.integers(0, 2**63 - 1)
PLAY_ACTIONS = st.builds(wire.PlayAction, st.sampled_from(["bet", "win"]), TEXTS, COUNTS, st.just(""), COUNTS, COUNTS)
ROLLBACKS = st.builds(wire.PlayAction, st.just("rollback"), TEXTS, COUNTS, TEXTS)
REQUESTS = st.builds(
    wire.PlayRequest, TEXTS, TEXTS, TEXTS, TEXTS, st.just("") | TEXTS, st.booleans(),
    st.lists(PLAY_ACTIONS, max_size=3).map(tuple),
)  # fmt: skip
MICROS = st.integers(0, MICROS_MAX)
MOVEMENTS = st.builds(twirp.Movement, TEXTS, st.sampled_from(["bet", "win"]), MICROS, st.just(""), st.just("") | TEXTS)
UNDONE = st.builds(twirp.Movement, TEXTS, st.just("rollback"), st.just(0), TEXTS)
CREDENTIAL = Credential(BrandId("brand"), (b"test",))
GCP, A8R = create_adapter({}), create_a8r({})


@given(REQUESTS)
def test_a_play_request_comes_back_as_it_was_written(request: wire.PlayRequest) -> None:
    assert wire.read_play(wire.write_play(request), ("bet", "win")) == request


@given(st.builds(wire.PlayRequest, TEXTS, TEXTS, TEXTS, TEXTS, TEXTS, st.booleans(), st.tuples(ROLLBACKS, ROLLBACKS)))
def test_a_rollback_request_comes_back_as_it_was_written(request: wire.PlayRequest) -> None:
    assert wire.read_play(wire.write_play(request), ("rollback",)) == request


@given(st.builds(wire.FreespinsRequest, TEXTS, TEXTS, COUNTS))
def test_a_freespins_request_comes_back_as_it_was_written(request: wire.FreespinsRequest) -> None:
    assert wire.read_freespins(wire.write_freespins(request)) == request


@given(
    st.builds(
        wire.PlayReply, COUNTS, TEXTS,
        st.lists(st.builds(wire.PlayTransaction, TEXTS, st.just("") | TEXTS, TEXTS, COUNTS), max_size=3).map(tuple),
    )
)  # fmt: skip
def test_a_reply_comes_back_as_it_was_written(reply: wire.PlayReply) -> None:
    assert wire.read_reply(wire.write_reply(reply)) == reply


@given(st.builds(wire.ErrorReply, COUNTS, TEXTS, st.none() | COUNTS))
def test_an_error_comes_back_as_it_was_written(error: wire.ErrorReply) -> None:
    assert wire.read_error(wire.write_error(error)) == error


@given(st.builds(twirp.RoundRequest, TEXTS, TEXTS, TEXTS, st.lists(MOVEMENTS, max_size=3).map(tuple)))
def test_a_bet_win_request_comes_back_as_it_was_written(request: twirp.RoundRequest) -> None:
    assert twirp.read_round(twirp.write_round(request), "Round/BetWin") == request


@given(st.builds(twirp.RoundRequest, TEXTS, TEXTS, st.just("") | TEXTS, st.lists(UNDONE, max_size=3).map(tuple)))
def test_a_twirp_rollback_comes_back_as_it_was_written(request: twirp.RoundRequest) -> None:
    assert twirp.read_round(twirp.write_round(request), "Round/Rollback") == request


@given(st.builds(twirp.SeriesRequest, TEXTS, TEXTS, MICROS))
def test_a_series_comes_back_as_it_was_written(request: twirp.SeriesRequest) -> None:
    assert twirp.read_series(twirp.write_series(request)) == request


@given(
    st.builds(
        twirp.RoundReply, MICROS, TEXTS,
        st.lists(st.builds(twirp.BookedMovement, TEXTS, st.just("") | TEXTS, TEXTS, MICROS), max_size=3).map(tuple),
    )
)  # fmt: skip
def test_a_twirp_reply_comes_back_as_it_was_written(reply: twirp.RoundReply) -> None:
    assert twirp.read_reply(twirp.write_reply(reply, of_round=True)) == reply


PATHS = st.sampled_from(
    ["/brand/play", "/brand/rollback", "/brand/freespins", "/brand/v2/a8r_casino.Round/BetWin", "/", "", "/brand/x/y",
     "/brand/v2/provider_a8r.Player/Balance", "/brand/v2/a8r_casino.Round/Finish",
     "/brand/v2/a8r_casino.Freespins/Finish", "/brand/v2/a8r_casino.Round/Rollback"]
)  # fmt: skip


@given(PATHS, st.binary(max_size=60) | st.dictionaries(TEXTS, TEXTS | COUNTS, max_size=4).map(write_json))
def test_fuzz_random_bodies_with_a_right_signature_raise_only_typed_errors(path: str, body: bytes) -> None:
    call = RawCall("POST", path, "", (("x-request-sign", sign(b"test", body)),), body)
    for adapter in (GCP, A8R):
        with contextlib.suppress(MalformedCall):
            adapter.decode(call, CREDENTIAL)


@given(REQUESTS, st.integers(0, 400), st.binary(min_size=1, max_size=3), PATHS)
def test_fuzz_mutated_bodies_raise_only_typed_errors(
    request: wire.PlayRequest, place: int, junk: bytes, path: str
) -> None:
    body = wire.write_play(request)
    mutated = body[: place % len(body)] + junk + body[place % len(body) + len(junk) :]
    call = RawCall("POST", path, "", (("x-request-sign", sign(b"test", mutated)),), mutated)
    for adapter in (GCP, A8R):
        with contextlib.suppress(MalformedCall):
            adapter.decode(call, CREDENTIAL)


def decode(path: str, body: dict[str, object], adapter: SoftswissAdapter = GCP) -> WalletCall:
    raw = write_json(body)
    call = RawCall("POST", path, "", (("x-request-sign", sign(b"test", raw)),), raw)
    return adapter.decode(call, CREDENTIAL)


ENVELOPE: dict[str, object] = {"user_id": "ann", "currency": "EUR", "game": "acceptance:test", "game_id": "r1"}


@pytest.mark.parametrize("amount", [-1, 1.5, "100", True, None, 2**70])
def test_w19_an_amount_that_is_no_count_of_minor_units_is_refused(amount: object) -> None:
    wire_amount = Decimal(str(amount)) if isinstance(amount, float) else amount
    action = {"action": "bet", "action_id": "a", "amount": wire_amount}
    with pytest.raises(MalformedCall):
        decode("/brand/play", {**ENVELOPE, "actions": [action]})


@pytest.mark.parametrize("amount", ["-1", "1e3", "0.0000001", 1, "NaN", "1" * 19, ""])
def test_w19_a_twirp_amount_that_is_no_plain_decimal_is_refused(amount: object) -> None:
    body: dict[str, object] = {
        "player_id": "ann_EUR", "round_id": "r1", "game_id": "g",
        "transactions": [{"id": "a", "type": "bet", "amount": amount}],
    }  # fmt: skip
    with pytest.raises(MalformedCall):
        decode("/brand/v2/a8r_casino.Round/BetWin", body, A8R)


def test_unknown_fields_are_tolerated() -> None:
    action = {"action": "bet", "action_id": "a", "amount": 5, "new": {"x": [1]}}

    call = decode("/brand/play", {**ENVELOPE, "future": [1, 2], "actions": [action]})

    assert call.actions[0].amount_micros == 50_000


def test_minor_units_follow_the_currency_and_its_alias() -> None:
    adapter = create_adapter({"currencies": {"BTC": {"currency_code": "mBTC", "exponent": 5}}})
    action = {"action": "bet", "action_id": "a", "amount": 7}

    for currency, code, micros in (("JPY", "JPY", 7_000_000), ("KWD", "KWD", 7_000), ("BTC", "mBTC", 70)):
        call = decode("/brand/play", {**ENVELOPE, "currency": currency, "actions": [action]}, adapter)

        assert (call.currency_code, call.actions[0].amount_micros) == (code, micros)


def test_a_round_that_is_only_finished_is_a_close() -> None:
    call = decode("/brand/play", {**ENVELOPE, "finished": True, "actions": []})

    assert [a.kind for a in call.actions] == [ActionKind.CLOSE]


def test_an_id_twice_in_one_batch_with_other_content_is_refused() -> None:
    actions = [{"action": "bet", "action_id": "a", "amount": amount} for amount in (1, 2)]
    with pytest.raises(MalformedCall):
        decode("/brand/play", {**ENVELOPE, "actions": actions})
