"""A game that is ready: compiled, analysed and checked against what its declaration promises."""

from dataclasses import dataclass
from fractions import Fraction
from math import gcd

from adapters.reels.analysis.report import Analysis, analyse
from adapters.reels.compiling.game_tables import GameTables, compile_game
from adapters.reels.declaration.game import Declaration
from adapters.reels.errors import DeclarationError

RTP_FLOOR = Fraction(3, 4)
"""GLI-19 4.7.1: at least 75 % for every wagering configuration."""


@dataclass(frozen=True, slots=True)
class ReadyGame:
    """Tables to play with and the analysis of each bet mode with all lines."""

    tables: GameTables
    analyses: dict[str, Analysis]

    @property
    def analysis(self) -> Analysis:
        """The figures of the ordinary bet."""
        return self.analyses[self.tables.modes[0]]


def make_ready(declaration: Declaration, file: str) -> ReadyGame:
    """Compile, analyse and check a game; raises DeclarationError."""
    tables = compile_game(declaration, file)
    analyses = {mode: analyse(tables, mode) for mode in tables.modes}
    for mode, analysis in analyses.items():
        if analysis.rtp < RTP_FLOOR:
            reason = f"the RTP of bet mode {mode!r} is {float(analysis.rtp):.6f}, below the floor {float(RTP_FLOOR)}"
            raise DeclarationError(file, "rtp", reason)
    _check_declared(declaration, file, analyses[tables.modes[0]])
    for mode in tables.modes:
        for line_count in tables.line_counts:
            _check_stakes(tables, file, mode, line_count)
    return ReadyGame(tables, analyses)


def _check_declared(declaration: Declaration, file: str, analysis: Analysis) -> None:
    declared = declaration.rtp
    if declared is not None and abs(declared.value - analysis.rtp) > declared.tolerance:
        reason = f"declared {float(declared.value)}, computed {float(analysis.rtp):.10f}"
        raise DeclarationError(file, "rtp.value", reason)


def _check_stakes(tables: GameTables, file: str, mode: str, line_count: int) -> None:
    """Every pay times every stake must be whole micros."""
    play = tables.play(mode, line_count)
    step = 0
    for stage in play.stages.values():
        step = gcd(step, stage.pay_step())
    cost = play.context.cost_units * play.context.scale
    ladders = {"bet.stakes": tables.declaration.bet.stakes}
    for code, stakes in tables.declaration.bet.stakes_by_currency.items():
        ladders[f"bet.stakes_by_currency.{code}"] = stakes
    for path, stakes in ladders.items():
        for place, stake_micros in enumerate(stakes):
            if (play.cost * stake_micros).denominator != 1:
                raise DeclarationError(file, f"{path}[{place}]", f"bet mode {mode!r} would not cost whole micros")
            if stake_micros * step % cost:
                reason = f"with this stake a win would not be whole micros (a win is a multiple of stake*{step}/{cost})"
                raise DeclarationError(file, f"{path}[{place}]", reason)
