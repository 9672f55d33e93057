"""YAML as the scenario files are written: the plain types, and no word said twice."""

import re
from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    """Refuses a key that stands twice in one table: the first one would be dropped in silence.

    Only ``true`` and ``false`` are truth values: ``on`` is a word of faults, and ``NO`` a country.
    """


def _table(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    loader.flatten_mapping(node)
    table: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in table:
            raise ValueError(f"line {key_node.start_mark.line + 1}: {key!r} is said twice")
        table[key] = loader.construct_object(value_node, deep=True)
    return table


_BOOL = "tag:yaml.org,2002:bool"
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _BOOL]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_BOOL, re.compile(r"(?:true|false)\Z"), list("tf"))
_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _table)


def read_yaml(text: str) -> Any:
    """Read one document; raises ``ValueError`` for a key said twice, ``yaml.YAMLError`` for what is no YAML."""
    return yaml.load(text, _Loader)  # noqa: S506 a safe loader
