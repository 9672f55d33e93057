"""From raw bytes to the wallet's words and back, each outcome in its own class."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract.errors import AdapterError, MalformedCall, OutcomeUnknown, SignatureRefused
from adapters.contract.ids import TransactionId
from adapters.contract.wallet_calls import (
    ActionKind,
    ActionResult,
    Certainty,
    OutcomeCode,
    RawCall,
    WalletReply,
)
from adapters.swipegames.signing import canonical
from tests.unit.adapters.swipegames.calls import CREDENTIAL, SESSION_ID, a_balance, a_bet, an_adapter, fields, signed

REFUSALS = [code for code in OutcomeCode if code not in (OutcomeCode.OK, OutcomeCode.NO_EFFECT)]


def accepted(balance_micros: int | None = 1_239_999) -> WalletReply:
    result = ActionResult(OutcomeCode.OK, TransactionId("t"), "wallet-1")
    return WalletReply(Certainty.CERTAIN, (result,), balance_micros=balance_micros)


def test_a_bet_becomes_one_bet_in_a_round_of_its_game() -> None:
    call = an_adapter().decode(a_bet(), CREDENTIAL)

    assert (call.player_id, call.currency_code, call.game_id, call.token) == (
        "player-1",
        "EUR",
        "sg_comet_rush",
        "token-0001",
    )
    assert call.round_id == "sg_comet_rush:round-1"
    assert [(action.kind, action.amount_micros) for action in call.actions] == [(ActionKind.BET, 1_500_000)]
    assert not call.close_round


def test_the_same_round_id_in_two_games_is_two_rounds() -> None:
    other = SESSION_ID.replace("sg_comet_rush", "sg_lucky_kiosk")

    first = an_adapter().decode(a_bet(), CREDENTIAL)
    second = an_adapter().decode(a_bet(sessionID=other), CREDENTIAL)

    assert first.round_id != second.round_id


def test_a_free_bet_is_counted_against_its_grant_and_a_free_win_pays_nothing() -> None:
    bet = an_adapter().decode(a_bet(type="free", frID="fr-1"), CREDENTIAL).actions[0]
    tracked = an_adapter().decode(signed("/win", canonical(fields(type="free", frID="fr-1"))), CREDENTIAL).actions[0]
    final = an_adapter().decode(signed("/win", canonical(fields(frID="fr-1"))), CREDENTIAL).actions[0]

    assert (bet.grant_id, bet.amount_micros) == ("fr-1", 1_500_000)
    assert tracked.amount_micros == 0
    assert (final.kind, final.amount_micros, final.grant_id) == (ActionKind.WIN, 1_500_000, "fr-1")


def test_a_refund_undoes_a_bet_whatever_amount_it_carries() -> None:
    raw = signed("/refund", canonical(fields(origTxID="bet-1", txID="ref-1", type=None, roundID=None, amount="999")))

    action = an_adapter().decode(raw, CREDENTIAL).actions[0]

    assert (action.kind, action.reference_transaction_id, action.reference_kind) == (
        ActionKind.ROLLBACK,
        "bet-1",
        ActionKind.BET,
    )
    assert action.amount_micros == 0


def test_a_balance_is_signed_over_its_query_and_needs_a_live_session() -> None:
    call = an_adapter().decode(a_balance(), CREDENTIAL)

    assert (call.actions, call.session_required, call.player_id) == ((), True, "player-1")


@pytest.mark.parametrize(
    "raw",
    [
        replace(a_bet(), body=a_bet().body.replace(b'":', b'": ', 1)),
        replace(a_bet(), headers=()),
        replace(a_bet(), headers=(("x-request-sign", "é"),)),
        a_balance(secret=b"stranger"),
        replace(a_balance(), query="sessionID=other"),
        signed("/bet", a_bet().body, b"stranger"),
        replace(signed("/bet", b"\x00 no json"), headers=(("x-request-sign", "00"),)),
    ],
    ids=["spaces", "missing", "not_ascii", "stranger_get", "other_query", "stranger_post", "before_parsing"],
)
def test_a_signature_that_does_not_hold_is_refused(raw: RawCall) -> None:
    with pytest.raises(SignatureRefused) as refused:
        an_adapter().decode(raw, CREDENTIAL)

    assert an_adapter().encode_error(raw, refused.value).status == 401


def test_two_keys_live_during_a_rotation() -> None:
    both = replace(CREDENTIAL, secrets=(b"next", *CREDENTIAL.secrets))

    assert an_adapter().decode(a_bet(), both).token
    assert an_adapter().decode(signed("/bet", a_bet().body, b"next"), both).token
    assert an_adapter().decode(a_balance(secret=b"next"), both).token


@pytest.mark.parametrize("session_id", ["", "nonsense", "~", "t~player-1_EUR", "t~_EUR~g", "t~p_EUR~bad game"])
def test_a_session_that_is_not_ours_is_session_not_found(session_id: str) -> None:
    raw = a_balance(session_id)

    with pytest.raises(MalformedCall) as refused:
        an_adapter().decode(raw, CREDENTIAL)

    reply = an_adapter().encode_error(raw, refused.value)
    assert (reply.status, json.loads(reply.body)["code"]) == (404, "session_not_found")


def test_an_accepted_call_tells_balance_rounded_down_and_our_transaction() -> None:
    adapter = an_adapter()

    reply = adapter.encode(adapter.decode(a_bet(), CREDENTIAL), accepted())

    assert (reply.status, json.loads(reply.body)) == (200, {"balance": "1.239999", "txID": "wallet-1"})


@pytest.mark.parametrize("code", REFUSALS)
def test_a_certain_refusal_of_a_bet_is_never_500(code: OutcomeCode) -> None:
    adapter = an_adapter()

    reply = adapter.encode(adapter.decode(a_bet(), CREDENTIAL), WalletReply(Certainty.CERTAIN, code=code))

    assert 400 <= reply.status < 600
    assert reply.status != 500


@pytest.mark.parametrize("code", OutcomeCode)
def test_an_uncertain_reply_is_always_500(code: OutcomeCode) -> None:
    adapter = an_adapter()

    reply = adapter.encode(adapter.decode(a_bet(), CREDENTIAL), WalletReply(Certainty.UNCERTAIN, code=code))

    assert reply.status == (500 if code is not OutcomeCode.OK else reply.status)
    assert reply.status == 500


@pytest.mark.parametrize("code", REFUSALS)
def test_a_win_that_is_refused_is_never_told_as_paid(code: OutcomeCode) -> None:
    adapter = an_adapter()
    call = adapter.decode(signed("/win", canonical(fields())), CREDENTIAL)

    assert adapter.encode(call, WalletReply(Certainty.CERTAIN, code=code, balance_micros=5)).status != 200


@pytest.mark.parametrize("code", [OutcomeCode.ALREADY_SETTLED, OutcomeCode.ROLLED_BACK])
def test_a_refund_that_can_move_nothing_any_more_is_answered_200_so_that_it_stops(code: OutcomeCode) -> None:
    adapter = an_adapter()
    call = adapter.decode(signed("/refund", canonical(fields(origTxID="b", type=None))), CREDENTIAL)

    reply = adapter.encode(call, WalletReply(Certainty.CERTAIN, code=code, balance_micros=7_000_000))

    assert (reply.status, json.loads(reply.body)) == (200, {"balance": "7.00"})


def test_a_balance_that_is_not_known_is_never_told_as_zero() -> None:
    adapter = an_adapter()

    assert adapter.encode(adapter.decode(a_bet(), CREDENTIAL), accepted(None)).status == 500


def test_low_balance_names_its_code_and_the_true_balance() -> None:
    adapter = an_adapter()
    low = WalletReply(Certainty.CERTAIN, code=OutcomeCode.INSUFFICIENT_FUNDS, balance_micros=990_000)

    body = json.loads(adapter.encode(adapter.decode(a_bet(), CREDENTIAL), low).body)

    assert (body["code"], body["details"]) == ("insufficient_funds", "balance 0.99")


@pytest.mark.parametrize(
    ("field", "code"), [("stake_max", "bet_limit"), ("loss_day", "loss_limit"), ("session_time", "time_limit")]
)
def test_each_limit_has_its_own_code(field: str, code: str) -> None:
    adapter = an_adapter()
    reply = WalletReply(Certainty.CERTAIN, code=OutcomeCode.LIMIT_REACHED, field=field)

    assert json.loads(adapter.encode(adapter.decode(a_bet(), CREDENTIAL), reply).body)["code"] == code


def test_an_expired_session_asks_the_client_to_refresh() -> None:
    adapter = an_adapter()
    reply = WalletReply(Certainty.CERTAIN, code=OutcomeCode.SESSION_EXPIRED)

    body = json.loads(adapter.encode(adapter.decode(a_bet(), CREDENTIAL), reply).body)

    assert (body["code"], body["action"]) == ("session_expired", "refresh")


@given(st.sampled_from([RuntimeError("x"), TimeoutError(), OutcomeUnknown("x")]), st.binary(max_size=40))
def test_an_internal_fault_is_500_whatever_the_body_is(error: Exception, body: bytes) -> None:
    assert an_adapter().encode_error(signed("/bet", body), error).status == 500


BAD_QUERIES = ["sessionID=a&sessionID=b", "%ff=1&sessionID=%ff", "&".join(f"a{n}=1" for n in range(99))]


@pytest.mark.parametrize("query", BAD_QUERIES)
def test_a_query_that_is_ambiguous_or_broken_is_refused(query: str) -> None:
    with pytest.raises(AdapterError):
        an_adapter().decode(replace(a_balance(), query=query), CREDENTIAL)
