"""The use case behind a provider's wallet call, whatever its dialect: who plays, may they bet, then the wallet.

Only bets are held against session and catalogue: wins, rollbacks, jackpots and promo wins are accepted under an
expired, rotated or closed session, for a blocked player and for a game that is switched off (W11). A bet is refused by
the wallet, which stores that under its key, and never here: another try of it may be on its way at any process. So one
that was answered before is answered the same way again, and one that was refused is never booked. A batch that repeats
a booked bet beside a new one is answered uncertain.
"""

from dataclasses import replace

from adapters.contract.ids import GameId, SessionId, is_valid_id
from adapters.contract.manifest import Manifest
from adapters.contract.wallet_calls import (
    Action,
    ActionKind,
    OutcomeCode,
    WalletCall,
    WalletReply,
)
from gateway.rounds.free_bets import GrantBook, apply_under_grants
from gateway.rounds.ports import AdapterRegistry, Clock, GameCatalogue, PlayerSession, SessionLookup, WalletPort
from gateway.rounds.wallet_replies import refused, uncertain


class AdapterNotMounted(LookupError):
    """No adapter of this process has the id: the caller is miscomposed."""


class HandleWalletCall:
    """Answers the wallet calls of provider-driven rounds."""

    def __init__(
        self,
        registry: AdapterRegistry,
        catalogue: GameCatalogue,
        sessions: SessionLookup,
        wallet: WalletPort,
        clock: Clock,
        grants: GrantBook | None = None,
    ) -> None:
        self._registry = registry
        self._catalogue = catalogue
        self._sessions = sessions
        self._wallet = wallet
        self._clock = clock
        self._grants = grants

    async def __call__(self, adapter_id: str, call: WalletCall) -> WalletReply:
        """Answer the call; business refusals are in the reply, an exception means that nothing can be said."""
        manifest = self._registry.manifest_of(adapter_id)
        if manifest is None:
            raise AdapterNotMounted(adapter_id)
        session = await self._session_of(call, manifest)
        names_game = call.game_id is not None
        call = _completed(call, manifest, session)
        if call.game_id is not None and not is_valid_id(call.game_id):
            return refused(call, OutcomeCode.INVALID, "game_id")
        if not (call.player_id and call.currency_code):
            return refused(call, OutcomeCode.SESSION_NOT_FOUND)
        code, reason = self._objection(call, session)
        if code is not None and _bets(call):
            reply = await self._entered(replace(call, refuse_new_bets=code))
            if reply.code is OutcomeCode.KEY_REUSED and reply.field == "game_id" and not names_game:
                return uncertain(call, "the session no longer tells the game of the bet, so it cannot be compared")
            if reply.code is not code:
                return reply
        if code is not None:
            return await self._with_balance(refused(call, code, reason=reason), call, session)
        reply = await self._entered(call)
        if call.session_required and session is not None:
            return replace(reply, country_code=session.country_code)
        return reply

    async def _entered(self, call: WalletCall) -> WalletReply:
        if any(action.grant_id for action in call.actions):
            return await apply_under_grants(self._grants, call, self._applied)
        return await self._applied(call)

    async def _applied(self, call: WalletCall) -> WalletReply:
        reply = await self._wallet.apply(call)
        if reply.code is OutcomeCode.INVALID and reply.field == "demo":
            return await self._wallet.apply(replace(call, demo=not call.demo))
        return reply

    async def _session_of(self, call: WalletCall, manifest: Manifest) -> PlayerSession | None:
        """Find the session that the call names; a provider that names none means the player's open one."""
        if call.token:
            return await self._sessions.by_token(call.token)
        if call.session_id:
            return await self._sessions.by_id(call.brand_id, call.session_id)
        if _bets(call) or call.session_required:
            return await self._sessions.open_of_player(call.brand_id, call.player_id, manifest.provider_id)
        return None

    def _objection(self, call: WalletCall, session: PlayerSession | None) -> tuple[OutcomeCode | None, str]:
        """Say why a bet, or a call that asks for a session, may not be: code and reason."""
        bets = _bets(call)
        if not bets and not call.session_required:
            return None, ""
        code = self._session_code(call, session)
        if code is not None or not bets:
            return code, ""
        reason = self._why_not(call, session)
        return (OutcomeCode.GAME_NOT_ENABLED if reason else None), reason

    def _session_code(self, call: WalletCall, session: PlayerSession | None) -> OutcomeCode | None:
        if session is None or session.brand_id != call.brand_id or session.player_id != call.player_id:
            return OutcomeCode.SESSION_NOT_FOUND
        if session.closed or session.expire_time_ms <= self._clock.now_ms():
            return OutcomeCode.SESSION_EXPIRED
        if session.currency_code != call.currency_code:
            return OutcomeCode.CURRENCY_MISMATCH
        return None

    def _why_not(self, call: WalletCall, session: PlayerSession | None) -> str:
        country_code = "" if session is None else session.country_code
        game = None if call.game_id is None else self._catalogue.find(call.game_id)
        if game is not None:
            return self._catalogue.why_not(game, call.brand_id, country_code) or ""
        return self._catalogue.why_not_provider(call.provider_id, call.brand_id) or ""

    async def _with_balance(self, reply: WalletReply, call: WalletCall, session: PlayerSession | None) -> WalletReply:
        """Tell the true balance with the refusal, where the session proves that the caller may know it (W14)."""
        if session is None or session.brand_id != call.brand_id or session.player_id != call.player_id:
            return reply
        balance = await self._wallet.get_balance(session.account)
        if balance is None:
            return reply
        return replace(reply, balance_micros=balance.balance_micros, bonus_micros=balance.bonus_micros)


def _bets(call: WalletCall) -> tuple[Action, ...]:
    return tuple(action for action in call.actions if action.kind is ActionKind.BET)


def _completed(call: WalletCall, manifest: Manifest, session: PlayerSession | None) -> WalletCall:
    """Fill in what the protocol leaves out; a provider's ids live under its own name whatever its call says."""
    game_id = call.game_id
    if game_id is not None:
        game_id = GameId(f"{manifest.provider_id}:{game_id}")
    elif call.round_id is not None and session is not None:
        game_id = GameId(session.game_id)
    known = session is not None and session.brand_id == call.brand_id
    if session is None or not known:
        return replace(call, provider_id=manifest.provider_id, game_id=game_id)
    return replace(
        call,
        provider_id=manifest.provider_id,
        game_id=game_id,
        player_id=call.player_id or session.player_id,
        currency_code=call.currency_code or session.currency_code,
        session_id=SessionId(session.session_id),
        demo=session.demo,
    )
