from dataclasses import replace

import pytest

from adapters.contract import errors
from adapters.contract.ids import BrandId, PlayerId, ProviderId, TransactionId
from adapters.contract.wallet_calls import (
    Action,
    ActionKind,
    ActionResult,
    Certainty,
    OutcomeCode,
    RawCall,
    WalletCall,
    WalletReply,
)
from adapters.softswiss.a8r.adapter import create_adapter as create_a8r
from adapters.softswiss.adapter import create_adapter
from adapters.softswiss.codes import CODES
from tests.support.softswiss_replies import checked

GCP, A8R = create_adapter({}), create_a8r({})
REFUSALS = [code for code in OutcomeCode if code not in (OutcomeCode.OK, OutcomeCode.NO_EFFECT)]
EMPTY = RawCall("POST", "/brand/play", "", (), b"")


def bet_call(kind: ActionKind = ActionKind.BET) -> WalletCall:
    return WalletCall(
        brand_id=BrandId("brand"),
        player_id=PlayerId("ann"),
        currency_code="EUR",
        provider_id=ProviderId("softswiss"),
        actions=(Action(kind, TransactionId("a1"), 1_000_000),),
        facts={"method": "play", "exponent": "2", "game_id": "r1"},
    )


def refused(code: OutcomeCode, certainty: Certainty = Certainty.CERTAIN, field: str = "") -> WalletReply:
    result = ActionResult(code, TransactionId("a1"), field=field)
    return WalletReply(certainty, (result,), code, balance_micros=12_345_678, field=field)


def test_every_outcome_of_the_contract_has_a_number() -> None:
    assert set(CODES) == set(REFUSALS)


@pytest.mark.parametrize("code", [code for code in REFUSALS if code is not OutcomeCode.ROLLED_BACK])
def test_w15_a_certain_refusal_is_never_a_server_error_in_both_versions(code: OutcomeCode) -> None:
    gcp = GCP.encode(bet_call(), refused(code))
    a8r = A8R.encode(bet_call(), refused(code))

    assert 400 <= gcp.status < 500
    assert a8r.status < 500 or code is OutcomeCode.BET_NOT_FOUND
    assert checked(gcp, "gcp")["code"] == CODES[code].code
    assert checked(a8r, "a8r")["meta"]["api_code"] == str(CODES[code].code)


@pytest.mark.parametrize("code", list(OutcomeCode))
def test_w15_an_uncertain_answer_is_always_a_server_error(code: OutcomeCode) -> None:
    reply = refused(code, Certainty.UNCERTAIN)

    assert checked(GCP.encode(bet_call(), reply), "gcp")["code"] == 500
    assert GCP.encode(bet_call(), reply).status == A8R.encode(bet_call(), reply).status == 500


def test_w14_insufficient_funds_carries_the_true_balance_rounded_down() -> None:
    reply = GCP.encode(bet_call(), refused(OutcomeCode.INSUFFICIENT_FUNDS))

    assert (reply.status, checked(reply, "gcp")) == (
        412,
        {"code": 100, "message": "Not enough funds", "balance": 1234},
    )


def test_w14_a_balance_that_is_not_known_is_left_out() -> None:
    reply = WalletReply(Certainty.CERTAIN, code=OutcomeCode.PLAYER_NOT_FOUND)

    assert "balance" not in checked(GCP.encode(bet_call(), reply), "gcp")


def test_an_accepted_call_without_a_known_balance_is_uncertain() -> None:
    reply = WalletReply(Certainty.CERTAIN, (ActionResult(OutcomeCode.OK, TransactionId("a1"), "w1"),))

    assert GCP.encode(bet_call(), reply).status == 500


def test_the_stake_limit_has_a_number_of_its_own() -> None:
    reply = GCP.encode(bet_call(), refused(OutcomeCode.LIMIT_REACHED, field="stake"))

    assert checked(reply, "gcp")["code"] == 106


@pytest.mark.parametrize("kind", [ActionKind.WIN, ActionKind.ROLLBACK, ActionKind.PROMO_WIN])
def test_what_is_no_bet_comes_again_when_the_wallet_is_closed(kind: ActionKind) -> None:
    assert GCP.encode(bet_call(kind), refused(OutcomeCode.UNAVAILABLE)).status == 500


@pytest.mark.parametrize("code", REFUSALS)
def test_a_question_for_the_balance_is_refused_in_kind_too(code: OutcomeCode) -> None:
    asked = replace(bet_call(), actions=())
    reply = WalletReply(Certainty.CERTAIN, (), code)

    for adapter, version in ((GCP, "gcp"), (A8R, "a8r")):
        assert adapter.encode(asked, reply).status >= 400
        checked(adapter.encode(asked, reply), version)


BET, WIN, ROLLBACK = ActionKind.BET, ActionKind.WIN, ActionKind.ROLLBACK
DEAD, SOUND, SETTLED = OutcomeCode.ROLLED_BACK, OutcomeCode.BATCH_REFUSED, OutcomeCode.ALREADY_SETTLED


@pytest.mark.parametrize(
    ("pairs", "status"),
    [
        (((BET, DEAD),), 200),
        (((WIN, DEAD),), 200),
        (((BET, DEAD), (WIN, DEAD)), 200),
        (((BET, DEAD), (WIN, SOUND)), 200),
        (((BET, DEAD), (BET, SOUND)), 400),
        (((WIN, SOUND), (BET, DEAD)), 400),
        (((WIN, DEAD), (WIN, SOUND)), 400),
        (((ROLLBACK, SOUND), (ROLLBACK, SETTLED)), 200),
        (((ROLLBACK, SOUND), (ROLLBACK, SOUND), (ROLLBACK, SETTLED), (ROLLBACK, SOUND)), 400),
    ],
)
def test_what_is_dead_is_acknowledged_but_nothing_sound_is_lost_beside_it(
    pairs: tuple[tuple[ActionKind, OutcomeCode], ...], status: int
) -> None:
    call = bet_call()
    ids = [TransactionId(f"a{place}") for place in range(len(pairs))]
    actions = tuple(Action(kind, name, 1) for (kind, _), name in zip(pairs, ids, strict=True))
    results = tuple(ActionResult(code, name) for (_, code), name in zip(pairs, ids, strict=True))
    first = next(code for _, code in pairs if code is not SOUND)

    reply = WalletReply(Certainty.CERTAIN, results, first, balance_micros=5_000_000)
    answer = GCP.encode(replace(call, actions=actions), reply)

    assert answer.status == status
    if status == 200:
        body = checked(answer, "gcp")
        assert {item["tx_id"] for item in body["transactions"]} == {""}
        assert len(body["transactions"]) == (1 if pairs[0][0] is ROLLBACK else len(pairs))


@pytest.mark.parametrize(("field", "reference", "status"), [("round_id", None, 200), ("transaction_id", None, 400),
                                                            ("round_id", TransactionId("b2"), 400)])  # fmt: skip
def test_w06_the_wins_of_a_dead_round_go_together_but_for_one_that_names_a_bet(
    field: str, reference: TransactionId | None, status: int
) -> None:
    wins = (Action(WIN, TransactionId("w1"), 1), Action(WIN, TransactionId("w2"), 1, reference))
    results = (ActionResult(DEAD, TransactionId("w1"), field=field), ActionResult(SOUND, TransactionId("w2")))
    reply = WalletReply(Certainty.CERTAIN, results, DEAD, balance_micros=5_000_000, field=field)

    assert GCP.encode(replace(bet_call(), actions=wins), reply).status == status


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.SignatureRefused("x"), 403),
        (errors.MalformedCall("x"), 400),
        (errors.MalformedCall("x", field="user_id"), 412),
        (errors.InvalidCall("x"), 400),
        (errors.GameNotFound("x"), 412),
        (errors.ProviderUnavailable("x"), 412),
        (errors.CapabilityNotSupported("x"), 400),
        (errors.DeadlinePassed("x"), 504),
        (errors.OutcomeUnknown("x"), 500),
        (RuntimeError("x"), 500),
    ],
)
def test_w15_a_failure_around_decode_keeps_its_class(error: Exception, status: int) -> None:
    gcp, a8r = GCP.encode_error(EMPTY, error), A8R.encode_error(EMPTY, error)

    assert gcp.status == status
    assert (a8r.status >= 500) is (status >= 500)
    checked(gcp, "gcp")
    checked(a8r, "a8r")
