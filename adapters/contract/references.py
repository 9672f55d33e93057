"""Texts that carry ids across a wire: foreign ids as ours, accounts and sessions that say whose they are.

Some protocols name a player without a currency, a session without a player or a series of free rounds without either,
and ``decode`` is pure: so what we hand out says it all. ``player-7_EUR`` is an account, ``TOKEN~player-7_EUR`` a
session of it, ``8.player-7.EUR.GRANT`` a grant to it (led by the length of the player's id).
"""

import hashlib
import re

from adapters.contract.errors import InvalidCall, MalformedCall
from adapters.contract.ids import GrantId, PlayerId, is_valid_id

_CURRENCY = re.compile(r"[A-Za-z]{3,8}\Z")
_SESSION_MARK = "~"


def native_id(text: str) -> str:
    """Return a foreign id as one of ours: itself where it fits, else a hash that is the same every time."""
    if is_valid_id(text):
        return text
    return "h:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:60]


def account_ref(player_id: str, currency_code: str) -> str:
    """Name a player's account in one currency."""
    return f"{player_id}_{currency_code}"


def read_account_ref(text: str, field: str) -> tuple[PlayerId, str]:
    """Return (player, currency) of an account; raises ``MalformedCall``."""
    player_id, _, currency_code = text.rpartition("_")
    if not is_valid_id(player_id) or not _CURRENCY.match(currency_code):
        raise MalformedCall("this names no account of ours", field=field)
    return PlayerId(player_id), currency_code


def session_ref(token: str, rest: str) -> str:
    """Hand out a session token together with what the provider will not tell us otherwise."""
    if not token or _SESSION_MARK in token:
        raise InvalidCall("a session token is needed, without a tilde", field="token")
    return f"{token}{_SESSION_MARK}{rest}"


def read_session_ref(text: str) -> tuple[str, str]:
    """Return (token, rest); the rest is empty when the text does not carry one."""
    token, _, rest = text.partition(_SESSION_MARK)
    return token, rest


def player_of(text: str, field: str) -> PlayerId:
    """Return a player's id as we made it; raises ``MalformedCall``."""
    if not is_valid_id(text):
        raise MalformedCall("this names no player of ours", field=field)
    return PlayerId(text)


def currency_of(text: str, field: str) -> str:
    """Return a currency code by form; raises ``MalformedCall``."""
    if not _CURRENCY.match(text):
        raise MalformedCall("a currency code is malformed", field=field)
    return text


def split_mount_path(path: str) -> tuple[str, str]:
    """Split ``/{brand_ref}/{method}`` below an adapter's mount; raises ``MalformedCall``."""
    brand_ref, _, method = path.strip("/").partition("/")
    if not is_valid_id(brand_ref) or not method:
        raise MalformedCall("the path must be /BRAND/METHOD", field="path")
    return brand_ref, method


def grant_ref(player_id: str, currency_code: str, grant_id: str) -> str:
    """Name a grant so that a provider's call says whose it is; raises ``InvalidCall`` when the parts are too long."""
    ref = f"{len(player_id)}.{player_id}.{currency_code}.{grant_id}"
    if not is_valid_id(ref):
        raise InvalidCall("player, currency and grant are too long together", field="grant_id")
    return ref


def read_grant_ref(text: str, field: str) -> tuple[PlayerId, str, GrantId]:
    """Return (player, currency, grant); raises ``MalformedCall`` for a grant that is not ours."""
    length, _, rest = text.partition(".")
    if not (length.isascii() and length.isdecimal() and len(length) <= 2):
        raise MalformedCall("this names no grant of ours", field=field)
    player_id, rest = rest[: int(length)], rest[int(length) :]
    currency_code, _, grant_id = rest[1:].partition(".")
    if rest[:1] != "." or not is_valid_id(player_id) or not is_valid_id(grant_id):
        raise MalformedCall("this names no grant of ours", field=field)
    return PlayerId(player_id), currency_of(currency_code, field), GrantId(grant_id)
