"""The list of known gaps: cases that fail and are accepted for now. A gap that closes must leave the list."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from adapters.conformance.cases import CASES
from adapters.mocks.yaml_text import read_yaml


class GapsUnreadable(Exception):
    """The file is not a table from case id to reason."""


def read_known_gaps(path: Path | None) -> Mapping[str, str]:
    """Read ``case-id: reason`` lines (YAML); every gap needs a reason, and must be a case."""
    if path is None:
        return {}
    try:
        table = read_yaml(path.read_text(encoding="utf-8")) or {}
    except (ValueError, yaml.YAMLError) as error:
        raise GapsUnreadable(f"{path.name} cannot be read: {error}") from error
    if not isinstance(table, dict):
        raise GapsUnreadable(f"{path.name} must hold lines of the form case-id: reason")
    known = {case.case_id for case in CASES}
    for case_id, reason in table.items():
        if case_id not in known:
            raise GapsUnreadable(f"{path.name}: there is no case {case_id!r}")
        if not isinstance(reason, str) or not reason.strip():
            raise GapsUnreadable(f"{path.name}: {case_id} needs a reason")
    return table
