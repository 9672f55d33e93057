import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract.errors import MalformedCall, SignatureRefused
from adapters.contract.ids import BrandId
from adapters.contract.wallet_calls import ActionKind, Credential, RawCall, WalletCall
from adapters.pragmatic.adapter import create_adapter
from adapters.pragmatic.hashing import write_form
from adapters.pragmatic.wire import (
    REQUIRED,
    Method,
    Reply,
    Request,
    read_reply,
    read_request,
    write_reply,
    write_request,
)

CREDENTIAL = Credential(BrandId("brand"), (b"test",))
ADAPTER = create_adapter({})
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=10)
FILLED = {
    name: (st.from_regex(r"[0-9]{1,13}", fullmatch=True) if name == "timestamp" else TEXTS)
    for name in Request.__dataclass_fields__
}
BET = {
    "userId": "ann_EUR", "gameId": "vs20orchard", "roundId": "7", "amount": "1.25", "reference": "b1",
    "timestamp": "1767225600000", "roundDetails": "spin", "providerId": "PragmaticPlay",
}  # fmt: skip


def decode(method: str, fields: dict[str, str]) -> WalletCall:
    body = write_form(fields, b"test")
    return ADAPTER.decode(RawCall("POST", f"/brand/{method}.html", "", (), body), CREDENTIAL)


@given(st.sampled_from(list(Method)), st.fixed_dictionaries(FILLED).map(lambda found: Request(**found)))
def test_every_method_comes_back_as_it_was_written(method: Method, request: Request) -> None:
    assert read_request(method, write_request(request)) == request


CENTS = st.none() | st.integers(0, 10**15).map(lambda cents: Decimal(cents) / 100)
REPLIES = st.builds(
    Reply, st.integers(0, 310), TEXTS, cash=CENTS, bonus=CENTS, transaction_id=TEXTS, user_id=TEXTS
)  # fmt: skip


@given(REPLIES)
def test_every_reply_comes_back_as_it_was_written(reply: Reply) -> None:
    told = {"cash": reply.cash, "bonus": reply.bonus, "transactionId": reply.transaction_id, "userId": reply.user_id}
    known = {name: value for name, value in told.items() if value is not None}

    assert read_reply(write_reply(reply.error, reply.description, known)) == reply


@given(st.sampled_from(list(Method)), st.dictionaries(TEXTS, TEXTS, max_size=4), st.booleans())
def test_fuzz_random_forms_with_a_right_hash_raise_only_typed_errors(
    method: Method, extra: dict[str, str], filled: bool
) -> None:
    base = BET | {"token": "t~ann_EUR", "bonusCode": "x", "jackpotId": "j"} if filled else {}
    with contextlib.suppress(MalformedCall, SignatureRefused):
        decode(method.value, {**base, **extra})


@given(st.binary(max_size=80), st.sampled_from([*(f"/brand/{m.value}.html" for m in Method), "/", "", "/brand/x"]))
def test_fuzz_random_bytes_raise_only_typed_errors(body: bytes, path: str) -> None:
    with contextlib.suppress(MalformedCall, SignatureRefused):
        ADAPTER.decode(RawCall("POST", path, "", (), body), CREDENTIAL)


@given(st.integers(0, 400), st.binary(min_size=1, max_size=3))
def test_fuzz_mutated_bodies_raise_only_typed_errors(place: int, junk: bytes) -> None:
    body = write_form(BET, b"test")
    mutated = body[: place % len(body)] + junk + body[place % len(body) + len(junk) :]
    with contextlib.suppress(MalformedCall, SignatureRefused):
        ADAPTER.decode(RawCall("POST", "/brand/bet.html", "", (), mutated), CREDENTIAL)


@given(st.binary(max_size=60))
def test_fuzz_replies_are_read_or_refused_with_a_typed_error(body: bytes) -> None:
    with contextlib.suppress(MalformedCall):
        read_reply(body)


@pytest.mark.parametrize("method", list(Method))
def test_a_missing_or_empty_field_is_refused_by_name(method: Method) -> None:
    full = {**BET, "token": "t~ann_EUR", "bonusCode": "b", "jackpotId": "j", "campaignId": "1", "campaignType": "T"}
    full |= {"currency": "EUR", "validBetAmount": "0"}
    names = [part if i == 0 else part.title() for field in REQUIRED[method] for i, part in enumerate(field.split("_"))]
    assert names
    for field in REQUIRED[method]:
        head, *rest = field.split("_")
        wire = head + "".join(map(str.title, rest))
        for fields in ({k: v for k, v in full.items() if k != wire}, {**full, wire: ""}):
            with pytest.raises(MalformedCall) as caught:
                decode(method.value, fields)
            assert caught.value.facts["field"] == wire


@pytest.mark.parametrize("amount", ["-1", "1e3", "0.0000001", "NaN", "1,5", "9" * 19, "+1", " 1"])
def test_w19_an_amount_that_is_no_plain_decimal_is_refused(amount: str) -> None:
    for method in ("bet", "result"):
        with pytest.raises(MalformedCall):
            decode(method, {**BET, "amount": amount})


def test_a_bet_is_read_with_its_account_and_unknown_fields_are_tolerated() -> None:
    call = decode("bet", {**BET, "somethingNew": "x y", "token": "secret~ann_EUR"})

    assert (call.player_id, call.currency_code, call.round_id, call.game_id) == ("ann", "EUR", "7", "vs20orchard")
    assert [(a.kind, a.transaction_id, a.amount_micros) for a in call.actions] == [(ActionKind.BET, "b1", 1_250_000)]
    assert (call.token, call.facts["sent_time_ms"]) == ("secret", "1767225600000")


def test_only_bets_are_held_against_the_clock() -> None:
    assert "sent_time_ms" not in decode("result", BET).facts


def test_authenticate_needs_a_live_session_and_names_its_account() -> None:
    call = decode("authenticate", {"token": "secret~ann_EUR"})

    assert (call.player_id, call.currency_code, call.token, call.session_required) == ("ann", "EUR", "secret", True)


def test_an_adjustment_may_be_negative_and_has_author_and_reason() -> None:
    action = decode("adjustment", {**BET, "amount": "-2.5", "validBetAmount": "1.00"}).actions[0]

    assert (action.kind, action.amount_micros, action.author) == (ActionKind.ADJUST, -2_500_000, "pragmatic")
    assert "1.00" in action.reason


def test_a_result_may_carry_a_promo_win_of_its_own_id() -> None:
    call = decode("result", {**BET, "promoWinAmount": "5", "promoWinReference": "p1"})

    assert [(a.kind, a.transaction_id) for a in call.actions] == [(ActionKind.WIN, "b1"), (ActionKind.PROMO_WIN, "p1")]


def test_w21_a_free_round_is_tied_to_its_grant_and_paid_by_the_bonus_win() -> None:
    code = "3.ann.EUR.grant-1"

    bet = decode("bet", {**BET, "bonusCode": code}).actions[0]
    result = decode("result", {**BET, "bonusCode": code}).actions[0]
    bonus = decode("bonusWin", {**BET, "bonusCode": code}).actions[0]

    assert (bet.grant_id, result.amount_micros, bonus.amount_micros) == (code, 0, 1_250_000)
    assert (bonus.kind, bonus.reason) == (ActionKind.PROMO_WIN, f"free rounds {code}")
