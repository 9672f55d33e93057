"""Free bets: which of our grants a provider's wallet call means, and what the wallet must know of a grant."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Protocol

from adapters.contract.ids import GrantId
from adapters.contract.wallet_calls import (
    Action,
    ActionKind,
    OutcomeCode,
    WalletCall,
    WalletReply,
)
from gateway.rounds.wallet_replies import uncertain

FREE_BETS_AUTHOR = "free-rounds"
"""Under this name the ledger keeps that the gateway gave or ended a grant, as the brand's operator asked."""


@dataclass(frozen=True, slots=True)
class FreeBets:
    """What the wallet must know of a grant: free bets of one player, on these games, and no more of them."""

    brand_id: str
    player_id: str
    currency_code: str
    grant_id: str
    provider_id: str
    game_ids: tuple[str, ...]
    stake_micros: int
    count: int
    expire_time_ms: int


class FreeBetLedger(Protocol):
    """The wallet's side of a grant."""

    async def set_free_bets(self, free_bets: FreeBets, *, cancelled: bool = False) -> int:
        """Make sure that the grant is there (or that it has ended); returns how many bets were placed under it.

        Raises ``PlayerNotFound``, ``IdempotencyKeyReused`` for other terms, ``WalletUnavailable``.
        """
        ...


@dataclass(frozen=True, slots=True)
class FoundGrant:
    """What is known of the id by which a call names a grant; without ``grant_id`` it may yet turn out to be ours."""

    grant_id: str = ""


class GrantBook(Protocol):
    """Finds our grants by what providers call them, and counts what is won under them."""

    async def find(self, call: WalletCall, call_grant_id: str) -> FoundGrant | None:
        """Return the grant; ``None``: it is certainly none that was granted through this gateway."""
        ...

    async def won(self, call: WalletCall, action: Action, grant_id: str) -> None:
        """Count a win that the wallet has booked, once per key."""
        ...


Apply = Callable[[WalletCall], Awaitable[WalletReply]]


async def apply_under_grants(book: GrantBook | None, call: WalletCall, apply: Apply) -> WalletReply:
    """Apply a call that names grants: under our ids of them, and counting what was won.

    The wallet gets the grant with bets alone: of anything else it is no part, nor of the fingerprint. Wins count before
    the provider is answered, so a lost answer brings a repeat, and the repeat counts what a crash left out.
    """
    found: dict[str, FoundGrant | None] = {}
    for action in call.actions:
        if action.grant_id and action.grant_id not in found:
            found[action.grant_id] = None if book is None else await book.find(call, action.grant_id)
    bets = [action for action in call.actions if action.grant_id and action.kind is ActionKind.BET]
    if any(_not_certain(found[str(bet.grant_id)]) for bet in bets):
        return uncertain(call, "the grant of the free bet is not confirmed yet")
    reply = await apply(replace(call, actions=tuple(_ours(action, found) for action in call.actions)))
    for action, result in zip(call.actions, reply.results, strict=False):
        grant = found.get(str(action.grant_id)) if action.grant_id and action.kind is not ActionKind.BET else None
        if book is not None and grant is not None and grant.grant_id and result.code is OutcomeCode.OK:
            await book.won(call, action, grant.grant_id)
    return reply


def _not_certain(grant: FoundGrant | None) -> bool:
    return grant is not None and not grant.grant_id


def _ours(action: Action, found: dict[str, FoundGrant | None]) -> Action:
    if not action.grant_id:
        return action
    if action.kind is not ActionKind.BET:
        return replace(action, grant_id=None)
    grant = found[action.grant_id]
    return action if grant is None else replace(action, grant_id=GrantId(grant.grant_id))
