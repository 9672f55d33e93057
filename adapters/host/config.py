"""Reads the config section of one adapter from a file."""

import json
import tomllib
from pathlib import Path
from typing import Any


def read_config(path: Path | None) -> dict[str, Any]:
    """Read a config section from a TOML or JSON file; no file is an empty section."""
    if path is None:
        return {}
    text = path.read_text(encoding="utf-8")
    section = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    if not isinstance(section, dict):
        raise TypeError(f"{path.name} must hold a table")
    return section
