"""Every outcome of the wallet in the protocol's own status and class."""

import json
from dataclasses import replace

import pytest

from adapters.contract.errors import (
    MalformedCall,
    OutcomeUnknown,
    ProviderUnavailable,
    RoundConflict,
    SignatureRefused,
)
from adapters.contract.json_text import write_json
from adapters.contract.wallet_calls import Certainty, OutcomeCode, WalletReply
from adapters.hub88.codes import (
    OK,
    ROLLBACK_FINAL,
    STATUSES,
    UNCERTAIN_STATUSES,
    UNKNOWN,
    WIN_FINAL,
    is_final,
    status_of,
)
from adapters.hub88.wire import Method
from tests.unit.adapters.hub88.calls import CREDENTIAL, TOKEN, a_bet, an_adapter, bet_fields, signed

REFUSALS = [code for code in OutcomeCode if code not in (OutcomeCode.OK, OutcomeCode.NO_EFFECT)]
MAY_COME_AGAIN = {
    OutcomeCode.UNAVAILABLE,
    OutcomeCode.ROUND_IN_PROGRESS,
    OutcomeCode.LIMIT_REACHED,
    OutcomeCode.LIMIT_WARNING,
    OutcomeCode.BATCH_REFUSED,
}


def certain(code: OutcomeCode, balance_micros: int | None = None) -> WalletReply:
    return WalletReply(Certainty.CERTAIN, code=code, balance_micros=balance_micros)


@pytest.mark.parametrize("method", Method)
@pytest.mark.parametrize("code", OutcomeCode)
def test_every_outcome_has_a_status_of_the_protocol(method: Method, code: OutcomeCode) -> None:
    assert status_of(method, certain(code)) in STATUSES


@pytest.mark.parametrize("code", REFUSALS)
def test_a_certain_refusal_of_a_bet_never_makes_the_supplier_roll_back(code: OutcomeCode) -> None:
    assert status_of(Method.BET, certain(code)) not in UNCERTAIN_STATUSES | {OK}


@pytest.mark.parametrize("code", OutcomeCode)
@pytest.mark.parametrize("method", [Method.BET, Method.WIN, Method.ROLLBACK])
def test_an_uncertain_reply_is_unknown_whatever_its_code(method: Method, code: OutcomeCode) -> None:
    assert status_of(method, WalletReply(Certainty.UNCERTAIN, code=code)) == UNKNOWN


@pytest.mark.parametrize("code", [code for code in REFUSALS if code not in MAY_COME_AGAIN])
def test_a_refusal_for_good_ends_wins_and_rollbacks(code: OutcomeCode) -> None:
    assert status_of(Method.WIN, certain(code)) in WIN_FINAL
    assert status_of(Method.ROLLBACK, certain(code)) in ROLLBACK_FINAL


@pytest.mark.parametrize("code", sorted(MAY_COME_AGAIN))
def test_what_may_pass_later_is_repeated(code: OutcomeCode) -> None:
    assert not is_final(Method.WIN, status_of(Method.WIN, certain(code)))
    assert not is_final(Method.ROLLBACK, status_of(Method.ROLLBACK, certain(code)))


def test_low_balance_is_told_with_the_true_balance() -> None:
    adapter = an_adapter()
    call = adapter.decode(a_bet(), CREDENTIAL)

    reply = adapter.encode(call, certain(OutcomeCode.INSUFFICIENT_FUNDS, balance_micros=1_234_567))

    assert json.loads(reply.body) == {
        "user": "player-1",
        "status": "RS_ERROR_NOT_ENOUGH_MONEY",
        "request_uuid": "req-1",
        "currency": "EUR",
        "balance": 123_456,
    }


@pytest.mark.parametrize(("path", "told"), [("/user/info", True), ("/wallet/check", False), ("/user/balance", False)])
def test_who_asks_for_the_player_is_told_what_the_house_knows(path: str, told: bool) -> None:
    brand = {"operator_id": "o", "sub_partner_id": "s", "private_key": "k", "jurisdiction": "MT"}
    adapter = an_adapter(brands={"brand-1": brand})
    call = adapter.decode(signed(path, write_json({"token": TOKEN, "request_uuid": "req-1"})), CREDENTIAL)
    known = replace(certain(OutcomeCode.OK, balance_micros=1_000_000), country_code="SE")

    answer = json.loads(adapter.encode(call, known).body)
    refusal = json.loads(adapter.encode(call, replace(known, code=OutcomeCode.SESSION_EXPIRED)).body)

    assert {name: answer.get(name) for name in ("country", "jurisdiction")} == (
        {"country": "SE", "jurisdiction": "MT"} if told else {"country": None, "jurisdiction": None}
    )
    assert (answer["user"], answer["currency"], answer["balance"]) == ("player-1", "EUR", 100_000)
    assert "country" not in refusal


def test_an_answer_echoes_the_request_id_of_its_own_call() -> None:
    adapter = an_adapter()
    raw = signed("/user/balance", write_json(bet_fields(request_uuid="echo-me")))

    reply = adapter.encode(adapter.decode(raw, CREDENTIAL), certain(OutcomeCode.OK, balance_micros=0))

    assert json.loads(reply.body)["request_uuid"] == "echo-me"
    assert json.loads(reply.body)["balance"] == 0


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b'{"request_uuid": 7}', b'{"request_uuid": "r"}'])
def test_a_failure_is_rendered_whatever_the_body_is(body: bytes) -> None:
    adapter, raw = an_adapter(), signed("/transaction/bet", body)

    for error in (SignatureRefused("x"), OutcomeUnknown("x"), RoundConflict("x"), RuntimeError("x"), TimeoutError()):
        answer = json.loads(adapter.encode_error(raw, error).body)
        assert answer["status"] in STATUSES
        assert isinstance(answer["request_uuid"], str)


@pytest.mark.parametrize(
    "changes",
    [{"amount": "5"}, {"amount": -1}, {"transaction_uuid": None}, {"round": 7}, {"user": "p2"}, {"currency": "SEK"}],
)
@pytest.mark.parametrize("method", ["win", "rollback"])
def test_a_win_or_rollback_that_is_wrong_in_itself_is_ended_for_its_repeats_are_as_wrong(
    method: str, changes: dict[str, object]
) -> None:
    adapter = an_adapter()
    fields = bet_fields(reference_transaction_uuid="5e0a4f0e-0001", **changes)
    raw = signed(f"/transaction/{method}", write_json(fields | ({"is_free": "no"} if method == "rollback" else {})))

    with pytest.raises(MalformedCall) as refused:
        adapter.decode(raw, CREDENTIAL)

    status = json.loads(adapter.encode_error(raw, refused.value).body)["status"]
    assert status in (WIN_FINAL if method == "win" else ROLLBACK_FINAL)


@pytest.mark.parametrize("path", ["/transaction/bet", "/transaction/win", "/transaction/rollback", "/wallet/win"])
@pytest.mark.parametrize("error", [OutcomeUnknown("x"), TimeoutError(), RuntimeError("x"), ProviderUnavailable("x")])
def test_what_may_be_our_own_fault_comes_again(path: str, error: Exception) -> None:
    assert UNKNOWN.encode() in an_adapter().encode_error(signed(path, b"{}"), error).body


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"amount": NaN}', b"\xff"])
def test_a_bet_that_is_wrong_in_itself_is_refused_for_certain(body: bytes) -> None:
    adapter, raw = an_adapter(), signed("/transaction/bet", body)
    with pytest.raises(MalformedCall) as refused:
        adapter.decode(raw, CREDENTIAL)

    assert is_final(Method.BET, json.loads(adapter.encode_error(raw, refused.value).body)["status"])


def test_an_internal_fault_is_uncertain() -> None:
    assert UNKNOWN.encode() in an_adapter().encode_error(a_bet(), RuntimeError("boom")).body
    assert UNKNOWN.encode() in an_adapter().encode_error(a_bet(), OutcomeUnknown("lost")).body
