import contextlib
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract.errors import MalformedCall, SignatureRefused
from adapters.contract.ids import BrandId
from adapters.contract.json_text import write_json
from adapters.contract.money import MICROS_MAX
from adapters.contract.wallet_calls import ActionKind, Credential, RawCall, WalletCall
from adapters.evolution import wire
from adapters.evolution.adapter import create_adapter
from adapters.evolution.wire import Method

CREDENTIAL = Credential(BrandId("brand"), (b"new", b"old"))
ADAPTER = create_adapter({})
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=10)
MAYBE = st.just("") | TEXTS
MICROS = st.integers(0, MICROS_MAX)
GAMES = st.builds(wire.Game, TEXTS, MAYBE, MAYBE, MAYBE)
MOVES = st.builds(
    wire.Request, TEXTS, TEXTS, TEXTS, TEXTS, st.just(""), GAMES, st.builds(wire.Transaction, TEXTS, TEXTS, MICROS)
)
PROMOS = st.builds(wire.PromoTransaction, TEXTS, TEXTS, MICROS, MAYBE, st.none() | st.integers(0, 99))
PAYOUTS = st.builds(
    wire.Request, TEXTS, TEXTS, TEXTS, TEXTS, st.just(""), st.none() | GAMES, st.none(), PROMOS
)  # fmt: skip


def raw(method: str, body: bytes, query: str = "authToken=new") -> RawCall:
    return RawCall("POST", f"/brand/{method}", query, (), body)


def body_of(**fields: Any) -> dict[str, Any]:
    return {
        "sid": "secret~EUR", "userId": "ann", "currency": "EUR", "uuid": "u1",
        "game": {"id": "g1", "type": "roulette", "details": {"table": {"id": "t1", "vid": "v1"}}},
        "transaction": {"id": "D1", "refId": "1", "amount": 10},
    } | fields  # fmt: skip


def decode(method: str, **fields: Any) -> WalletCall:
    return ADAPTER.decode(raw(method, write_json(body_of(**fields))), CREDENTIAL)


@given(st.sampled_from([Method.DEBIT, Method.CREDIT, Method.CANCEL]), MOVES)
def test_a_move_comes_back_as_it_was_written(method: Method, request: wire.Request) -> None:
    assert wire.read_request(method, wire.write_request(request)) == request


@given(PAYOUTS)
def test_a_payout_comes_back_as_it_was_written(request: wire.Request) -> None:
    assert wire.read_request(Method.PROMO_PAYOUT, wire.write_request(request)) == request


@given(st.builds(wire.Request, TEXTS, TEXTS, TEXTS, st.just(""), MAYBE.map(lambda text: text[:16])))
def test_a_check_comes_back_as_it_was_written(request: wire.Request) -> None:
    assert wire.read_request(Method.CHECK, wire.write_request(request)) == request


@given(
    st.builds(wire.Reply, TEXTS, TEXTS, MICROS, MICROS, MAYBE, st.booleans())
    | st.builds(wire.Reply, TEXTS, TEXTS, st.none(), st.none(), MAYBE, st.booleans())
)
def test_a_reply_comes_back_as_it_was_written(reply: wire.Reply) -> None:
    assert wire.read_reply(wire.write_reply(reply)) == reply


@given(st.sampled_from([*Method, "x", ""]), st.binary(max_size=60) | st.dictionaries(TEXTS, TEXTS).map(write_json))
def test_fuzz_random_bodies_raise_only_typed_errors(method: str, body: bytes) -> None:
    with contextlib.suppress(MalformedCall):
        ADAPTER.decode(raw(method, body), CREDENTIAL)


@given(st.sampled_from(list(Method)), MOVES, st.integers(0, 400), st.binary(min_size=1, max_size=3))
def test_fuzz_mutated_bodies_raise_only_typed_errors(
    method: Method, request: wire.Request, place: int, junk: bytes
) -> None:
    body = wire.write_request(request)
    place %= len(body)
    with contextlib.suppress(MalformedCall):
        ADAPTER.decode(raw(method.value, body[:place] + junk + body[place + len(junk) :]), CREDENTIAL)


@given(st.text(max_size=40))
def test_fuzz_random_queries_raise_only_typed_errors(query: str) -> None:
    with contextlib.suppress(MalformedCall, SignatureRefused):
        ADAPTER.decode(raw("debit", b"{}", query), CREDENTIAL)


@pytest.mark.parametrize("token", ["new", "old"])
def test_w31_both_live_tokens_are_accepted(token: str) -> None:
    assert ADAPTER.decode(raw("debit", write_json(body_of()), f"authToken={token}"), CREDENTIAL)


@pytest.mark.parametrize("query", ["", "authToken=", "authToken=x", "authToken=new&authToken=new", "token=new", "%ff"])
def test_w31_any_other_token_is_refused_before_the_body_is_read(query: str) -> None:
    with pytest.raises(SignatureRefused):
        ADAPTER.decode(raw("debit", b"no json", query), CREDENTIAL)


def test_an_empty_secret_opens_nothing() -> None:
    with pytest.raises(SignatureRefused):
        ADAPTER.decode(raw("debit", b"{}", "authToken="), Credential(BrandId("brand"), (b"",)))


@pytest.mark.parametrize(
    "amount", [-1, "10", None, True, Decimal("0.0000001"), Decimal("-0.1"), 10**30, Decimal("1E+20")]
)
def test_w19_an_amount_that_is_no_plain_number_is_refused(amount: object) -> None:
    for method in ("debit", "credit", "cancel"):
        with pytest.raises(MalformedCall):
            decode(method, transaction={"id": "D1", "refId": "1", "amount": amount})


@pytest.mark.parametrize("method", ["debit", "credit", "cancel"])
@pytest.mark.parametrize("name", ["sid", "userId", "uuid", "currency", "game", "transaction"])
def test_a_missing_field_is_refused_by_name(method: str, name: str) -> None:
    with pytest.raises(MalformedCall) as caught:
        decode(method, **{name: None})

    assert caught.value.facts["field"] == name


def test_a_debit_is_a_bet_under_its_ref_id_in_a_round_of_its_own() -> None:
    call = decode("debit", future={"x": [1]})

    assert (call.player_id, call.currency_code, call.round_id, call.game_id) == ("ann", "EUR", "1", "t1")
    assert [(a.kind, a.transaction_id, a.amount_micros) for a in call.actions] == [(ActionKind.BET, "1", 10_000_000)]
    assert (call.token, call.close_round, call.facts["uuid"]) == ("secret", False, "u1")


@pytest.mark.parametrize(("method", "kind"), [("credit", ActionKind.WIN), ("cancel", ActionKind.ROLLBACK)])
def test_credit_and_cancel_name_the_bet_and_close_its_round(method: str, kind: ActionKind) -> None:
    call = decode(method)

    assert [(a.kind, a.reference_transaction_id) for a in call.actions] == [(kind, "1")]
    assert call.close_round


def test_a_check_takes_its_currency_from_the_sid_that_we_made() -> None:
    call = decode("check", currency=None, game=None, transaction=None)

    assert (call.currency_code, call.token, call.session_required, call.actions) == ("EUR", "secret", True, ())
