"""The ids that cross the contract: plain strings of 1 to 64 bytes, each named after the party that made it."""

import re
from typing import NewType

OperatorId = NewType("OperatorId", str)
BrandId = NewType("BrandId", str)
PlayerId = NewType("PlayerId", str)
ProviderId = NewType("ProviderId", str)
AdapterId = NewType("AdapterId", str)
GameId = NewType("GameId", str)
SessionId = NewType("SessionId", str)
RoundId = NewType("RoundId", str)
TransactionId = NewType("TransactionId", str)
GrantId = NewType("GrantId", str)

ID_LENGTH_MAX = 64
_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}\Z")


def is_valid_id(text: str) -> bool:
    """Say whether ``text`` is an id: 1 to 64 of ``A-Z a-z 0-9 . _ : -``."""
    return _ID.match(text) is not None
