"""Keys of the ledger's rows, and what an id may look like."""

import re
from typing import TypeAlias

AccountKey: TypeAlias = tuple[str, str, str]
"""(brand_id, player_id, currency_code)"""
TransactionKey: TypeAlias = tuple[str, str, str, str]
"""(brand_id, provider_id, kind, transaction_id), unique for ever"""
RoundKey: TypeAlias = tuple[str, str, str, str]
"""(brand_id, player_id, provider_id, round_id)"""
GameKey: TypeAlias = tuple[str, str, str, str]
"""(brand_id, player_id, provider_id, game_id)"""
GrantKey: TypeAlias = tuple[str, str, str, str]
"""(brand_id, player_id, currency_code, grant_id)"""
PlayerKey: TypeAlias = tuple[str, str]
"""(brand_id, player_id)"""

ID_LENGTH_MAX = 64
MICROS_MAX = 2**63 - 1
DETAIL_BYTES_MAX = 1024 * 1024
STATE_BYTES_MAX = 64 * 1024
TEXT_LENGTH_MAX = 512
ACTIONS_MAX = 64

_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}\Z")
is_id = _ID.match
"""Truthy for 1 to 64 of ``A-Z a-z 0-9 . _ : -``."""
