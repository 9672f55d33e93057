"""What a case is: data about one promise of the contract, and the check that proves it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from types import MappingProxyType

from adapters.conformance.bench import Bench
from adapters.conformance.promise import CaseFailed, require
from adapters.contract.manifest import Capability

__all__ = ["MUSTS", "Case", "CaseFailed", "Check", "Fault", "Tier", "require"]

MUSTS: Mapping[int, str] = MappingProxyType(
    {
        0: "the manifest and the games are complete, constant and true",
        1: "the same spin twice gives an equal outcome, also after a restart",
        2: "the same round id with other content is RoundConflict",
        3: "two at once: one plays, the other gets the same outcome or RoundInProgress",
        4: "the answer has the round, currency and bounds of the request",
        5: "get_round tells the truth after a timeout",
        6: "cancel_round of an unknown round returns, of a completed one raises RoundAlreadyCompleted",
        7: "only AdapterError leaves the adapter; anything else counts as outcome unknown",
        8: "a passed deadline stops work",
        9: "an undeclared capability is CapabilityNotSupported, a declared one works",
        10: "no float; inexact amounts are refused",
        11: "decode refuses a wrong signature, over raw bytes, before parsing; encode keeps correlation ids",
        12: "no import-time I/O, no global state",
    }
)
"""The musts of the adapter contract by number; 0 is what the contract's own docstrings promise."""


class Tier(IntEnum):
    """How far an adapter can be trusted; each tier includes those before it."""

    PLAYABLE = 1
    RESILIENT = 2
    CERTIFIED = 3


class Fault(StrEnum):
    """What goes wrong in a case on purpose."""

    NONE = ""
    LATE_ANSWER = "late answer"
    DOUBLE_ANSWER = "double answer"
    ANSWER_AFTER_CANCEL = "answer after cancel"
    LOST_ANSWER = "lost answer"
    WRONG_CURRENCY = "wrong currency"
    OTHER_ROUND_ID = "other round id"
    NEGATIVE_WIN = "negative win"
    NEGATIVE_STAKE = "negative stake"
    MALFORMED_BYTES = "malformed bytes"
    FORGED_SIGNATURE = "forged signature"
    RESTART = "restart"


Check = Callable[[Bench], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Case:
    """One promise. It runs when the manifest declares all of ``needs`` and does not declare ``without``."""

    case_id: str
    must: int
    tier: Tier
    says: str
    check: Check
    needs: frozenset[Capability] = frozenset()
    without: Capability | None = None
    rpcs: tuple[str, ...] = ()
    """The methods of ``ProviderService`` that the case exercises."""
    faults: tuple[Fault, ...] = ()
    of_servers: bool = False
    """It is about the wire itself, and runs only where the subject has an address."""
    atomic: str = ""
    """How the promise reads for an ATOMIC adapter, which draws anew each time; empty: just the same."""

    @property
    def spins(self) -> bool:
        """Say whether it plays as a gateway does: then it runs by each way in which steps can go."""
        return "Spin" in self.rpcs and not self.of_servers
