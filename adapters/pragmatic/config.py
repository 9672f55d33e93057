"""What the configuration says about one Pragmatic mount."""

from pydantic import BaseModel, ConfigDict, Field

from adapters.contract.brands import brand_entry
from adapters.pragmatic.codes import InternalCodes
from adapters.pragmatic.hashing import HashVariant


class BrandConfig(BaseModel):
    """One brand at the provider: its login and the key that signs our calls."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    secure_login: str
    secret: str = Field(repr=False)


class PragmaticConfig(BaseModel):
    """The whole mount."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    adapter_id: str = "pragmatic"
    provider_id: str = "pragmatic"
    base_url: str = "http://127.0.0.1:8603"
    timeout_ms: int = Field(default=5_000, gt=0)
    callback_timeout_ms: int = Field(default=3_000, gt=0)
    brands: dict[str, BrandConfig] = Field(default_factory=dict)
    hash_variant: HashVariant = HashVariant.DECODED
    internal_codes: InternalCodes = InternalCodes()
    check_bet_time: bool = True
    """Hold the signed timestamp of a bet against the clock; nothing else, for retries may be days old."""
    free_round_results_pay: bool = False
    """Whether ``result`` pays the win of a free round at once; as it is, ``bonusWin`` pays the whole series."""
    balance_decimals: int = Field(default=2, ge=0, le=6)
    """How many decimals a balance has on the wire; the rest is cut off."""

    def brand(self, brand_id: str) -> BrandConfig:
        """Return a brand's entry; raises ``InvalidCall``."""
        return brand_entry(self.brands, brand_id)
