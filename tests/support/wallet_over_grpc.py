"""The wallet as a client over gRPC sees it, in the words of ``wallet_load``: a broken call is an uncertain answer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc.aio
from reelgate.wallet.v1 import wallet_service_pb2 as pb
from reelgate.wallet.v1 import wallet_service_pb2_grpc as pb_grpc

from protos.wire.failures import Failure, failure_of
from tests.support.wallet_load import Apply
from wallet.ledger.kinds import Certainty, OutcomeCode
from wallet.ledger.types import Action, ActionResult, Command, Reply

UNCERTAIN = Reply(Certainty.UNCERTAIN, code=OutcomeCode.UNAVAILABLE)
CHANNEL_OPTIONS = (
    ("grpc.initial_reconnect_backoff_ms", 10),
    ("grpc.min_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 50),
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.enable_retries", 0),
)
_OUTCOMES = {pb.ACTION_OUTCOME_OK: OutcomeCode.OK, pb.ACTION_OUTCOME_NO_EFFECT: OutcomeCode.NO_EFFECT}
_CODES = {code.name: code for code in OutcomeCode} | {"IDEMPOTENCY_KEY_REUSED": OutcomeCode.KEY_REUSED}


def request_of(command: Command) -> pb.ApplyRequest:
    """Return a command as a request."""
    return pb.ApplyRequest(
        account=pb.AccountRef(
            brand_id=command.brand_id, player_id=command.player_id, currency_code=command.currency_code
        ),
        provider_id=command.provider_id,
        actions=map(_action, command.actions),
        round_id=command.round_id,
        game_id=command.game_id,
        close_round=command.close_round,
        one_unit=command.one_unit,
        exclusive_game=command.exclusive_game,
    )


def _kind(name: str) -> Any:
    return pb.ActionKind.Value(f"ACTION_KIND_{name}")


def _action(action: Action) -> pb.Action:
    return pb.Action(
        kind=_kind(action.kind.name),
        transaction_id=action.transaction_id,
        amount_micros=action.amount_micros,
        reference_transaction_id=action.reference_transaction_id,
        reference_kind=_kind(action.reference_kind.name) if action.reference_kind else 0,  # type: ignore[arg-type]  # an enum's number
        detail=action.detail,
    )


def reply_of(command: Command, response: pb.ApplyResponse) -> Reply:
    """Return an accepted answer."""
    results = tuple(
        ActionResult(
            kind=_kind_of(command, result.transaction_id, place),
            transaction_id=result.transaction_id,
            code=_OUTCOMES[result.outcome],
            replayed=result.replayed,
            wallet_transaction_id=result.wallet_transaction_id,
            amount_micros=result.amount_micros,
            balance_micros=result.balance_micros,
        )
        for place, result in enumerate(response.results)
    )
    return Reply(Certainty.CERTAIN, results=results, balance_micros=response.balance.micros)


def _kind_of(command: Command, transaction_id: str, place: int) -> Any:
    actions = command.actions
    assert actions[place].transaction_id == transaction_id, "the results are not in the order of the actions"
    return actions[place].kind.value


def refusal_of(command: Command, failure: Failure) -> Reply:
    """Return a refusal: certain when the wallet itself said so and had decided, else uncertain."""
    code = _CODES.get(failure.reason.removeprefix("ERROR_REASON_"))
    if not failure.reason or not failure.certain or code is None:
        return UNCERTAIN
    index = int(failure.metadata.get("action_index", "0"))
    refused = command.actions[index]
    result = ActionResult(kind=refused.kind.value, transaction_id=refused.transaction_id, code=code)
    return Reply(Certainty.CERTAIN, code=code, results=(result,))


@asynccontextmanager
async def grpc_wallet(address: str, timeout_s: float) -> AsyncIterator[Apply]:
    """Connect; yield what sends a command."""
    async with grpc.aio.insecure_channel(address, options=CHANNEL_OPTIONS) as channel:
        stub: Any = pb_grpc.WalletServiceStub(channel)

        async def apply(command: Command) -> Reply:
            try:
                return reply_of(command, await stub.Apply(request_of(command), timeout=timeout_s))
            except grpc.aio.AioRpcError as error:
                return refusal_of(command, failure_of(error))

        yield apply
