"""Ends rounds that nobody ends, as agreed with each provider: closes, cancels, or tells people. Safe to run anywhere.

Money moves only when the provider's table says so, the round has no state that its player could still finish, and the
provider, where it can be asked, does not know better. Every call goes through the wallet's port and has an id of its
own that follows from the round, so any number of workers may run. That people were told stands in the round's story,
so a restart tells them nothing twice.
"""

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import cast

from adapters.contract.adapter import ProviderAdapter, SupportsRoundLookup
from adapters.contract.deadline import Deadline
from adapters.contract.ids import BrandId, GameId, PlayerId, ProviderId, RoundId, TransactionId
from adapters.contract.manifest import Capability, Manifest, SettlementMode
from adapters.contract.rounds import RoundStatus
from adapters.contract.wallet_calls import Action, ActionKind, Certainty, OutcomeCode, WalletCall
from gateway.provider_settings import AgeingRule, AgeingStepName
from gateway.rounds.ports import AdapterRegistry, Clock, RoundRef, WalletPort, WalletRound
from gateway.rounds.resolve_round import Resolution, ResolveRound, looked_up
from gateway.workers.resolver import LANES_MAX, Brands

_log = logging.getLogger("reelgate.ageing")
AGEING_AUTHOR = "ageing"
PAGE_SIZE = 200
LANE_MS = 60_000
"""So long a provider's lane begins rounds in one turn; what it did not come to is looked at first in the next."""
_REASON = "the round was left open"
_ENDED: dict[Resolution, AgeingStepName] = {Resolution.SETTLED: "close", Resolution.ROLLED_BACK: "cancel"}


@dataclass(slots=True)
class AgeingTerms:
    """The rules of each provider; those that are not named keep the usual ones."""

    usual: tuple[AgeingRule, ...]
    by_provider: Mapping[str, tuple[AgeingRule, ...]] = field(default_factory=dict)

    def of(self, provider_id: str) -> tuple[AgeingRule, ...]:
        """Return the rules of a provider, youngest first."""
        return self.by_provider.get(provider_id) or self.usual

    @property
    def youngest_ms(self) -> int:
        """The age below which nothing is ever due."""
        return min(rules[0].after_ms for rules in (self.usual, *self.by_provider.values()) if rules)


class AgeingWorker:
    """Looks at every open round that is old enough when its turn comes."""

    def __init__(
        self,
        wallet: WalletPort,
        registry: AdapterRegistry,
        brands: Brands,
        resolve: ResolveRound,
        clock: Clock,
        terms: AgeingTerms,
    ) -> None:
        self._wallet = wallet
        self._registry = registry
        self._brands = brands
        self._resolve = resolve
        self._clock = clock
        self._terms = terms
        self._told_ms: dict[RoundRef, int] = {}
        self._looked_ms: dict[RoundRef, int] = {}

    async def turn(self) -> Counter[str]:
        """Look at all old rounds once, provider by provider at once; return how often each step was taken."""
        now_ms, lanes = self._clock.now_ms(), defaultdict[str, list[WalletRound]](list)
        async for item in self._old_rounds(now_ms):
            lanes[item.ref.provider_id].append(item)
        seen = {item.ref for items in lanes.values() for item in items}
        free = asyncio.Semaphore(LANES_MAX)
        taken = await asyncio.gather(*(self._lane(items, now_ms, free) for items in lanes.values()))
        self._told_ms = {ref: told_ms for ref, told_ms in self._told_ms.items() if ref in seen}
        self._looked_ms = {ref: looked_ms for ref, looked_ms in self._looked_ms.items() if ref in seen}
        return sum(taken, Counter[str]())

    async def _lane(self, items: list[WalletRound], now_ms: int, free: asyncio.Semaphore) -> Counter[str]:
        """Look at one provider's rounds; one that breaks is left for the next turn and holds up no other."""
        taken = Counter[str]()
        async with free:
            until = Deadline.after_ms(LANE_MS, self._clock.monotonic)
            for item in sorted(items, key=lambda item: self._looked_ms.get(item.ref, 0)):
                if until.passed():
                    break
                self._looked_ms[item.ref] = now_ms
                try:
                    step = await self._look_at(item, now_ms)
                except Exception:  # noqa: BLE001  # the edge of a round: those behind it must be looked at
                    _log.exception("round %s of provider %s: not looked at", item.ref.round_id, item.ref.provider_id)
                    continue
                if step is not None:
                    taken[step] += 1
        return taken

    async def _old_rounds(self, now_ms: int) -> AsyncIterator[WalletRound]:
        before_ms = now_ms - self._terms.youngest_ms + 1
        for brand in await self._brands.list_brands():
            token = ""
            while True:
                page = await self._wallet.list_open_rounds(brand.brand_id, PAGE_SIZE, token, opened_before_ms=before_ms)
                for item in page.items:
                    yield item
                token = page.next_page_token
                if not token:
                    break

    async def _look_at(self, item: WalletRound, now_ms: int) -> AgeingStepName | None:
        since_ms = item.update_time_ms or item.open_time_ms
        due = [rule for rule in self._terms.of(item.ref.provider_id) if since_ms + rule.after_ms <= now_ms]
        if not due:
            return None
        why = "nobody has ended it"
        moving = next((rule for rule in due if rule.step != "escalate"), None)
        if moving is not None:
            ended, why = await self._end(item, moving.step)
            if ended is not None:
                _log.info("round %s of provider %s: %s", item.ref.round_id, item.ref.provider_id, ended)
                return ended
        return "escalate" if await self._escalate(item, since_ms + due[-1].after_ms, why) else None

    async def _end(self, item: WalletRound, step: AgeingStepName) -> tuple[AgeingStepName | None, str]:
        """End a round if that is safe; else say why not."""
        if item.state:
            return None, "it waits for its player"
        found = self._registry.adapter_of_provider(item.ref.provider_id)
        if found is None:
            return None, "its provider is not served here"
        stored = await self._wallet.get_round(item.ref)
        if stored is None or stored.closed or stored.update_time_ms != item.update_time_ms:
            return None, "it has just changed"
        if found[0].settlement_mode is SettlementMode.GATEWAY_DRIVEN:
            resolution = await self._resolve(stored)
            if resolution in _ENDED:
                return _ENDED[resolution], ""
            if resolution is not Resolution.ESCALATED:  # else no documented way leads to the truth
                return None, f"its provider was asked: {resolution.value}"
        elif found[0].supports(Capability.ROUND_LOOKUP):
            return await self._end_as_told(stored, *found)
        return await self._carry_out(stored, step)

    async def _end_as_told(
        self, stored: WalletRound, manifest: Manifest, adapter: ProviderAdapter
    ) -> tuple[AgeingStepName | None, str]:
        """End the round of a provider that settles by itself as it tells, if that is what is booked."""
        report = await looked_up(cast("SupportsRoundLookup", adapter), manifest, stored)
        if report is None or report.status is RoundStatus.RUNNING:
            return None, "its provider cannot be asked" if report is None else "its provider says that it runs"
        if report.status is RoundStatus.NOT_FOUND:
            return await self._carry_out(stored, "cancel")  # never played there: the stake goes back
        outcome = report.outcome
        told_micros = -1 if outcome is None else outcome.win.micros + outcome.jackpot_win_micros
        if told_micros != stored.win_micros:
            return None, f"its provider says that it won {told_micros} micros, {stored.win_micros} are booked"
        return await self._carry_out(stored, "close")

    async def _carry_out(self, stored: WalletRound, step: AgeingStepName) -> tuple[AgeingStepName | None, str]:
        """Give back what no win has settled (cancel), then close; each deed is harmless twice."""
        actions = [_rollback(stored.ref, bet_id) for bet_id in _live_bets(stored)] if step == "cancel" else []
        actions.append(_action(stored.ref, ActionKind.CLOSE, "close", ""))
        for action in actions:
            reply = await self._wallet.apply(_call(stored, action))
            if reply.certainty is Certainty.UNCERTAIN:
                return None, "the wallet could not say what became of it"
            if not reply.accepted and reply.code is not OutcomeCode.ALREADY_SETTLED:
                return None, f"the wallet refused to end it: {reply.code.value}"
        return step, ""

    async def _escalate(self, item: WalletRound, due_ms: int, why: str) -> bool:
        """Tell people once; false: they were told since it became due."""
        told_ms = self._told_ms.get(item.ref)
        if told_ms is None:
            notes = [event for event in await self._wallet.round_timeline(item.ref) if event.author == AGEING_AUTHOR]
            told_ms = self._told_ms[item.ref] = max((note.time_ms for note in notes), default=0)
        if told_ms >= due_ms:
            return False
        held_micros = item.bet_micros - item.rolled_back_micros
        idle_s = (self._clock.now_ms() - (item.update_time_ms or item.open_time_ms)) // 1000
        _log.warning(
            "round %s of player %s at provider %s is open, idle for %d s, and holds %d micros: %s",
            item.ref.round_id, item.ref.player_id, item.ref.provider_id, idle_s, held_micros, why,
        )  # fmt: skip
        await self._wallet.note_round(item.ref, AGEING_AUTHOR, f"open and idle for {idle_s} s: {why}; people were told")
        self._told_ms[item.ref] = self._clock.now_ms()
        return True


def _live_bets(stored: WalletRound) -> list[str]:
    done = [row for row in stored.transactions if row.code is OutcomeCode.OK]
    undone = {row.reference_transaction_id for row in done if row.kind is ActionKind.ROLLBACK}
    return [row.transaction_id for row in done if row.kind is ActionKind.BET and row.transaction_id not in undone]


def _rollback(ref: RoundRef, bet_id: str) -> Action:
    return _action(ref, ActionKind.ROLLBACK, "rollback", bet_id)


def _action(ref: RoundRef, kind: ActionKind, what: str, bet_id: str) -> Action:
    """Make an action under an id that is always the same for the same deed (the wallet's own worker makes the same)."""
    parts = (ref.brand_id, ref.player_id, ref.provider_id, ref.round_id, what, bet_id)
    return Action(
        kind,
        TransactionId(f"ageing.{sha256(chr(31).join(parts).encode()).hexdigest()[:40]}"),
        reference_transaction_id=TransactionId(bet_id) if bet_id else None,
        reference_kind=ActionKind.BET if bet_id else None,
        author=AGEING_AUTHOR,
        reason=_REASON,
    )


def _call(stored: WalletRound, action: Action) -> WalletCall:
    ref = stored.ref
    return WalletCall(
        BrandId(ref.brand_id),
        PlayerId(ref.player_id),
        stored.currency_code,
        ProviderId(ref.provider_id),
        (action,),
        GameId(stored.game_id),
        RoundId(ref.round_id),
    )
