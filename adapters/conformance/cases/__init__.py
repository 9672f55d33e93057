"""All cases, in the order in which they run."""

from adapters.conformance.case import Case
from adapters.conformance.cases import (
    capabilities,
    describing,
    doubting,
    hostile,
    isolation,
    open_calls,
    playing,
    repeating,
    wallet_calls,
)

CASES: tuple[Case, ...] = (
    *describing.CASES,
    *capabilities.CASES,
    *playing.CASES,
    *repeating.CASES,
    *open_calls.CASES,
    *doubting.CASES,
    *wallet_calls.CASES,
    *hostile.CASES,
    *isolation.CASES,
)
