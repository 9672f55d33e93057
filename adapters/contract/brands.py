"""Brands in the configuration of a mount: each has an entry of its own at the provider."""

from collections.abc import Mapping
from typing import TypeVar

from adapters.contract.errors import InvalidCall

Entry = TypeVar("Entry")


def brand_entry(brands: Mapping[str, Entry], brand_id: str) -> Entry:
    """Return a brand's entry; raises ``InvalidCall``."""
    found = brands.get(brand_id)
    if found is None:
        raise InvalidCall("the brand is not configured at this provider", field="brand_id")
    return found
