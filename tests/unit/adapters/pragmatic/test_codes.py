import pytest

from adapters.contract import errors
from adapters.contract.ids import BrandId, PlayerId, ProviderId, TransactionId
from adapters.contract.wallet_calls import ActionResult, Certainty, OutcomeCode, RawCall, WalletCall, WalletReply
from adapters.pragmatic.adapter import create_adapter
from adapters.pragmatic.codes import KNOWN_OUTCOMES
from adapters.pragmatic.wire import Method
from tests.support.pragmatic_replies import checked

ADAPTER = create_adapter({})
REFUSALS = [code for code in OutcomeCode if code not in (OutcomeCode.OK, OutcomeCode.NO_EFFECT)]
MONEY_METHODS = [m for m in Method if m not in (Method.SESSION_EXPIRED, Method.BALANCE_PER_GAME, Method.AUTHENTICATE)]


def call(method: Method) -> WalletCall:
    return WalletCall(BrandId("brand"), PlayerId("ann"), "EUR", ProviderId("pragmatic"), facts={"method": method.value})


def reply(code: OutcomeCode, certainty: Certainty = Certainty.CERTAIN, field: str = "") -> WalletReply:
    result = ActionResult(code, TransactionId("b1"), "w1", bonus_micros=250_000)
    return WalletReply(certainty, (result,), code, balance_micros=12_349_999, bonus_micros=345_678, field=field)


def error_of(method: Method, code: OutcomeCode, certainty: Certainty = Certainty.CERTAIN, field: str = "") -> int:
    return int(checked(ADAPTER.encode(call(method), reply(code, certainty, field)), method.value)["error"])


def test_every_outcome_of_the_contract_has_a_number() -> None:
    assert frozenset(REFUSALS) == KNOWN_OUTCOMES


@pytest.mark.parametrize("code", REFUSALS)
def test_w15_a_certain_refusal_of_a_bet_is_never_a_number_that_is_repeated_or_refunded(code: OutcomeCode) -> None:
    assert error_of(Method.BET, code) not in (0, 100, 130)


@pytest.mark.parametrize("method", MONEY_METHODS)
@pytest.mark.parametrize("code", list(OutcomeCode))
def test_w15_an_uncertain_answer_is_always_the_retry_number(method: Method, code: OutcomeCode) -> None:
    expected = 130 if method is Method.END_ROUND else 100

    assert error_of(method, code, Certainty.UNCERTAIN) == expected


@pytest.mark.parametrize("method", [Method.RESULT, Method.REFUND, Method.BONUS_WIN, Method.PROMO_WIN, Method.END_ROUND])
def test_what_is_no_bet_comes_again_when_the_wallet_is_closed(method: Method) -> None:
    assert error_of(method, OutcomeCode.UNAVAILABLE) == 100


@pytest.mark.parametrize(
    ("method", "code", "number"),
    [
        (Method.BET, OutcomeCode.INSUFFICIENT_FUNDS, 1),
        (Method.BET, OutcomeCode.PLAYER_NOT_FOUND, 2),
        (Method.BET, OutcomeCode.CURRENCY_MISMATCH, 3),
        (Method.BET, OutcomeCode.SESSION_EXPIRED, 4),
        (Method.AUTHENTICATE, OutcomeCode.SESSION_NOT_FOUND, 4),
        (Method.BET, OutcomeCode.PLAYER_BLOCKED, 6),
        (Method.BET, OutcomeCode.KEY_REUSED, 7),
        (Method.BET, OutcomeCode.GAME_NOT_ENABLED, 8),
        (Method.BET, OutcomeCode.LIMIT_REACHED, 50),
        (Method.BET, OutcomeCode.LIMIT_WARNING, 210),
        (Method.RESULT, OutcomeCode.BET_NOT_FOUND, 120),
        (Method.REFUND, OutcomeCode.ALREADY_SETTLED, 120),
        (Method.BET, OutcomeCode.ROLLED_BACK, 120),
        (Method.END_ROUND, OutcomeCode.BET_NOT_FOUND, 130),
    ],
)
def test_the_numbers_of_the_table(method: Method, code: OutcomeCode, number: int) -> None:
    assert error_of(method, code) == number


def test_w06_the_refund_of_a_bet_that_was_never_seen_is_a_success() -> None:
    done = WalletReply(Certainty.CERTAIN, (ActionResult(OutcomeCode.NO_EFFECT, TransactionId("b1")),), balance_micros=1)

    assert checked(ADAPTER.encode(call(Method.REFUND), done), "refund")["error"] == 0


def test_a_stake_beyond_the_limit_is_out_of_limits() -> None:
    assert error_of(Method.BET, OutcomeCode.LIMIT_REACHED, field="stake") == 310


def test_the_internal_numbers_are_configuration() -> None:
    adapter = create_adapter({"internal_codes": {"retry": 100, "final": 101, "end_round_retry": 102}})

    body = checked(adapter.encode(call(Method.RESULT), reply(OutcomeCode.BET_NOT_FOUND)), "result")

    assert body["error"] == 101


def test_w14_w18_funds_are_told_with_the_true_balance_split_and_rounded_down() -> None:
    body = checked(ADAPTER.encode(call(Method.BET), reply(OutcomeCode.INSUFFICIENT_FUNDS)), "bet")

    assert (body["cash"], body["bonus"], body["currency"]) == (12.0, 0.34, "EUR")


@pytest.mark.parametrize("method", list(Method))
def test_an_accepted_call_has_exactly_the_fields_of_its_method(method: Method) -> None:
    body = checked(ADAPTER.encode(call(method), reply(OutcomeCode.OK)), method.value)

    assert (body["error"], body["description"]) == (0, "Success")
    if method is Method.BET:
        assert set(body) == {
            "bonus", "cash", "currency", "description", "error", "transactionId", "usedPromo",
        }  # fmt: skip
        assert body["usedPromo"] == 0.25


def test_an_accepted_call_without_a_known_balance_is_uncertain() -> None:
    done = WalletReply(Certainty.CERTAIN, (ActionResult(OutcomeCode.OK, TransactionId("b1"), "w1"),))

    assert checked(ADAPTER.encode(call(Method.BET), done), "bet")["error"] == 100


@pytest.mark.parametrize(
    ("error", "number"),
    [
        (errors.SignatureRefused("wrong"), 5),
        (errors.SignatureRefused("a stale key"), 5),
        (errors.MalformedCall("x"), 7),
        (errors.MalformedCall("x", field="token"), 4),
        (errors.MalformedCall("x", field="userId"), 2),
        (errors.GameNotFound("x"), 8),
        (errors.InvalidCall("x"), 7),
        (errors.ProviderUnavailable("x"), 100),
        (errors.DeadlinePassed("x"), 100),
        (errors.OutcomeUnknown("x"), 100),
        (TimeoutError(), 100),
        (RuntimeError("x"), 100),
    ],
)
def test_w15_a_failure_around_decode_keeps_its_class(error: Exception, number: int) -> None:
    raw = RawCall("POST", "/brand/bet.html", "", (), b"")

    assert checked(ADAPTER.encode_error(raw, error), "bet")["error"] == number
