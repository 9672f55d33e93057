"""The worker that ends rounds which nobody ends: close, cancel or tell a human, by age, per provider.

What is due is decided by ``wallet.ledger.ageing``; the commands take the normal way and are harmless twice, so any
number of workers may run.
"""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from wallet.ledger.ageing import AgeingPolicy, AgeingStep, age_round
from wallet.ledger.state import Round
from wallet.settlement.wallet import Wallet

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
    checked_time_ms: int = 0

    async def turn(self) -> Counter[AgeingStep]:
        """Look at all open rounds once; return how often each step was taken."""
        now_ms, taken, token = self.now_ms(), Counter[AgeingStep](), ""
        while True:
            page = await self.wallet.open_rounds(page_size=500, page_token=token)
            for round_ in page.items:
                step = await self._look_at(round_, now_ms)
                if step is not None:
                    taken[step] += 1
            token = page.next_token
            if not token:
                self.checked_time_ms = now_ms
                return taken

    async def _look_at(self, round_: Round, now_ms: int) -> AgeingStep | None:
        policy = self.policies.get(round_.provider_id, self.usual)
        decision = age_round(round_, policy, now_ms, self.checked_time_ms)
        if decision.step is AgeingStep.ESCALATE:
            await self.escalate(round_)
        for command in decision.commands:
            account = await self.wallet.account((command.brand_id, command.player_id, command.currency_code))
            await self.wallet.apply(command._replace(demo=account is not None and account.demo))
        return decision.step
