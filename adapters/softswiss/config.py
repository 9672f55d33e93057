"""What the configuration says about one SOFTSWISS mount: where it is, which brands it knows, which games it offers."""

from pydantic import BaseModel, ConfigDict, Field

from adapters.contract.amounts import minor_exponent
from adapters.contract.brands import brand_entry
from adapters.contract.errors import InvalidCall
from adapters.contract.games import Game, GameType, Page, PageRequest, page_of
from adapters.contract.ids import GameId


class BrandConfig(BaseModel):
    """One brand at the provider: its casino id, and the key that signs our calls."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    casino_id: str
    secret: str = Field(repr=False)
    jurisdiction: str = ""


class GameConfig(BaseModel):
    """One game of the list that the provider delivers with the integration (the protocol has no call for it)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    game_id: str
    display_name: str
    studio: str
    rtp_ppm: int = 0
    game_type: GameType = GameType.SLOT
    free_rounds: bool = True
    line_count: int = 0


class CurrencyConfig(BaseModel):
    """A currency whose name or minor unit at the provider differs from ours (``BTC`` in satoshis is our ``mBTC``)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    currency_code: str
    exponent: int = Field(ge=0, le=6)


class SoftswissConfig(BaseModel):
    """The whole mount."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    adapter_id: str = "softswiss"
    provider_id: str = "softswiss"
    base_url: str = "http://127.0.0.1:8602"
    timeout_ms: int = Field(default=5_000, gt=0)
    callback_timeout_ms: int = Field(default=3_000, gt=0)
    brands: dict[str, BrandConfig] = Field(default_factory=dict)
    games: tuple[GameConfig, ...] = ()
    currencies: dict[str, CurrencyConfig] = Field(default_factory=dict)
    """By the provider's name; a currency that is not listed has our name and the ISO minor unit."""
    bet_levels_micros: dict[str, tuple[int, ...]] = Field(default_factory=dict)
    """By our currency code (``*``: any other): the stake of bet level 1, 2, ... of a freespins issue."""

    def brand(self, brand_id: str) -> BrandConfig:
        """Return a brand's entry; raises ``InvalidCall``."""
        return brand_entry(self.brands, brand_id)

    def ours(self, wire_currency: str) -> tuple[str, int]:
        """Return (our currency code, exponent of the minor unit) of the provider's currency."""
        entry = self.currencies.get(wire_currency)
        return (entry.currency_code, entry.exponent) if entry else (wire_currency, minor_exponent(wire_currency))

    def theirs(self, currency_code: str) -> str:
        """Return the provider's name of our currency."""
        names = (wire for wire, entry in self.currencies.items() if entry.currency_code == currency_code)
        return next(names, currency_code)

    def bet_level(self, currency_code: str, stake_micros: int) -> int:
        """Return the bet level of a stake; raises ``InvalidCall`` where there is none."""
        levels = self.bet_levels_micros.get(currency_code) or self.bet_levels_micros.get("*", ())
        if stake_micros not in levels:
            raise InvalidCall("no bet level has this stake", field="stake_micros")
        return levels.index(stake_micros) + 1

    def page(self, request: PageRequest) -> Page[Game]:
        """Return one page of the games in the order of the list; raises ``InvalidCall``."""
        return page_of([_game(game) for game in self.games], request)


def _game(game: GameConfig) -> Game:
    return Game(
        game_id=GameId(game.game_id),
        display_name=game.display_name,
        studio=game.studio,
        game_type=game.game_type,
        rtp_ppm=game.rtp_ppm,
        line_count=game.line_count,
        free_rounds=game.free_rounds,
    )
