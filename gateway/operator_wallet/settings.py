"""What is configured about a brand whose money is at the operator."""

from typing import Any

from pydantic import BaseModel, Field


class OperatorWalletSettings(BaseModel):
    """One brand. The dialect is a dotted path, so that a third party's works the same way."""

    url: str
    dialect: str
    """"adapters.operator_wallets.hub88:create_dialect", "adapters.operator_wallets.softswiss:create_dialect"..."""
    config: dict[str, Any] = Field(default_factory=dict, repr=False)
    """The dialect's own section: keys."""
    timeout_ms: int = Field(default=3_000, gt=0)
    """How long the operator may take to answer one request."""
    balance_timeout_ms: int = Field(default=1_500, gt=0)
    retry_pause_ms: int = Field(default=1_000, gt=0)
    """The pause after the first failed attempt of a win or rollback; it doubles up to the maximum."""
    retry_pause_max_ms: int = Field(default=300_000, gt=0)
    stale_ms: int = Field(default=60_000, gt=0)
    """A movement that was begun and not ended for so long belongs to a process that died."""

    def pause_ms(self, attempt_count: int) -> int:
        """Return the pause after so many failed attempts."""
        return min(self.retry_pause_ms << min(attempt_count - 1, 20), self.retry_pause_max_ms)
