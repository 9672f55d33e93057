"""Makes an adapter from a dotted path: ``"package.module:create_adapter"`` called with its config section."""

import importlib
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from adapters.contract.adapter import ProviderAdapter


class FactoryNotFound(Exception):
    """The dotted path leads nowhere."""


def make_adapter(factory: str, config: Mapping[str, Any] | None = None) -> ProviderAdapter:
    """Import ``factory`` and call it with ``config``."""
    module_name, _, attribute = factory.partition(":")
    if not module_name or not attribute:
        raise FactoryNotFound(f"{factory!r} is not of the form package.module:function")
    try:
        function = getattr(importlib.import_module(module_name), attribute)
    except (ImportError, AttributeError) as error:
        raise FactoryNotFound(f"cannot load {factory!r}: {error}") from error
    return cast("ProviderAdapter", function(config or {}))


def read_config(path: Path | None) -> dict[str, Any]:
    """Read a config section from a TOML or JSON file; no file is an empty section."""
    if path is None:
        return {}
    text = path.read_text(encoding="utf-8")
    section = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    if not isinstance(section, dict):
        raise TypeError(f"{path.name} must hold a table")
    return section
