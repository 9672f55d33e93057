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
from wallet.ledger.kinds import Certainty, OutcomeCode
from wallet.ledger.state import Round
from wallet.ledger.types import Reply
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
            return decision.step if await self._tell(round_, policy, now_ms) else None
        for command in decision.commands:
            account = await self.wallet.account((command.brand_id, command.player_id, command.currency_code))
            reply = await self.wallet.apply(command._replace(demo=account is not None and account.demo))
            if not reply.accepted:  # what follows ends the round: nobody would look at what was not given back
                return await self._not_taken(round_, policy, now_ms, reply)
        return decision.step

    async def _not_taken(self, round_: Round, policy: AgeingPolicy, now_ms: int, reply: Reply) -> AgeingStep | None:
        """Leave a round to the next turn, which repeats the same ids; tell people of it where that is no use."""
        _log.warning("round %s of player %s was not ended: %s", round_.round_id, round_.player_id, reply.code.value)
        if reply.certainty is Certainty.UNCERTAIN or reply.code is OutcomeCode.UNAVAILABLE:
            return None
        why = f": the wallet refused to end it: {reply.code.value}"
        return AgeingStep.ESCALATE if await self._tell(round_, policy, now_ms, why) else None

    async def _tell(self, round_: Round, policy: AgeingPolicy, now_ms: int, why: str = "") -> bool:
        """Tell people of a round once for each rule that becomes due; false: they were told since the last did."""
        idle_ms = now_ms - round_.updated_time_ms
        due_ms = round_.updated_time_ms + max(rule.after_ms for rule in policy.rules if rule.after_ms <= idle_ms)
        if await self._told_time_ms(round_.key) >= due_ms:
            return False
        await self.escalate(round_)
        text = f"open and idle for {idle_ms // 1000} s{why}; people were told"
        await self.wallet.note_round(round_.key, AGEING_AUTHOR, text)
        self._told_ms[round_.key] = now_ms
        return True

    async def _told_time_ms(self, key: RoundKey) -> int:
        """Return when people were told of a round last: it stands in its story."""
        if key not in self._told_ms:
            story = await self.wallet.round_story(key)
            notes = story.notes if story is not None else ()
            told = [note.time_ms for note in notes if note.kind == NOTE_KIND and note.field == AGEING_AUTHOR]
            self._told_ms[key] = max(told, default=0)
        return self._told_ms[key]
