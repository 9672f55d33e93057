"""The bytes of the protocol: what is written is read again, and nothing but typed errors comes out of nonsense."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract.errors import AdapterError, MalformedCall
from adapters.contract.json_text import write_json
from adapters.swipegames.signing import canonical
from adapters.swipegames.translate import read_session_id, session_id_of
from adapters.swipegames.wire import (
    Answer,
    BetType,
    ErrorAnswer,
    Method,
    ReverseCall,
    method_of,
    read_answer,
    read_body,
    read_error,
    read_query,
    write_answer,
    write_call,
    write_error,
)
from tests.unit.adapters.swipegames.calls import CREDENTIAL, SECRET, a_bet, an_adapter, fields, signed

texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=40)
amounts = st.integers(0, 10**17)


@st.composite
def reverse_calls(draw: st.DrawFn) -> ReverseCall:
    method = draw(st.sampled_from([Method.BET, Method.WIN, Method.REFUND]))
    is_refund = method is Method.REFUND
    return ReverseCall(
        method=method,
        session_id=draw(texts),
        transaction_id=draw(texts),
        original_transaction_id=draw(texts) if is_refund else "",
        round_id=draw(texts | st.just("")) if is_refund else draw(texts),
        amount_micros=draw(amounts),
        bet_type=BetType.REGULAR if is_refund else draw(st.sampled_from(BetType)),
        free_rounds_id="" if is_refund else draw(texts | st.just("")),
    )


@given(reverse_calls())
def test_a_call_that_is_written_is_read_again(call: ReverseCall) -> None:
    assert read_body(call.method, canonical(write_call(call))) == call


@given(texts)
def test_a_question_for_the_balance_is_read_again(session_id: str) -> None:
    call = ReverseCall(Method.BALANCE, session_id)

    assert read_query({name: str(value) for name, value in write_call(call).items()}) == call


@given(st.builds(Answer, amounts, texts | st.just("")))
def test_an_answer_that_is_written_is_read_again(answer: Answer) -> None:
    assert read_answer(write_json(write_answer(answer))) == answer


@given(st.builds(ErrorAnswer, texts, *[texts | st.just("")] * 4))
def test_a_refusal_that_is_written_is_read_again(error: ErrorAnswer) -> None:
    assert read_error(write_json(write_error(error))) == error


ids = st.text("abcXYZ019._:-", min_size=1, max_size=60)


@given(st.text("abc019", min_size=1, max_size=40), ids, st.sampled_from(["EUR", "uBTC", "JPY"]), ids)
def test_a_session_id_says_whose_it_is(token: str, player_id: str, currency_code: str, game_id: str) -> None:
    text = session_id_of(token, player_id, currency_code, game_id)

    assert read_session_id(text) == (token, player_id, currency_code, game_id)


NO_AMOUNTS = ["-1", "1e3", "01.0", "1.", ".5", "1,5", "NaN", "", " 1", "1.0000001", 1.5, 5, None, "9" * 30]


@pytest.mark.parametrize("amount", NO_AMOUNTS)
def test_an_amount_that_is_not_a_plain_exact_decimal_is_refused(amount: object) -> None:
    body = write_json(fields(amount=None)).replace(b"}", b',"amount":%s}' % _json(amount))

    with pytest.raises(MalformedCall) as refused:
        read_body(Method.BET, body)

    assert refused.value.facts["field"] == "amount"


def _json(value: object) -> bytes:
    return str(value).encode() if isinstance(value, float | int) else write_json(value)


@pytest.mark.parametrize("missing", ["sessionID", "txID", "roundID", "amount", "type"])
def test_a_required_field_that_is_missing_is_named(missing: str) -> None:
    with pytest.raises(MalformedCall) as refused:
        read_body(Method.BET, canonical(fields(**{missing: None})))

    assert refused.value.facts["field"] == missing


def test_unknown_fields_are_let_be() -> None:
    assert read_body(Method.BET, canonical(fields(extra=[1]))) == read_body(Method.BET, canonical(fields()))


@pytest.mark.parametrize(("name", "verb"), [("balance", "POST"), ("bet", "GET"), ("steal", "POST")])
def test_a_path_is_known_by_its_verb_only(name: str, verb: str) -> None:
    with pytest.raises(MalformedCall):
        method_of(name, verb)


@given(st.binary(max_size=400), st.sampled_from(["/bet", "/win", "/refund", "/balance", "/x"]))
def test_random_bytes_raise_only_typed_errors(body: bytes, path: str) -> None:
    with pytest.raises(AdapterError):
        an_adapter().decode(signed(path, body, SECRET), CREDENTIAL)


@given(st.data())
def test_mutated_calls_are_read_or_refused_by_a_typed_error(data: st.DataObject) -> None:
    body = bytearray(a_bet().body)
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))

    try:
        an_adapter().decode(signed("/bet", bytes(body)), CREDENTIAL)
    except AdapterError:
        return
