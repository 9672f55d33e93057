"""The bytes of the protocol: what is written is read again, and nothing but typed errors comes out of nonsense."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract.errors import AdapterError, MalformedCall
from adapters.contract.json_text import write_json
from adapters.hub88.wire import (
    PATHS,
    Method,
    WalletAnswer,
    WalletRequest,
    method_of,
    read_answer,
    read_request,
    write_answer,
    write_request,
)
from tests.unit.adapters.hub88.calls import CREDENTIAL, a_bet, an_adapter, bet_fields, signed

texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=40)
amounts = st.integers(0, 10**15).map(lambda units: units * 10)


@st.composite
def requests(draw: st.DrawFn) -> WalletRequest:
    method = draw(st.sampled_from(Method))
    money = method in (Method.BET, Method.WIN, Method.ROLLBACK)
    moves = method in (Method.BET, Method.WIN)
    promo = draw(st.booleans()) if method is Method.WIN else False
    return WalletRequest(
        method=method,
        request_uuid=draw(texts),
        token=draw(texts),
        user=draw(st.just("") | texts),
        supplier_user=draw(st.just("") | texts),
        game_code=draw(texts),
        transaction_uuid=draw(texts) if money else "",
        reference_transaction_uuid=draw(texts) if money else "",
        round=draw(texts) if money else "",
        round_closed=draw(st.booleans()) if money else False,
        currency=draw(st.text("ABCmu", min_size=3, max_size=4)) if moves else "",
        amount_micros=draw(amounts) if moves else 0,
        jackpot_win_micros=draw(amounts) if method is Method.WIN else 0,
        is_free=draw(st.booleans()) if money else False,
        is_supplier_promo=promo,
        reward_uuid=draw(st.just("") | texts),
        campaign_uuid=draw(st.just("") | texts),
        supplier_transaction_id=draw(st.just("") | texts),
        bet=draw(st.just("") | texts),
    )


@given(requests())
def test_a_call_that_is_written_is_read_again(request: WalletRequest) -> None:
    assert read_request(request.method, write_json(write_request(request))) == request


@given(
    st.builds(
        WalletAnswer,
        request_uuid=st.just("") | texts,
        status=texts,
        user=st.just("") | texts,
        currency=st.just("") | texts,
        balance_micros=st.none() | amounts,
    )
)
def test_an_answer_that_is_written_is_read_again(answer: WalletAnswer) -> None:
    assert read_answer(write_answer(answer)) == answer


@given(st.integers(0, 10**16))
def test_a_balance_goes_out_rounded_down_and_never_up(balance_micros: int) -> None:
    shown = read_answer(write_answer(WalletAnswer("r", "RS_OK", balance_micros=balance_micros))).balance_micros

    assert shown is not None
    assert 0 <= balance_micros - shown < 10


def test_a_balance_that_is_not_known_is_left_out_and_not_zero() -> None:
    assert b"balance" not in write_answer(WalletAnswer("r", "RS_ERROR_UNKNOWN"))


@pytest.mark.parametrize(
    "amount", [-1, 1.5, "100", True, None, [], 10**30, 9_223_372_036_854_775_808], ids=lambda amount: repr(amount)
)
def test_an_amount_that_is_not_a_sound_integer_is_refused_as_a_wrong_type(amount: object) -> None:
    body = b'{"token":"t","request_uuid":"r","transaction_uuid":"a","round":"b","game_code":"g","currency":"EUR"'
    raw = body + (b',"amount":%s}' % str(amount if amount is not None else "null").lower().encode())
    if isinstance(amount, str):
        raw = body + b',"amount":"100"}'

    with pytest.raises(MalformedCall) as refused:
        read_request(Method.BET, raw)

    assert refused.value.facts.get("field") == "amount"


@pytest.mark.parametrize("missing", ["token", "request_uuid", "transaction_uuid", "round", "currency", "amount"])
def test_a_required_field_that_is_missing_is_named(missing: str) -> None:
    with pytest.raises(MalformedCall) as refused:
        read_request(Method.BET, write_json(bet_fields(**{missing: None})))

    assert refused.value.facts["field"] == missing


def test_unknown_fields_are_let_be() -> None:
    known = read_request(Method.BET, write_json(bet_fields()))

    assert read_request(Method.BET, write_json(bet_fields(brand_new={"deep": [1, 2]}, meta=[]))) == known


def test_every_path_of_both_houses_is_known_and_no_other() -> None:
    assert {method_of(path) for path in PATHS} == set(Method)
    with pytest.raises(MalformedCall):
        method_of("transaction/steal")


@given(st.binary(max_size=400), st.sampled_from(sorted(PATHS)))
def test_random_bytes_raise_only_typed_errors(body: bytes, path: str) -> None:
    with pytest.raises(AdapterError):
        an_adapter().decode(signed(f"/{path}", body), CREDENTIAL)


@given(st.data())
def test_mutated_calls_are_read_or_refused_by_a_typed_error(data: st.DataObject) -> None:
    body = bytearray(a_bet().body)
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))

    try:
        an_adapter().decode(signed("/transaction/bet", bytes(body)), CREDENTIAL)
    except AdapterError:
        return
