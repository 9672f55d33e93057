"""An uncertain reply is told by its certainty before its code, in every protocol: only so is it repeated or undone."""

from itertools import product

import pytest

from adapters.contract.ids import BrandId, PlayerId, ProviderId, TransactionId
from adapters.contract.wallet_calls import Action, ActionKind, Certainty, OutcomeCode, WalletCall, WalletReply
from adapters.evolution import codes as evolution
from adapters.evolution.wire import Method as EvolutionMethod
from adapters.hub88 import codes as hub88
from adapters.hub88.wire import Method as Hub88Method
from adapters.pragmatic import codes as pragmatic
from adapters.pragmatic.config import InternalCodes
from adapters.pragmatic.wire import Method as PragmaticMethod
from adapters.softswiss import codes as softswiss
from adapters.swipegames import codes as swipegames

DOUBT = WalletReply(Certainty.UNCERTAIN, code=OutcomeCode.UNAVAILABLE)
KINDS = (ActionKind.BET, ActionKind.WIN, ActionKind.ROLLBACK)
REPLIES = [WalletReply(Certainty.UNCERTAIN, code=code) for code in OutcomeCode]


@pytest.mark.parametrize(("reply", "method"), [*product(REPLIES, Hub88Method)])
def test_hub88(reply: WalletReply, method: Hub88Method) -> None:
    assert hub88.status_of(method, reply) == hub88.UNKNOWN


@pytest.mark.parametrize(("reply", "method"), [*product(REPLIES, EvolutionMethod)])
def test_evolution(reply: WalletReply, method: EvolutionMethod) -> None:
    assert evolution.status_of(reply, method) == evolution.TEMPORARY_ERROR


@pytest.mark.parametrize(("reply", "method"), [*product(REPLIES, PragmaticMethod)])
def test_pragmatic(reply: WalletReply, method: PragmaticMethod) -> None:
    internal = InternalCodes()

    assert pragmatic.code_of(reply, method, internal) == pragmatic.code_of(DOUBT, method, internal)
    assert pragmatic.code_of(reply, method, internal) in (internal.retry, internal.end_round_retry)


@pytest.mark.parametrize(("reply", "kind"), [*product(REPLIES, KINDS)])
def test_softswiss(reply: WalletReply, kind: ActionKind) -> None:
    call = WalletCall(BrandId("b"), PlayerId("p"), "EUR", ProviderId("x"), (Action(kind, TransactionId("t"), 1),))

    assert not softswiss.is_acknowledged(call, reply)
    assert softswiss.code_of(call, reply) is softswiss.UNCERTAIN


@pytest.mark.parametrize("reply", REPLIES)
def test_swipegames(reply: WalletReply) -> None:
    assert swipegames.refusal_of(reply) is swipegames.UNCERTAIN
