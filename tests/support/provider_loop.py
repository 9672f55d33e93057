"""The closed loop of the mocks, under the name that tests use."""

from adapters.mocks.loop import BRAND_ID, MOCK_URL, WALLET_URL, Loop

__all__ = ["BRAND_ID", "MOCK_URL", "WALLET_URL", "Loop"]
