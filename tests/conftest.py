"""What every test shares: Hypothesis profiles, the time that a test may take, and the PostgreSQL fixtures.

Profiles: ``dev`` (the default), ``ci`` (chosen when CI is set) and ``night`` (``make night``). A failing example
prints how to reproduce it. ``TIMEOUT_SCALE`` multiplies every timeout, those of single tests too: nights need it.
"""

import os

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.support.postgres_fixtures"]

_ALWAYS = {"deadline": None, "print_blob": True, "suppress_health_check": [HealthCheck.too_slow]}
for _name, _examples in (("dev", 50), ("ci", 150), ("night", 5_000)):
    settings.register_profile(_name, max_examples=_examples, **_ALWAYS)
# Tests are development: an engine whose source was changed deals all the same (see adapters/reels/README.md).
os.environ.setdefault("REELGATE_UNCERTIFIED_ENGINE", "deal")
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Scale the timeouts."""
    scale = float(os.environ.get("TIMEOUT_SCALE", "1"))
    if scale == 1:
        return
    for item in items:
        mark = item.get_closest_marker("timeout")
        timeout_s = float(mark.args[0] if mark is not None else config.getini("timeout"))
        item.add_marker(pytest.mark.timeout(timeout_s * scale), append=False)
