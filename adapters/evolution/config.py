"""What the configuration says about one Evolution mount."""

from pydantic import BaseModel, ConfigDict, Field

from adapters.contract.brands import brand_entry
from adapters.contract.errors import GameNotFound
from adapters.contract.games import Game, GameType, Page, PageRequest, page_of
from adapters.contract.ids import GameId


class BrandConfig(BaseModel):
    """One brand at the provider: the key and token of its casino, and what its players are told apart by."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    casino_key: str
    api_token: str = Field(repr=False)
    skin: str = "1"
    group_id: str = ""


class TableConfig(BaseModel):
    """A table of the casino's list (the protocol has no call for it)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    table_id: str
    display_name: str
    category: str
    game_type: GameType = GameType.LIVE
    rtp_ppm: int = 0


class EvolutionConfig(BaseModel):
    """The whole mount."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    adapter_id: str = "evolution"
    provider_id: str = "evolution"
    base_url: str = "http://127.0.0.1:8604"
    timeout_ms: int = Field(default=5_000, gt=0)
    callback_timeout_ms: int = Field(default=3_000, gt=0)
    brands: dict[str, BrandConfig] = Field(default_factory=dict)
    tables: tuple[TableConfig, ...] = ()

    def brand(self, brand_id: str) -> BrandConfig:
        """Return a brand's entry; raises ``InvalidCall``."""
        return brand_entry(self.brands, brand_id)

    def table(self, game_id: str) -> TableConfig:
        """Return a table; raises ``GameNotFound``."""
        found = next((table for table in self.tables if table.table_id == game_id), None)
        if found is None:
            raise GameNotFound("the casino has no such table", field="game_id")
        return found

    def page(self, request: PageRequest) -> Page[Game]:
        """Return one page of the tables in the order of the list; raises ``InvalidCall``."""
        return page_of([_game(table) for table in self.tables], request)


def _game(table: TableConfig) -> Game:
    return Game(
        game_id=GameId(table.table_id),
        display_name=table.display_name,
        studio="Evolution",
        game_type=table.game_type,
        rtp_ppm=table.rtp_ppm,
        demo=False,
        facts={"category": table.category},
    )
