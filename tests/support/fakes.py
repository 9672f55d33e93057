"""Fakes of everything that the gateway's use cases see: clock, ids, wallet, adapters, catalogue, sessions."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from adapters.contract.adapter import ProviderAdapter
from adapters.contract.deadline import Deadline
from adapters.contract.errors import AdapterError
from adapters.contract.games import Game, Page, PageRequest
from adapters.contract.ids import AdapterId, RoundId, TransactionId
from adapters.contract.manifest import Manifest, Readiness
from adapters.contract.money import Money
from adapters.contract.rounds import CancelCause, RoundReport, RoundStatus, SpinOutcome, SpinRequest
from adapters.contract.wallet_calls import (
    Action,
    ActionKind,
    ActionResult,
    Certainty,
    OutcomeCode,
    WalletCall,
    WalletReply,
)
from gateway.errors import IdempotencyKeyReused, PlayerNotFound
from gateway.rounds.free_bets import FreeBets
from gateway.rounds.ports import (
    AccountRef,
    Balance,
    CatalogueGame,
    PlayerSession,
    RoundEvent,
    RoundPage,
    RoundRef,
    TransactionPage,
    WalletRound,
    WalletTransaction,
)


@dataclass
class FakeClock:
    """A clock that stands still until a test moves it."""

    time_ms: int = 1_700_000_000_000
    slept_s: list[float] = field(default_factory=list)

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        return self.time_ms

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return self.time_ms / 1000

    async def sleep(self, seconds: float) -> None:
        """Pass the time at once."""
        self.slept_s.append(seconds)
        self.time_ms += int(seconds * 1000)
        await asyncio.sleep(0)

    def pass_ms(self, milliseconds: int) -> None:
        """Move time on."""
        self.time_ms += milliseconds


class FakeIds:
    """Tokens and ids that count."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def token(self) -> str:
        """Return the next token."""
        return f"token-{next(self._numbers)}"

    def unique_id(self) -> str:
        """Return the next id."""
        return f"id-{next(self._numbers)}"


class FakeWallet:
    """A small wallet in memory: keys, replays, conflicts, tombstones, rounds; enough to prove the gateway's rules.

    ``fail_next`` makes the next ``apply`` uncertain, before or after it took effect.
    """

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.balances: dict[AccountRef, int] = {}
        self.rows: dict[tuple[str, str, ActionKind, str], WalletTransaction] = {}
        self.units: dict[tuple[str, str, ActionKind, str], tuple[ActionResult, ...]] = {}
        self.rounds: dict[RoundRef, WalletRound] = {}
        self.notes: dict[RoundRef, list[RoundEvent]] = {}
        self.calls: list[WalletCall] = []
        self.fail_next = ""
        self.grants: dict[str, FreeBets] = {}
        self.cancelled_grants: set[str] = set()
        self.round_closed = asyncio.Event()

    def fund(self, account: AccountRef, micros: int) -> None:
        """Give a player money."""
        self.balances[account] = self.balances.get(account, 0) + micros

    async def apply(self, call: WalletCall) -> WalletReply:
        """Move money, once per key."""
        self.calls.append(call)
        await asyncio.sleep(0)
        fail, self.fail_next = self.fail_next, ""
        if fail == "before":
            return WalletReply(Certainty.UNCERTAIN, code=OutcomeCode.UNAVAILABLE)
        reply = self._apply(call)
        if fail == "after":
            return WalletReply(Certainty.UNCERTAIN, code=OutcomeCode.UNAVAILABLE)
        return reply

    def _apply(self, call: WalletCall) -> WalletReply:
        account = AccountRef(call.brand_id, call.player_id, call.currency_code)
        if account not in self.balances:
            return self._refused(call, call.refuse_new_bets or OutcomeCode.PLAYER_NOT_FOUND)
        if not call.actions:
            return WalletReply(Certainty.CERTAIN, balance_micros=self.balances[account], bonus_micros=0)
        first = self._key(call, call.actions[0])
        if call.one_unit and first in self.rows:
            return self._replay(call, first)
        before = (dict(self.balances), dict(self.rows), dict(self.rounds))
        results = []
        for action in call.actions:
            result = self._act(call, action, account)
            if not result.accepted:
                self.balances, self.rows, self.rounds = before
                row = self._row(call, action, result.code, 0, self.balances[account])
                if action.kind is ActionKind.BET and result.code is not OutcomeCode.ROUND_IN_PROGRESS:
                    self.rows.setdefault(self._key(call, action), row)
                return self._refused(call, result.code, result.field)
            results.append(result)
        self.units[first] = tuple(results)
        self._finish_round(call)
        return WalletReply(Certainty.CERTAIN, tuple(results), balance_micros=self.balances[account], bonus_micros=0)

    def _replay(self, call: WalletCall, key: tuple[str, str, ActionKind, str]) -> WalletReply:
        row, action = self.rows[key], call.actions[0]
        for name, differs in {
            "player_id": row.player_id != call.player_id,
            "game_id": row.game_id != (call.game_id or ""),
            "amount_micros": row.kind is ActionKind.BET and row.amount_micros != action.amount_micros,
        }.items():
            if differs:
                return self._refused(call, OutcomeCode.KEY_REUSED, name)
        if row.code is not OutcomeCode.OK:
            return self._refused(call, row.code)
        results = tuple(replace(result, replayed=True) for result in self.units[key])
        return WalletReply(Certainty.CERTAIN, results, balance_micros=results[-1].balance_micros, bonus_micros=0)

    def _act(self, call: WalletCall, action: Action, account: AccountRef) -> ActionResult:
        key = self._key(call, action)
        ref = RoundRef(call.brand_id, call.player_id, call.provider_id, call.round_id or "")
        round_ = self.rounds.get(ref)
        amount = action.amount_micros
        if key in self.rows:
            row = self.rows[key]
            if row.amount_micros != amount:
                return self._result(action, OutcomeCode.KEY_REUSED, 0, 0)
            return replace(self._result(action, row.code, amount, row.balance_micros), replayed=True)
        if action.kind is ActionKind.BET and call.refuse_new_bets is not None:
            return self._result(action, call.refuse_new_bets, 0, self.balances[account])
        if action.kind is ActionKind.BET:
            if round_ is None and call.exclusive_game:
                for other in self.rounds.values():
                    if not other.closed and other.game_id == call.game_id and other.ref.player_id == call.player_id:
                        return ActionResult(
                            OutcomeCode.ROUND_IN_PROGRESS, action.transaction_id, field=other.ref.round_id
                        )
            if self.balances[account] < amount:
                return self._result(action, OutcomeCode.INSUFFICIENT_FUNDS, 0, self.balances[account])
            delta = -amount
        elif action.kind is ActionKind.ROLLBACK:
            target = self.rows[(call.brand_id, call.provider_id, ActionKind.BET, action.reference_transaction_id or "")]
            if round_ is not None and any(row.kind is ActionKind.WIN for row in round_.transactions):
                return self._result(action, OutcomeCode.ALREADY_SETTLED, 0, 0)
            delta = target.amount_micros
        elif round_ is not None and round_.rolled_back_micros:
            return self._result(action, OutcomeCode.ROLLED_BACK, 0, 0)
        else:
            delta = amount
        self.balances[account] += delta
        row = self._row(call, action, OutcomeCode.OK, delta, self.balances[account])
        self.rows[key] = row
        if call.round_id:
            self._book(ref, call, row, delta)
        return self._result(action, OutcomeCode.OK, amount, self.balances[account])

    def _book(self, ref: RoundRef, call: WalletCall, row: WalletTransaction, delta: int) -> None:
        now_ms = self.clock.now_ms()
        round_ = self.rounds.get(ref) or WalletRound(
            ref, call.currency_code, call.game_id or "", call.game_version, False, 0, 0, 0, now_ms
        )
        sums: dict[str, Any] = {
            ActionKind.BET: {"bet_micros": round_.bet_micros - delta},
            ActionKind.ROLLBACK: {"rolled_back_micros": round_.rolled_back_micros + delta},
        }.get(row.kind, {"win_micros": round_.win_micros + delta})
        sums["update_time_ms"] = now_ms
        self.rounds[ref] = replace(round_, transactions=(*round_.transactions, row), **sums)

    def _finish_round(self, call: WalletCall) -> None:
        ref = RoundRef(call.brand_id, call.player_id, call.provider_id, call.round_id or "")
        round_ = self.rounds.get(ref)
        if round_ is None:
            return
        state = round_.state if call.round_state is None else call.round_state
        version = call.game_version or round_.game_version
        closed_ms = self.clock.now_ms() if call.close_round else 0
        if call.close_round:
            self.round_closed.set()
        self.rounds[ref] = replace(
            round_, state=state, game_version=version, closed=call.close_round, close_time_ms=closed_ms
        )

    def _key(self, call: WalletCall, action: Action) -> tuple[str, str, ActionKind, str]:
        return (call.brand_id, call.provider_id, action.kind, action.transaction_id)

    def _row(self, call: WalletCall, action: Action, code: OutcomeCode, delta: int, balance: int) -> WalletTransaction:
        return WalletTransaction(
            action.kind,
            action.transaction_id,
            code,
            action.amount_micros,
            balance,
            self.clock.now_ms(),
            call.provider_id,
            call.player_id,
            call.currency_code,
            call.round_id or "",
            call.game_id or "",
            action.reference_transaction_id or "",
            action.detail,
            delta,
        )

    def _result(self, action: Action, code: OutcomeCode, amount: int, balance: int) -> ActionResult:
        return ActionResult(
            code,
            TransactionId(action.transaction_id),
            amount_micros=amount,
            balance_micros=balance,
            processed_time_ms=self.clock.now_ms(),
            detail=action.detail,
        )

    def _refused(self, call: WalletCall, code: OutcomeCode, field_name: str = "") -> WalletReply:
        balance = self.balances.get(AccountRef(call.brand_id, call.player_id, call.currency_code))
        results = tuple(ActionResult(code, action.transaction_id) for action in call.actions)
        return WalletReply(Certainty.CERTAIN, results, code, balance, field=field_name)

    async def open_account(self, account: AccountRef, *, demo: bool = False) -> tuple[Balance, bool]:
        """Make sure that the account exists."""
        created = account not in self.balances
        return Balance(self.balances.setdefault(account, 0)), created

    async def get_balance(self, account: AccountRef) -> Balance | None:
        """Read a balance."""
        micros = self.balances.get(account)
        return None if micros is None else Balance(micros)

    async def watch_balance(self, account: AccountRef) -> AsyncIterator[Balance]:
        """Yield the balance once."""
        yield Balance(self.balances[account])

    async def get_round(self, ref: RoundRef) -> WalletRound | None:
        """Read a round."""
        return self.rounds.get(ref)

    async def round_timeline(self, ref: RoundRef) -> tuple[RoundEvent, ...]:
        """Tell the rows of a round, and its notes."""
        found = self.rounds.get(ref)
        rows = () if found is None else found.transactions
        told = (RoundEvent(row.processed_time_ms, f"{row.kind.value} {row.transaction_id}", "", row) for row in rows)
        return tuple(sorted((*told, *self.notes.get(ref, ())), key=lambda event: event.time_ms))

    async def note_round(self, ref: RoundRef, author: str, text: str) -> bool:
        """Leave a note."""
        if ref not in self.rounds:
            return False
        self.notes.setdefault(ref, []).append(RoundEvent(self.clock.now_ms(), f"note by {author}: {text}", author))
        return True

    async def get_transaction(
        self, brand_id: str, provider_id: str, kind: ActionKind, transaction_id: str
    ) -> WalletTransaction | None:
        """Read the stored answer under a key."""
        return self.rows.get((brand_id, provider_id, kind, transaction_id))

    async def list_transactions(self, account: AccountRef, page_size: int, page_token: str) -> TransactionPage:
        """List everything."""
        return TransactionPage(tuple(row for row in self.rows.values() if row.player_id == account.player_id))

    async def list_rounds(self, account: AccountRef, page_size: int, page_token: str, game_id: str = "") -> RoundPage:
        """List everything."""
        return RoundPage(tuple(item for item in self.rounds.values() if item.ref.player_id == account.player_id))

    async def list_open_rounds(
        self,
        brand_id: str,
        page_size: int,
        page_token: str,
        *,
        player_id: str = "",
        provider_id: str = "",
        opened_before_ms: int = 0,
    ) -> RoundPage:
        """List open rounds, oldest first, one page after the other."""
        found = [
            item
            for item in self.rounds.values()
            if not item.closed
            and item.ref.brand_id == brand_id
            and player_id in ("", item.ref.player_id)
            and provider_id in ("", item.ref.provider_id)
            and (not opened_before_ms or item.open_time_ms < opened_before_ms)
            and item.ref.round_id > page_token
        ]
        found.sort(key=lambda item: item.ref.round_id)
        token = found[page_size - 1].ref.round_id if len(found) > page_size else ""
        return RoundPage(tuple(replace(item, transactions=()) for item in found[:page_size]), token)

    async def set_free_bets(self, free_bets: FreeBets, *, cancelled: bool = False) -> int:
        """Keep a grant, once, and count the bets under it."""
        account = AccountRef(free_bets.brand_id, free_bets.player_id, free_bets.currency_code)
        if account not in self.balances:
            raise PlayerNotFound("no account")
        if self.grants.setdefault(free_bets.grant_id, free_bets) != free_bets:
            raise IdempotencyKeyReused("other terms", field="count")
        if cancelled:
            self.cancelled_grants.add(free_bets.grant_id)
        return sum(a.grant_id == free_bets.grant_id for call in self.calls for a in call.actions)

    async def aclose(self) -> None:
        """Nothing to let go."""


Play = Callable[[SpinRequest], SpinOutcome]


def pays(micros: int, **fields: object) -> Play:
    """Return a game that always pays the same."""

    def play(request: SpinRequest) -> SpinOutcome:
        win = Money(request.stake.currency_code, micros)
        outcome = SpinOutcome(request.round_id, request.step, win, presentation=b"reels", game_version="v1")
        return replace(outcome, **fields)  # type: ignore[arg-type]  # a test names the fields

    return play


class FakeAdapter:
    """An adapter that plays what a test says: outcomes, errors, or hanging until released."""

    def __init__(self, manifest: Manifest, games: tuple[Game, ...], play: Play | None = None) -> None:
        self.manifest = manifest
        self.games = games
        self.play = play or pays(0)
        self.error: BaseException | None = None
        self.error_after: BaseException | None = None
        self.reports: dict[str, RoundReport] = {}
        self.lookup_error: BaseException | None = None
        self.looked_up = asyncio.Event()
        self.cancel_error: AdapterError | None = None
        self.spins: list[SpinRequest] = []
        self.deadlines: list[Deadline] = []
        self.cancelled: list[str] = []
        self.release: asyncio.Event | None = None
        self.asked = asyncio.Event()
        self.sick = ""
        self.closed = False

    async def describe(self) -> Manifest:
        """Return the manifest."""
        return self.manifest

    async def probe(self) -> Readiness:
        """Say READY unless a test made it sick."""
        if self.sick:
            raise AdapterError(self.sick)
        return Readiness.READY

    async def list_games(self, page: PageRequest) -> Page[Game]:
        """Return one game a page."""
        start = int(page.page_token or 0)
        more = str(start + 1) if start + 1 < len(self.games) else ""
        return Page(self.games[start : start + 1], more)

    async def spin(self, request: SpinRequest, deadline: Deadline) -> SpinOutcome:
        """Play."""
        self.spins.append(request)
        self.asked.set()
        self.deadlines.append(deadline)
        if self.error is not None:
            raise self.error
        if self.release is not None:
            await self.release.wait()
        outcome = self.play(request)
        if self.error_after is not None:
            self.reports[request.round_id] = RoundReport(request.round_id, RoundStatus.COMPLETED, outcome)
            raise self.error_after
        return outcome

    async def get_round(self, round_id: RoundId) -> RoundReport:
        """Tell what a test put there."""
        self.looked_up.set()
        if self.lookup_error is not None:
            raise self.lookup_error
        return self.reports.get(round_id, RoundReport(round_id, RoundStatus.NOT_FOUND))

    async def cancel_round(self, round_id: RoundId, cause: CancelCause) -> None:
        """Remember the cancel."""
        if self.cancel_error is not None:
            raise self.cancel_error
        self.cancelled.append(round_id)

    async def aclose(self) -> None:
        """Remember it."""
        self.closed = True


class FakeRegistry:
    """Adapters by id and provider."""

    def __init__(self, *adapters: FakeAdapter) -> None:
        self._adapters = adapters

    def manifest_of(self, adapter_id: str) -> Manifest | None:
        """Return the manifest of an adapter."""
        return next((item.manifest for item in self._adapters if item.manifest.adapter_id == adapter_id), None)

    def adapter_of_provider(self, provider_id: str) -> tuple[Manifest, ProviderAdapter] | None:
        """Return the adapter of a provider."""
        found = (item for item in self._adapters if item.manifest.provider_id == provider_id)
        return next(((item.manifest, item) for item in found), None)

    def all(self) -> tuple[tuple[AdapterId, Manifest, ProviderAdapter], ...]:
        """Return every adapter."""
        return tuple((item.manifest.adapter_id, item.manifest, item) for item in self._adapters)


class FakeCatalogue:
    """Games of fake adapters, and what is off."""

    def __init__(self, *adapters: FakeAdapter) -> None:
        self.off: dict[str, str] = {}
        self._games = {
            f"{item.manifest.provider_id}:{game.game_id}": CatalogueGame(
                f"{item.manifest.provider_id}:{game.game_id}",
                game,
                item.manifest,
                item,
                {},
                frozenset(mode.bet_mode for mode in game.bet_modes),
            )
            for item in adapters
            for game in item.games
        }

    def find(self, game_id: str) -> CatalogueGame | None:
        """Return the game with a public id."""
        return self._games.get(game_id)

    def why_not(self, game: CatalogueGame, brand_id: str, country_code: str) -> str | None:
        """Return why a game is off."""
        if country_code in game.game.blocked_countries:
            return "not offered in this country"
        return self.off.get(game.game_id) or self.off.get(game.manifest.provider_id)

    def why_not_provider(self, provider_id: str, brand_id: str) -> str | None:
        """Return why a provider is off."""
        return self.off.get(provider_id)


class FakeSessions:
    """Sessions in memory: store and look-up in one."""

    def __init__(self, *sessions: PlayerSession) -> None:
        self.sessions = list(sessions)
        self.reads = 0

    async def save(self, session: PlayerSession) -> None:
        """Insert or replace."""
        same = (session.operator_id, session.session_id)
        self.sessions = [item for item in self.sessions if (item.operator_id, item.session_id) != same]
        self.sessions.append(session)

    async def get(self, operator_id: str, session_id: str) -> PlayerSession | None:
        """Read by id."""
        return self._first(lambda item: (item.operator_id, item.session_id) == (operator_id, session_id))

    async def find_by_token_hash(self, token_hash: bytes) -> PlayerSession | None:
        """Read by the hash of the token."""
        return self._first(lambda item: item.token_hash == token_hash)

    async def find_in_brand(self, brand_id: str, session_id: str) -> PlayerSession | None:
        """Read by id in a brand."""
        return self._first(lambda item: (item.brand_id, item.session_id) == (brand_id, session_id))

    async def find_open_of_player(
        self, brand_id: str, player_id: str, provider_id: str, now_ms: int
    ) -> PlayerSession | None:
        """Read the newest open one."""
        return self._first(
            lambda item: (
                (item.brand_id, item.player_id) == (brand_id, player_id)
                and item.game_id.startswith(f"{provider_id}:")
                and not item.closed
                and item.expire_time_ms > now_ms
            )
        )

    async def close(self, operator_id: str, session_id: str) -> None:
        """Close one."""
        session = await self.get(operator_id, session_id)
        if session is not None:
            await self.save(replace(session, closed=True))

    def _first(self, admits: Callable[[PlayerSession], bool]) -> PlayerSession | None:
        self.reads += 1
        return next((item for item in reversed(self.sessions) if admits(item)), None)
