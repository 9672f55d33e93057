"""What a wallet case works with: a provider's mock, a player with money, and the wallet's answers."""

import asyncio
from dataclasses import dataclass, replace

from adapters.conformance.case import CaseFailed, require
from adapters.mocks.clock import RealClock
from adapters.mocks.dialect import Dialect
from adapters.mocks.exchange import exchange
from adapters.mocks.faults import Fault, FaultKind
from adapters.mocks.host import load_dialect
from adapters.mocks.link import HttpLink, Link
from adapters.mocks.tenant import Tenant
from adapters.mocks.types import Answer, MockSession, Outcome, Step, StepKind, Verdict


@dataclass(frozen=True, slots=True)
class WalletSetup:
    """Where the wallet is, how it is spoken to, and the player that the operator made for the run."""

    url: str
    protocol: str
    player_id: str
    token: str
    currency_code: str = "EUR"
    game_id: str = ""
    bet_micros: int = 1_000_000
    seed: int = 1
    credentials: tuple[tuple[str, str], ...] = ()
    """Keys by the names of the protocol's mock; test keys unless said."""


class WalletOutOfReach(Exception):
    """Not even the balance could be asked for: nothing can be said about this wallet."""


class WalletBench:
    """One wallet under test; every round has fresh ids, so that cases never meet."""

    def __init__(self, setup: WalletSetup, link: Link | None = None) -> None:
        self.setup = setup
        self.link = link or HttpLink()
        self.dialect: Dialect = load_dialect(setup.protocol)
        self.tenant = Tenant(
            "certify",
            self.dialect,
            self.link,
            setup.url,
            clock=RealClock(),  # the wallet's clock is real, and may refuse a call whose stamp is not of now
            seed=setup.seed,
        )
        self.tenant.set_credentials(dict(setup.credentials))
        game_id = setup.game_id or self.tenant.games[0].game_id
        self.session = MockSession("s1", setup.token, setup.player_id, setup.currency_code, game_id)
        self.tenant.open_session(self.session)

    async def aclose(self) -> None:
        """Close connections."""
        close = getattr(self.link, "aclose", None)
        if close is not None:
            await close()

    def round(self, *, bet_micros: int = 0, win_micros: int = 2_500_000) -> tuple[Step, Step]:
        """Plan a fresh round; returns its bet and its win."""
        outcome = Outcome((win_micros,), win_after_ms=1)
        plan = self.dialect.plan(self.tenant, self.session, bet_micros or self.setup.bet_micros, outcome, None)
        bet = next(step for step in plan if step.kind is StepKind.BET)
        return bet, next((step for step in plan if step.kind is StepKind.WIN), replace(bet, kind=StepKind.WIN))

    def rollback(self, bet: Step) -> Step:
        """Plan the rollback of a bet, under a fresh id where the protocol has one."""
        return self.dialect.rollback_of(self.tenant, bet)

    async def send(self, step: Step, attempt: int = 1) -> Verdict:
        """Send one call."""
        return await exchange(self.tenant, step, attempt)

    async def send_with(self, step: Step, kind: FaultKind) -> Verdict:
        """Send one call that meets a fault."""
        fault_id = self.tenant.faults.add(Fault(kind=kind, times=1))
        try:
            return await self.send(step)
        finally:
            self.tenant.faults.remove(fault_id)

    async def at_once(self, steps: list[Step]) -> list[Verdict]:
        """Send several calls at once."""
        return list(await asyncio.gather(*map(self.send, steps)))

    async def balance(self) -> int:
        """Ask for the balance."""
        verdict = await self.send(Step(StepKind.BALANCE, self.session.session_id))
        if verdict.answer is not Answer.DONE or verdict.balance_micros is None:
            raise CaseFailed(f"the balance question was answered {verdict.answer} {verdict.code}")
        return verdict.balance_micros

    async def done(self, step: Step, what: str) -> Verdict:
        """Send a call that must be accepted."""
        verdict = await self.send(step)
        require(verdict.answer is Answer.DONE, f"{what}: expected to be accepted, got {verdict.answer} {verdict.code}")
        return verdict

    async def greet(self) -> None:
        """Ask for the balance once; raises ``WalletOutOfReach``, in words that say where to look."""
        setup = self.setup
        verdict = await self.send(Step(StepKind.BALANCE, self.session.session_id))
        if verdict.answer is Answer.DONE:
            return
        if self.tenant.journal.entries[-1].status is None:
            raise WalletOutOfReach(f"nothing answers HTTP at {setup.url} ({verdict.code})")
        raise WalletOutOfReach(
            f"{setup.url} did not tell the balance of {setup.player_id!r} in {setup.currency_code}: the answer was"
            f" {verdict.answer}, {verdict.code!r}. Look at --url (without the method), at --player and --token (both as"
            " the wallet gave them to the provider at launch: `reelgate mock session` tells what a mock was given), at"
            " --currency, and at --credentials (the wallet must hold the other half of these keys)"
        )

    async def moved(self, before_micros: int, expected_micros: int, what: str) -> None:
        """Require that the balance has changed by so much."""
        moved = await self.balance() - before_micros
        require(moved == expected_micros, f"{what}: the balance moved by {moved} micros, expected {expected_micros}")
