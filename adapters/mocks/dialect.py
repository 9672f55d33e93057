"""What one protocol adds to the shared mock; ``adapters/<provider>/mock.py`` exports ``create_dialect``."""

from adapters.mocks.tenant import Dialect

__all__ = ["Dialect"]
