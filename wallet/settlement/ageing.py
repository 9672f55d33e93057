"""The worker that ends rounds which nobody ends: close, cancel or tell a human, by age, per provider.

What is due is decided by ``wallet.ledger.ageing``; the commands take the normal way and are harmless twice, so any
number of workers may run. That people were told is a note in the round's story: a restart tells them nothing twice.
A wallet cannot ask a provider: let the gateway's worker close and cancel where the provider can be asked, or where
the money is at an operator.
"""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from wallet.ledger.ageing import AGEING_AUTHOR, AgeingPolicy, AgeingStep, age_round
from wallet.ledger.ids import RoundKey
from wallet.ledger.state import Round
from wallet.settlement.wallet import NOTE_KIND, Wallet

Escalate = Callable[[Round], Awaitable[None]]
_log = logging.getLogger(__name__)


async def log_escalation(round_: Round) -> None:
    """Write the round that needs a human to the log."""
    _log.warning("round %s of player %s is open and holds %d", round_.round_id, round_.player_id, round_.held_micros)


@dataclass
class AgeingWorker:
    """Looks at every open round when its turn comes; the clock is the caller's."""

    wallet: Wallet
    now_ms: Callable[[], int]
    policies: Mapping[str, AgeingPolicy] = field(default_factory=dict)
    """By provider; others keep ``usual``."""
    usual: AgeingPolicy = field(default_factory=AgeingPolicy)
    escalate: Escalate = log_escalation
    _told_ms: dict[RoundKey, int] = field(default_factory=dict)

    async def turn(self) -> Counter[AgeingStep]:
        """Look at all open rounds once; return how often each step was taken."""
        now_ms, taken, token = self.now_ms(), Counter[AgeingStep](), ""
        seen: set[RoundKey] = set()
        while True:
            page = await self.wallet.open_rounds(page_size=500, page_token=token)
            for round_ in page.items:
                seen.add(round_.key)
                step = await self._look_at(round_, now_ms)
                if step is not None:
                    taken[step] += 1
            token = page.next_token
            if not token:
                self._told_ms = {key: told_ms for key, told_ms in self._told_ms.items() if key in seen}
                return taken

    async def _look_at(self, round_: Round, now_ms: int) -> AgeingStep | None:
        policy = self.policies.get(round_.provider_id, self.usual)
        decision = age_round(round_, policy, now_ms)
        if decision.step is AgeingStep.ESCALATE:
            if age_round(round_, policy, now_ms, await self._told_time_ms(round_.key)).step is None:
                return None
            await self.escalate(round_)
            idle_s = (now_ms - round_.updated_time_ms) // 1000
            await self.wallet.note_round(round_.key, AGEING_AUTHOR, f"open and idle for {idle_s} s; people were told")
            self._told_ms[round_.key] = now_ms
        for command in decision.commands:
            account = await self.wallet.account((command.brand_id, command.player_id, command.currency_code))
            await self.wallet.apply(command._replace(demo=account is not None and account.demo))
        return decision.step

    async def _told_time_ms(self, key: RoundKey) -> int:
        """Return when people were told of a round last: it stands in its story."""
        if key not in self._told_ms:
            story = await self.wallet.round_story(key)
            notes = story.notes if story is not None else ()
            told = [note.time_ms for note in notes if note.kind == NOTE_KIND and note.field == AGEING_AUTHOR]
            self._told_ms[key] = max(told, default=0)
        return self._told_ms[key]
