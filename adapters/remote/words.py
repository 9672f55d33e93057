"""Words of the contract that are enums on the wire: one pair of tables each, made from the names."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

from reelgate.provider.v1 import manifest_pb2 as manifest
from reelgate.provider.v1 import provider_service_pb2 as wire

from adapters.contract.free_rounds import GrantStatus
from adapters.contract.manifest import Capability, Readiness, SettlementMode
from adapters.contract.rounds import CancelCause, RoundStatus

Word = TypeVar("Word", bound=StrEnum)


class _WireEnum(Protocol):
    def Value(self, name: str) -> Any: ...  # noqa: N802 - protobuf's name


class Words(dict[Word, Any]):
    """Word to number; ``back`` gives the word of a number, ``None`` for one that this version does not know."""

    def __init__(self, words: type[Word], enum: _WireEnum, prefix: str) -> None:
        super().__init__({word: enum.Value(f"{prefix}_{word.name}") for word in words})
        self._words: Mapping[int, Word] = MappingProxyType({number: word for word, number in self.items()})

    def back(self, number: int) -> Word | None:
        """Return the word of ``number``."""
        return self._words.get(number)


CAPABILITIES = Words(Capability, manifest.Capability, "CAPABILITY")
SETTLEMENT_MODES = Words(SettlementMode, manifest.SettlementMode, "SETTLEMENT_MODE")
READINESS = Words(Readiness, wire.Readiness, "READINESS")
ROUND_STATUSES = Words(RoundStatus, wire.RoundStatus, "ROUND_STATUS")
CANCEL_CAUSES = Words(CancelCause, wire.CancelCause, "CANCEL_CAUSE")
GRANT_STATUSES = Words(GrantStatus, wire.GrantStatus, "GRANT_STATUS")
