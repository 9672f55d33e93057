"""A provider's mock in a package without an adapter beside it."""

from adapters.swipegames.mock import create_dialect

__all__ = ["NOTHING", "create_dialect"]
NOTHING = object()
