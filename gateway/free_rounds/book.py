"""Which of our grants a wallet call means, remembered for a short while; and the wins under it."""

from adapters.contract.wallet_calls import Action, WalletCall
from gateway.free_rounds.ports import FreeRoundsStore
from gateway.free_rounds.records import GrantWin
from gateway.rounds.free_bets import FoundGrant
from gateway.rounds.ports import Clock

_KEPT_MAX = 10_000


class FreeRoundsBook:
    """``GrantBook`` on the store. What a provider calls a grant never changes, so it may be remembered."""

    def __init__(self, store: FreeRoundsStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._known: dict[tuple[str, str, str], FoundGrant] = {}

    async def find(self, call: WalletCall, call_grant_id: str) -> FoundGrant | None:
        """Return the grant; one that is not confirmed yet may be any that the provider names."""
        key = (call.brand_id, call.provider_id, call_grant_id)
        known = self._known.get(key)
        if known is not None:
            return known
        stored = await self._store.of_provider(*key)
        if stored is not None:
            return self._remembered(key, FoundGrant(stored.grant_id))
        if await self._store.open_of_player(call.brand_id, call.provider_id, call.player_id):
            return FoundGrant()
        return None

    async def won(self, call: WalletCall, action: Action, grant_id: str) -> None:
        """Count a win, once per key."""
        win = GrantWin(
            call.brand_id,
            call.provider_id,
            action.kind.value,
            action.transaction_id,
            grant_id,
            action.amount_micros,
            self._clock.now_ms(),
        )
        await self._store.add_win(win)

    def _remembered(self, key: tuple[str, str, str], found: FoundGrant) -> FoundGrant:
        self._known[key] = found
        if len(self._known) > _KEPT_MAX:
            del self._known[next(iter(self._known))]
        return found
