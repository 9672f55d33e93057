"""What the configuration says about one Hub88 mount."""

from pydantic import BaseModel, ConfigDict, Field

from adapters.contract.brands import brand_entry


class BrandConfig(BaseModel):
    """One brand at the supplier: who we are there, and the key that signs our calls."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    operator_id: str
    sub_partner_id: str
    private_key: str = Field(repr=False)
    """RSA, PEM."""
    jurisdiction: str = ""
    """Under whose licence the brand offers its games ("MT"); told with ``user/info``."""


class Hub88Config(BaseModel):
    """The whole mount."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    adapter_id: str = "hub88"
    provider_id: str = "hub88"
    display_name: str = "Hub88"
    base_url: str = "http://127.0.0.1:8600/hub88/default/api"
    game_list_ttl_s: int = Field(default=60, gt=0)
    """The supplier answers its game list once a minute."""
    timeout_ms: int = Field(default=5_000, gt=0)
    callback_timeout_ms: int = Field(default=3_000, gt=0)
    signature_header: str = "X-Hub88-Signature"
    demo_currency: str = "XXX"
    """Hub88 says XXX, Caleta FUN."""
    check_timestamp: bool = True
    """Hold X-Msg-Timestamp of bets against the window (the header is not signed: it stops accidents, not thieves)."""
    country_default: str = "XX"
    brands: dict[str, BrandConfig] = Field(default_factory=dict)

    def brand(self, brand_id: str) -> BrandConfig:
        """Return a brand's entry; raises ``InvalidCall``."""
        return brand_entry(self.brands, brand_id)
