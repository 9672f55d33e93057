"""What the configuration says about one SwipeGames mount."""

from pydantic import BaseModel, ConfigDict, Field

from adapters.contract.brands import brand_entry


class BrandConfig(BaseModel):
    """One brand at the provider: its two names there, and the API key that signs our calls."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    c_id: str
    ext_c_id: str
    api_key: str = Field(repr=False)


class SwipeGamesConfig(BaseModel):
    """The whole mount."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    adapter_id: str = "swipegames"
    provider_id: str = "swipegames"
    display_name: str = "SwipeGames"
    base_url: str = "http://127.0.0.1:8600/swipegames/default/api"
    timeout_ms: int = Field(default=5_000, gt=0)
    game_list_timeout_ms: int = Field(default=30_000, gt=0)
    """The full list is above one megabyte and takes the provider 10 to 20 s."""
    game_list_ttl_s: int = Field(default=600, gt=0)
    callback_timeout_ms: int = Field(default=5_000, gt=0)
    demo_balance: str = "1000.00"
    brands: dict[str, BrandConfig] = Field(default_factory=dict)

    def brand(self, brand_id: str) -> BrandConfig:
        """Return a brand's entry; raises ``InvalidCall``."""
        return brand_entry(self.brands, brand_id)
