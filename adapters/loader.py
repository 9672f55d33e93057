"""Makes adapters from dotted paths in the config: the only place of the gateway's side that imports an adapter.

A third party's package works the same way as one of this repository: ``"package.module:create_adapter"``.
"""

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from adapters.contract.adapter import ProviderAdapter


class AdapterNotLoaded(Exception):
    """The dotted path leads nowhere, or its function refused its config."""


def look_here_too() -> None:
    """Find packages of the current folder, as ``python -m`` does; for command lines alone."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)


def load_adapter(factory: str, config: Mapping[str, Any]) -> ProviderAdapter:
    """Import ``package.module:function`` and call it with its config section; raises ``AdapterNotLoaded``."""
    module_name, _, attribute = factory.partition(":")
    if not module_name or not attribute:
        raise AdapterNotLoaded(f"{factory!r} must be of the form package.module:function")
    try:
        create = getattr(importlib.import_module(module_name), attribute)
    except (ImportError, AttributeError) as error:
        raise AdapterNotLoaded(f"{factory!r} cannot be loaded: {error}") from error
    except SystemExit as error:
        raise AdapterNotLoaded(f"{factory!r} cannot be loaded: its module exits") from error
    try:
        return cast("ProviderAdapter", create(config))
    except SystemExit as error:
        raise AdapterNotLoaded(f"{factory!r} exits instead of making an adapter") from error
