"""A game that is ready: compiled, analysed and checked against what its declaration promises."""

from dataclasses import dataclass, field
from fractions import Fraction
from math import gcd

from adapters.reels.analysis.figures import Figures, figures_of, read_evidence, tables_hashes
from adapters.reels.analysis.report import analyse
from adapters.reels.compiling.game_tables import GameTables, compile_game, game_hash_of
from adapters.reels.declaration.game import Declaration
from adapters.reels.errors import DeclarationError

TOP_AWARD_ONE_IN_MAX = 100_000_000
RTP_FLOOR = Fraction(3, 4)
"""GLI-19 4.7.1: at least 75 % for every wagering configuration."""


@dataclass(slots=True)
class ReadyGame:
    """Tables to play with and the figures of each bet mode with all lines, worked out when they are not known yet."""

    tables: GameTables
    known: dict[str, Figures] = field(default_factory=dict)

    @property
    def analyses(self) -> dict[str, Figures]:
        """The figures of every bet mode."""
        for mode in self.tables.modes:
            if mode not in self.known:
                self.known[mode] = figures_of(analyse(self.tables, mode), self.tables.win_cap)
        return self.known

    @property
    def analysis(self) -> Figures:
        """The figures of the ordinary bet."""
        return self.analyses[self.tables.modes[0]]


def make_ready(declaration: Declaration, file: str, evidence: bytes = b"") -> ReadyGame:
    """Compile, analyse and check a game; raises DeclarationError.

    ``evidence`` is a PAR sheet whose checksum is certified: it spares the analysis when the tables of every bet mode
    are those that it was made from.
    """
    tables = compile_game(declaration, file)
    ready = ReadyGame(tables)
    if evidence and all(tables.play(mode).tables_hash == tables_hashes(evidence).get(mode) for mode in tables.modes):
        ready.known = read_evidence(tables.game_hash, tables.modes, evidence) or {}
    if not ready.known:
        _check_features(declaration, file, tables)
    _check_figures(declaration, file, ready)
    for mode in tables.modes:
        for line_count in tables.line_counts:
            _check_stakes(tables, file, mode, line_count)
    return ready


def make_certified(declaration: Declaration, file: str, hashes: dict[str, str], evidence: bytes) -> ReadyGame | None:
    """Return a game as it was certified, its tables not compiled yet; None when the sheet is not of this game.

    To be asked only while the engine is the certified one: then declaration, tables, figures and stakes were all
    checked when the certificate was made. The tables are held to ``hashes`` when they are compiled.
    """
    tables = GameTables(declaration, game_hash_of(declaration), file, certified=dict(hashes))
    known = read_evidence(tables.game_hash, tables.modes, evidence)
    if known is None or set(hashes) != set(tables.modes):
        return None
    ready = ReadyGame(tables, known)
    _check_figures(declaration, file, ready)
    return ready


def _check_figures(declaration: Declaration, file: str, ready: ReadyGame) -> None:
    for mode, analysis in ready.analyses.items():
        if analysis.rtp < RTP_FLOOR:
            reason = f"the RTP of bet mode {mode!r} is {float(analysis.rtp):.6f}, below the floor {float(RTP_FLOOR)}"
            raise DeclarationError(file, "rtp", reason)
    _check_floors(declaration, file, ready.analyses)
    _check_top_award(declaration, file, ready.analysis)
    _check_declared(declaration, file, ready.analysis)


def _check_features(declaration: Declaration, file: str, tables: GameTables) -> None:
    """A feature that is shown to players must be one that can be won."""
    won = {
        entry.split("*")[0]
        for mode in tables.modes
        for spin in analyse(tables, mode).spins.values()
        for entry in spin.games_awarded
    }
    for name, feature in declaration.features.items():
        if feature.trigger is not None and name not in won:
            reason = f"the scatter {feature.trigger.scatter!r} never shows so often: the feature can never be won"
            raise DeclarationError(file, f"features.{name}.trigger", reason)


def _check_floors(declaration: Declaration, file: str, analyses: dict[str, Figures]) -> None:
    for country, rules in declaration.jurisdictions.items():
        for mode, analysis in analyses.items():
            bought = mode in declaration.modes and declaration.modes[mode].start is not None
            if analysis.rtp < rules.rtp_floor and (rules.buy_allowed or not bought):
                reason = f"the RTP of bet mode {mode!r} is {float(analysis.rtp):.6f}, below {float(rules.rtp_floor)}"
                raise DeclarationError(file, f"jurisdictions.{country}.rtp_floor", reason)


def _check_top_award(declaration: Declaration, file: str, analysis: Figures) -> None:
    """GLI-19 4.7.3: the top award comes at least once in 100,000,000 games, or its odds are displayed."""
    if declaration.rare_top_award:
        return
    odds = analysis.top_award_one_in
    if odds > TOP_AWARD_ONE_IN_MAX:
        reason = f"the top award comes once in {odds:.0f} games; declare rare_top_award = true to display its odds"
        raise DeclarationError(file, "rare_top_award", reason)


def _check_declared(declaration: Declaration, file: str, analysis: Figures) -> None:
    declared = declaration.rtp
    if declared is None:
        return
    allowed = declared.tolerance + Fraction(analysis.rtp_half_width)
    if abs(declared.value - analysis.rtp) > allowed:
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
