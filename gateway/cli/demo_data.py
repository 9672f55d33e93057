"""The demo's operator, brand, key and player. The key is known to everyone: only for a server on the loopback
address.
"""

import ipaddress

from gateway.bootstrap.compose import Gateway
from gateway.rounds.ports import AccountRef
from gateway.sessions.tokens import hash_of
from gateway.storage.operator_store import ApiKey, Brand, Operator

DEMO_OPERATOR_ID = "demo-operator"
DEMO_BRAND_ID = "demo"
DEMO_PLAYER_ID = "demo-player"
DEMO_CURRENCY_CODE = "EUR"
DEMO_API_KEY = "demo-key-known-to-everyone-for-loopback-only"
DEMO_DEPOSIT_MICROS = 1_000_000_000


class NotLoopback(ValueError):
    """Demo data may not be served to other machines."""


def require_loopback(listen: str) -> None:
    """Return when the address is reachable from this machine alone; raises ``NotLoopback``."""
    host = listen.rpartition(":")[0].strip("[]")
    if host == "localhost":
        return
    try:
        if ipaddress.ip_address(host).is_loopback:
            return
    except ValueError:
        pass
    raise NotLoopback(f"demo data has a key that everyone knows: listen on 127.0.0.1, not on {host or 'every address'}")


async def ensure_demo_data(gateway: Gateway) -> None:
    """Create what is missing; doing it again changes nothing."""
    now_ms = gateway.clock.now_ms()
    operators = gateway.operators
    await operators.add_operator(Operator(DEMO_OPERATOR_ID, "Demo operator"), now_ms)
    await operators.add_brand(Brand(DEMO_BRAND_ID, DEMO_OPERATOR_ID, "Demo casino"), now_ms)
    key = ApiKey("demo-key", DEMO_OPERATOR_ID, "demo", now_ms, None)
    await operators.add_key(key, hash_of(DEMO_API_KEY))
    account = AccountRef(DEMO_BRAND_ID, DEMO_PLAYER_ID, DEMO_CURRENCY_CODE)
    await gateway.accounts.open(account)
    await gateway.accounts.deposit(account, "demo-deposit", DEMO_DEPOSIT_MICROS)
