"""The compiled game: one set of tables for every number of lines and bet mode, compiled once when first asked for."""

import json
from dataclasses import dataclass, field
from fractions import Fraction
from hashlib import sha256
from threading import Lock
from typing import Any

from adapters.reels.compiling.checking import check_declaration
from adapters.reels.compiling.context import Context, make_context
from adapters.reels.compiling.stages import Stage, compile_stages
from adapters.reels.declaration.features import FreeGames, Jackpot
from adapters.reels.declaration.game import Declaration
from adapters.reels.errors import TablesAltered

ENGINE_FORMAT = "reelgate-reels/1"


@dataclass(slots=True)
class PlayTables:
    """What one way to bet is played with: the stages that a round can go through, from ``entry``."""

    context: Context
    stages: dict[str, Stage]
    entries: dict[str, tuple[tuple[int, str], ...]]
    entry: str
    tables_hash: str
    cost: Fraction = Fraction(1)
    """What a round costs, in stakes."""
    analysis: Any = None
    """The figures, once ``adapters.reels.analysis`` has worked them out."""
    views: dict[str, Any] = field(default_factory=dict)
    """Prepared texts of the stages, kept by ``adapters.reels.play``."""
    costs_stake: bool = field(init=False)
    """Whether a round costs the stake itself."""
    _units_per_stake: int = field(init=False)

    def __post_init__(self) -> None:
        self.costs_stake = self.cost == 1
        self._units_per_stake = self.context.cost_units * self.context.scale

    def digest(self, game_hash: str, mode: str, line_count: int) -> str:
        """Return the SHA-256 over everything in these tables that decides an outcome, as it is in memory now."""
        head = [game_hash, mode, line_count, self.entry, sorted(self.entries.items())]
        digest = sha256(json.dumps(head).encode())
        for name in sorted(self.stages):
            digest.update(self.stages[name].digest())
        return digest.hexdigest()

    @property
    def unit(self) -> Fraction:
        """How many pay units the price of a round is."""
        return self.context.cost_units * self.context.scale * self.cost

    def price_micros(self, stake_micros: int) -> int:
        """Return what a round costs at this stake: the bet mode's cost times the stake."""
        price = self.cost * stake_micros
        assert price.denominator == 1, "stakes are checked at load"
        return price.numerator

    @property
    def counted_entries(self) -> frozenset[str]:
        """The entries whose awards are numbers of free games, known when they are won."""
        return frozenset(self.entries) - self.open_series - frozenset(name for name in self.entries if "+" in name)

    @property
    def open_series(self) -> frozenset[str]:
        """The free games that go on until a symbol stops them."""
        features = self.context.declaration.features.items()
        return frozenset(name for name, feature in features if isinstance(feature, FreeGames) and feature.until)

    def pay_micros(self, pay: int, stake_micros: int) -> int:
        """Return pay units as money; exact for every stake that the game offers."""
        micros, rest = divmod(pay * stake_micros, self._units_per_stake)
        assert rest == 0, "stakes are checked at load"
        return micros


@dataclass(slots=True)
class GameTables:
    """A game ready to play, analyse and simulate."""

    declaration: Declaration
    game_hash: str
    file: str = ""
    has_gamble: bool = False
    win_cap: int = 0
    """In total bets; 0: none."""
    contribution: Fraction = Fraction(0)
    """The share of every stake that feeds the game's jackpots."""
    certified: dict[str, str] = field(default_factory=dict)
    """Bet mode → the hash that its tables with all lines must have."""
    _play: dict[tuple[str, int], PlayTables] = field(default_factory=dict)
    _compiling: Lock = field(default_factory=Lock, repr=False, compare=False)

    def __post_init__(self) -> None:
        self.has_gamble = self.declaration.gamble is not None
        self.win_cap = self.declaration.win_cap or 0
        pots = [part for part in self.declaration.features.values() if isinstance(part, Jackpot)]
        self.contribution = sum((pot.contribution for pot in pots), Fraction(0))

    @property
    def line_count_max(self) -> int:
        """The number of lines of the game; 0 when it has none."""
        return len(self.declaration.lines.paths) if self.declaration.lines else 0

    def altered(self) -> bool:
        """Say whether declaration or compiled tables are no longer what their hashes say."""
        if game_hash_of(self.declaration) != self.game_hash:
            return True
        return any(
            tables.digest(self.game_hash, mode, line_count or self.line_count_max) != tables.tables_hash
            for (mode, line_count), tables in list(self._play.items())
        )

    @property
    def line_counts(self) -> tuple[int, ...]:
        """The numbers of lines that a player may select; 0 stands for all."""
        return (0, self.line_count_max, *(self.declaration.bet.line_counts or ()))

    @property
    def modes(self) -> tuple[str, ...]:
        """The bet modes on offer; the first is the ordinary bet."""
        return ("base", *self.declaration.modes)

    @property
    def tables_hash(self) -> str:
        """The hash of the tables of the ordinary bet: base mode, all lines."""
        return self.certified.get(self.modes[0]) or self.play().tables_hash

    def is_compiled(self, mode: str = "base", line_count: int = 0) -> bool:
        """Say whether ``play`` answers at once."""
        return (mode, line_count) in self._play

    def cost_of(self, mode: str) -> Fraction:
        """Return what a round of a bet mode costs, in stakes."""
        chosen = self.declaration.modes.get(mode)
        return chosen.cost if chosen is not None else Fraction(1)

    def play(self, mode: str = "base", line_count: int = 0) -> PlayTables:
        """Return the tables of one way to bet, compiling them at the first call; 0 lines means all.

        Raises TablesAltered when they are not what was certified.
        """
        tables = self._play.get((mode, line_count))
        if tables is None:
            with self._compiling:
                tables = self._compiled(mode, line_count)
        return tables

    def _compiled(self, mode: str, line_count: int) -> PlayTables:
        key = (mode, line_count or self.line_count_max)
        if key not in self._play:
            made = _compile(self.declaration, self.file, self.game_hash, *key)
            if key[1] == self.line_count_max and self.certified.get(mode, made.tables_hash) != made.tables_hash:
                raise TablesAltered(mode)
            self._play[key] = made
        self._play[mode, line_count] = self._play[key]
        return self._play[key]


def compile_game(declaration: Declaration, file: str = "") -> GameTables:
    """Compile a declaration; raises DeclarationError naming the place that does not fit."""
    tables = GameTables(declaration, game_hash_of(declaration), file or f"{declaration.id}.toml")
    check_declaration(declaration, tables.file)
    tables.play()
    return tables


def game_hash_of(declaration: Declaration) -> str:
    """Return the SHA-256 over the canonical JSON of the declaration."""
    document = declaration.model_dump(mode="json", by_alias=True)
    text = json.dumps([ENGINE_FORMAT, document], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(text.encode()).hexdigest()


def _compile(declaration: Declaration, file: str, game_hash: str, mode: str, line_count: int) -> PlayTables:
    context = make_context(declaration, file, line_count or None)
    stages, entries, entry = compile_stages(context, mode)
    chosen = declaration.modes.get(mode)
    cost = chosen.cost if chosen is not None else Fraction(1)
    tables = PlayTables(context, stages, entries, entry, "", cost)
    tables.tables_hash = tables.digest(game_hash, mode, line_count)
    return tables
