"""The control API of the mock operator's wallet: how a provider's people make it answer wrongly."""

from collections.abc import Awaitable, Callable

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.contract.wallet_calls import OutcomeCode
from adapters.mocks.faults import Fault, checked_fault
from adapters.mocks.operator import OperatorMock
from adapters.mocks.play_wallet import Flaw
from adapters.mocks.refusals import answered
from adapters.mocks.words import Word, micros_of


class WalletWords(Word):
    """How the wallet behaves from now on; what is missing stays as it is."""

    flaws: set[Flaw] | None = None
    """Mistakes that real wallets make; an empty list makes it right again."""
    refuse_with: OutcomeCode | None = None
    """Every call is refused with this; ``ok`` ends it, ``unavailable`` is the uncertain one."""
    disabled_games: set[str] | None = None
    block: list[str] = Field(default_factory=list)
    expire: list[str] = Field(default_factory=list)
    """Players whose tokens expire."""
    balances: dict[str, str] = Field(default_factory=dict)


def change_wallet(operator: OperatorMock, words: WalletWords) -> dict[str, object]:
    """Change how the wallet behaves, and say how it does; raises ``ValueError``."""
    wallet = operator.wallet
    try:
        for player_id in words.block:
            wallet.player(player_id).blocked = True
        for player_id in words.expire:
            wallet.expire_tokens(player_id)
        for player_id, balance in words.balances.items():
            wallet.player(player_id).balance_micros = micros_of(balance)
    except KeyError as unknown:
        raise ValueError(f"no such player: {unknown}") from unknown
    if words.flaws is not None:
        wallet.flaws = words.flaws
    if words.refuse_with is not None:
        wallet.refuse_with = None if words.refuse_with is OutcomeCode.OK else words.refuse_with
    if words.disabled_games is not None:
        wallet.disabled_games = words.disabled_games
    return {
        "flaws": sorted(wallet.flaws),
        "refuse_with": wallet.refuse_with,
        "disabled_games": sorted(wallet.disabled_games),
        "faults": operator.faults.listed(),
    }


def wallet_control_routes(mount: str, operator: OperatorMock) -> list[Route]:
    """Return the routes below ``mount``: PUT for behaviour, faults, and the journal."""

    async def change(request: Request) -> object:
        return change_wallet(operator, WalletWords.model_validate_json(await request.body() or b"{}"))

    async def add_fault(request: Request) -> object:
        fault = Fault.model_validate_json(await request.body())
        return {"fault_id": operator.faults.add(checked_fault(fault, of_wallet=True))}

    async def clear_faults(request: Request) -> object:
        operator.faults.clear()
        return {"removed": True}

    async def journal(request: Request) -> object:
        entries = operator.journal.find(dict(request.query_params))
        return {"entries": [entry.as_dict() for entry in entries]}

    return [
        Route(mount, _endpoint(change), methods=["PUT"]),
        Route(f"{mount}/faults", _endpoint(add_fault), methods=["POST"]),
        Route(f"{mount}/faults", _endpoint(clear_faults), methods=["DELETE"]),
        Route(f"{mount}/journal", _endpoint(journal), methods=["GET"]),
    ]


def _endpoint(handler: Callable[[Request], Awaitable[object]]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return await answered(lambda: handler(request))

    return answer
