"""The sample adapter with one promise about rounds broken at a time."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from adapters.contract.deadline import Deadline
from adapters.contract.errors import OutcomeUnknown, RoundConflict
from adapters.contract.games import Game, Page, PageRequest
from adapters.contract.ids import RoundId
from adapters.contract.manifest import Capability, Manifest
from adapters.contract.money import Money
from adapters.contract.rounds import CancelCause, RoundReport, RoundStatus, Session, SpinOutcome, SpinRequest
from adapters.scaffold.templates.sample_studio.adapter import SampleStudioAdapter
from adapters.scaffold.templates.sample_studio.memory import Memory


class _Wrong(SampleStudioAdapter):
    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__(Memory(config.get("database", ":memory:")), b"s" * 32, "https://games.example/launch")


def _never() -> Deadline:
    return Deadline(1e12, lambda: 0.0)


class ForgetsOnRestart(_Wrong):
    """Must 1: keeps its rounds in memory, and draws with a key of its own after each start."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__({})
        self._secret = id(self).to_bytes(16, "big")


class DrawsAnew(_Wrong):
    """Must 1: the repeat is another draw."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__(config)
        self._count = 0

    async def spin(self, request: SpinRequest, deadline: Deadline) -> SpinOutcome:
        outcome = await super().spin(request, deadline)
        self._count += 1
        return replace(outcome, presentation=f"draw {self._count}".encode())


class IgnoresOtherContent(_Wrong):
    """Must 2: the same round id with another stake or player is answered from memory as if it were the same."""

    async def spin(self, request: SpinRequest, deadline: Deadline) -> SpinOutcome:
        try:
            return await super().spin(request, deadline)
        except RoundConflict:
            stored = self._memory.step(request.round_id, request.step)
            assert stored is not None
            return SpinOutcome(request.round_id, request.step, Money(stored.currency_code, stored.win_micros))


class PlaysTwiceAtOnce(_Wrong):
    """Must 3: looks, waits, plays: two at once both find nothing, and the second answers with a fault."""

    async def spin(self, request: SpinRequest, deadline: Deadline) -> SpinOutcome:
        known = self._memory.step(request.round_id, request.step)
        await asyncio.sleep(0)
        if known is None and self._memory.step(request.round_id, request.step) is not None:
            outcome = await super().spin(request, deadline)
            return replace(outcome, win=Money(outcome.win.currency_code, outcome.win.micros + 1))
        return await super().spin(request, deadline)


class AnswersOtherRound(_Wrong):
    """Must 4: the answer names another round."""

    async def spin(self, request: SpinRequest, deadline: Deadline) -> SpinOutcome:
        return replace(await super().spin(request, deadline), round_id=RoundId("another"))


class PaysOtherCurrency(_Wrong):
    """Must 4: pays yen in euro."""

    async def spin(self, request: SpinRequest, deadline: Deadline) -> SpinOutcome:
        outcome = await super().spin(request, deadline)
        return replace(outcome, win=Money("EUR", outcome.win.micros))


class TakesMoney(_Wrong):
    """Must 4: a lost round "wins" less than nothing."""

    async def spin(self, request: SpinRequest, deadline: Deadline) -> SpinOutcome:
        outcome = await super().spin(request, deadline)
        return outcome if outcome.win.micros else replace(outcome, win=Money(outcome.win.currency_code, -1))


class PaysTooMuch(_Wrong):
    """Must 4: pays more than the manifest says it ever would."""

    async def describe(self) -> Manifest:
        return replace(await super().describe(), win_multiplier_max=0)


class GuessesRounds(_Wrong):
    """Must 5: says NOT_FOUND of whatever it has not at hand, and guesses COMPLETED without win for the rest."""

    async def get_round(self, round_id: RoundId) -> RoundReport:
        report = await super().get_round(round_id)
        if report.outcome is None:
            return report
        return replace(report, outcome=replace(report.outcome, win=Money(report.outcome.win.currency_code, 7)))


class CompletesUnknownRounds(_Wrong):
    """Must 5: a round that was never played is reported COMPLETED."""

    async def get_round(self, round_id: RoundId) -> RoundReport:
        report = await super().get_round(round_id)
        if report.status is not RoundStatus.NOT_FOUND:
            return report
        return RoundReport(round_id, RoundStatus.COMPLETED, SpinOutcome(round_id, 0, Money("EUR", 0)))


class CancelsCompletedRounds(_Wrong):
    """Must 6: cancels a round that has its outcome."""

    async def cancel_round(self, round_id: RoundId, cause: CancelCause) -> None:
        self._memory.cancel(round_id)


class PlaysAfterCancel(_Wrong):
    """Must 6: forgets a cancel that came before the spin."""

    async def cancel_round(self, round_id: RoundId, cause: CancelCause) -> None:
        if self._memory.last_step(round_id) is not None:
            await super().cancel_round(round_id, cause)


class LetsFaultsOut(_Wrong):
    """Must 7: an unknown game is a KeyError."""

    async def spin(self, request: SpinRequest, deadline: Deadline) -> SpinOutcome:
        {"lucky-dip": 1}[request.game_id]
        return await super().spin(request, deadline)


class DoubtsEverything(_Wrong):
    """Must 7: says that the outcome is unknown of a request that was refused at the door."""

    async def spin(self, request: SpinRequest, deadline: Deadline) -> SpinOutcome:
        if request.game_id != "lucky-dip":
            raise OutcomeUnknown("who knows")
        return await super().spin(request, deadline)


class IgnoresDeadlines(_Wrong):
    """Must 8: plays though nobody waits any more."""

    async def spin(self, request: SpinRequest, deadline: Deadline) -> SpinOutcome:
        return await super().spin(request, _never())


class OverrunsDeadlines(_Wrong):
    """Must 8: takes its time."""

    async def spin(self, request: SpinRequest, deadline: Deadline) -> SpinOutcome:
        if 50 < deadline.left_ms() <= 100:
            await asyncio.sleep(0.6)
        return await super().spin(request, deadline)


class HidesCapabilities(_Wrong):
    """Must 9: works without declaring it."""

    async def describe(self) -> Manifest:
        manifest = await super().describe()
        return replace(manifest, capabilities=manifest.capabilities - {Capability.CANCEL, Capability.LAUNCH})


class PromisesTooMuch(_Wrong):
    """Must 9: declares a launch that leads nowhere."""

    async def launch_url(self, session: Session, game_id: str) -> str:
        return "/launch"


class RoundsStakes(_Wrong):
    """Must 10: takes a stake that is not on offer for the nearest one that is."""

    async def spin(self, request: SpinRequest, deadline: Deadline) -> SpinOutcome:
        micros = request.stake.micros // 100_000 * 100_000
        inexact = abs(request.stake.micros - micros) == 1 or request.stake.micros % 100_000 == 99_999
        if not inexact:
            return await super().spin(request, deadline)
        return SpinOutcome(request.round_id, request.step, Money(request.stake.currency_code, 0))


class CountsInFloats(_Wrong):
    """Must 10: a contribution computed in binary fractions."""

    async def spin(self, request: SpinRequest, deadline: Deadline) -> SpinOutcome:
        outcome = await super().spin(request, deadline)
        return replace(outcome, jackpot_contribution_micros=request.stake.micros * 0.01)  # type: ignore[arg-type]


class ListsGamesTwice(_Wrong):
    """Must 0: the same game is on the list twice."""

    async def list_games(self, page: PageRequest) -> Page[Game]:
        games = await super().list_games(page)
        return replace(games, items=games.items * 2)


def __getattr__(name: str) -> Any:
    """``rounds:make_DrawsAnew`` is the factory of ``DrawsAnew``."""
    if name.startswith("make_"):
        return globals()[name.removeprefix("make_")]
    raise AttributeError(name)
