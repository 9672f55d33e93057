"""Every limit and address of the gateway, by name. Read from ``REELGATE_...`` variables and an optional TOML file.

``REELGATE_CONFIG`` names the file; variables win over it, command-line options over both.
"""

import os
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from gateway.operator_wallet.settings import OperatorWalletSettings
from gateway.provider_settings import ProviderSettings
from protos.wire.addresses import StartRefused

DEFAULT_DATABASE_URL = "sqlite:///reelgate.db"
CONFIG_VARIABLE = "REELGATE_CONFIG"


class AdapterConfig(BaseModel):
    """One adapter: where it is made, and what it is told."""

    factory: str
    config: dict[str, Any] = Field(default_factory=dict)


class Settings(BaseSettings):
    """The settings of one process."""

    model_config = SettingsConfigDict(env_prefix="REELGATE_", env_nested_delimiter="__", extra="forbid")

    database_url: str = DEFAULT_DATABASE_URL
    listen: str = "127.0.0.1:7700"
    wallet_address: str = ""
    """HOST:PORT of a wallet server; empty: the wallet runs in this process."""
    wallet_token: str = ""
    """What the wallet server knows its callers by."""
    wallet_listen: str = ""
    """HOST:PORT at which the wallet of this process is served too, for back offices; a bare port: on 127.0.0.1. Callers
    bear ``wallet_token``, which an address that others can reach must have. Empty: not served."""
    wallet_timeout_s: float = Field(default=10.0, gt=0)
    workers: int = Field(default=1, ge=1, le=64)
    adapters: list[AdapterConfig] = Field(
        default_factory=lambda: [AdapterConfig(factory="adapters.reels.adapter:create_adapter")]
    )

    session_lifetime_s: int = Field(default=24 * 3600, ge=1)
    session_cache_ttl_s: float = Field(default=5.0, ge=0)
    """A session that is closed through another process may bet for at most this long."""
    session_cache_size_max: int = Field(default=100_000, ge=1)
    api_key_cache_ttl_s: float = Field(default=5.0, ge=0)
    """A revoked API key works for at most this long."""
    credential_cache_ttl_s: float = Field(default=5.0, ge=0)
    """A key of a provider that is added or retired counts within this long."""
    catalogue_refresh_s: float = Field(default=10.0, gt=0)
    """How often games and switches are read anew; a switch in another process arrives within it."""
    catalogue_timeout_s: float = Field(default=10.0, gt=0)
    """How long an adapter may take to list its games."""
    provider_timeout_s: float = Field(default=10.0, gt=0)
    """How long an adapter may take to grant free rounds, or to show a round."""
    free_rounds_interval_s: float = Field(default=2.0, gt=0)
    """How often grants are gone on with whose provider has not confirmed them."""
    probe_interval_s: float = Field(default=5.0, gt=0)
    """How often adapters are asked how they are."""
    keep_state_s: float = Field(default=30.0, gt=0)
    """How often what games returned is added to what all processes keep; a crash loses what came after."""
    demo_balance_micros: int = Field(default=1_000_000_000, gt=0)
    """Play money of a fresh demo account."""

    spins_in_flight_max: int = Field(default=2048, ge=1)
    play_window: int = Field(default=64, ge=1)
    """How many spins of one Play stream run at once."""
    spin_reserve_ms: int = Field(default=150, ge=0)
    """What is kept of a caller's deadline for our own work after the provider's answer."""
    round_grace_ms: int = Field(default=2_000, ge=0)
    """Added to an adapter's spin time-out: before that a round without outcome counts as running, not as in doubt."""
    resolver_interval_s: float = Field(default=5.0, gt=0)
    resolver_backoff_max_s: float = Field(default=300.0, gt=0)
    resolver_page_size: int = Field(default=200, ge=1, le=500)

    fair_seed_key: SecretStr = SecretStr("")
    """64 hexadecimal digits that seal the server seeds of provably fair sessions in the database; empty: unsealed."""
    fair_grace_ms: int = Field(default=30_000, ge=0)
    """For how long a fair round that began may still reach the wallet; its seed is not revealed before."""

    message_bytes_max: int = Field(default=1024 * 1024, ge=1024)
    metadata_bytes_max: int = Field(default=16 * 1024, ge=1024)
    rpcs_in_flight_max: int = Field(default=4096, ge=1)
    stop_grace_s: float = Field(default=10.0, ge=0)
    stop_drain_s: float = Field(default=0.0, ge=0)
    """How long health says NOT_SERVING before calls are refused; give a load balancer time to look away."""

    providers: dict[str, ProviderSettings] = Field(default_factory=dict)
    """What is agreed with a provider, by its id: the wallet's rules for its rounds, and what ends old ones."""
    ageing_interval_s: float = Field(default=60.0, gt=0)
    """How often rounds that nobody ends are looked for."""
    ageing_escalate_s: int = Field(default=2 * 24 * 3600, gt=0)
    """People are told once of a round in which nothing has happened for so long, where its provider has no rules."""

    operator_wallets: dict[str, OperatorWalletSettings] = Field(default_factory=dict)
    """Brands, by id, whose money is at the operator: bets and wins go to the operator's HTTP wallet."""
    operator_wallet_interval_s: float = Field(default=1.0, gt=0)
    """How often wins and rollbacks that the operator has not acknowledged are sent again."""

    callbacks_listen: str = ""
    """HOST:PORT of the HTTP side that providers call; empty: not served."""
    callback_head_timeout_ms: int = Field(default=5_000, ge=1)
    """How long the head of a provider's request may take to arrive, before its connection is closed."""
    callback_head_bytes_max: int = Field(default=65_536, ge=1_024)
    """How long the head of a provider's request may be."""
    metrics_port: int = Field(default=0, ge=0, le=65_535)
    """Prometheus metrics over HTTP on 127.0.0.1; 0: not served. Worker n listens on this port + n."""
    trace_exporter: str = ""
    """Dotted path "package.module:class" of an OpenTelemetry span exporter; empty: no traces."""
    trace_ratio: float = Field(default=0.01, ge=0, le=1)
    log_level: str = "INFO"
    log_json: bool = True

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Options win over variables, variables over the file."""
        path = os.environ.get(CONFIG_VARIABLE)
        if path is None:
            return (init_settings, env_settings)
        try:
            return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls, _read_through(Path(path))))
        except (OSError, ValueError) as error:
            raise StartRefused(f"{CONFIG_VARIABLE}: {path}: {getattr(error, 'strerror', None) or error}") from error


def _read_through(path: Path) -> Path:
    """Return the path of a file that can be read: a missing one would count as an empty one."""
    path.read_bytes()
    return path
