"""What every outcome must be, whoever made it: the request's own round, step and currency, within bounds, exact."""

from collections.abc import Iterator
from dataclasses import fields

from adapters.conformance.case import require
from adapters.contract.manifest import Manifest
from adapters.contract.rounds import (
    CHOICE_LENGTH_MAX,
    PRESENTATION_BYTES_MAX,
    RECORD_BYTES_MAX,
    STATE_BYTES_MAX,
    SpinOutcome,
    SpinRequest,
)


def check_outcome(request: SpinRequest, outcome: SpinOutcome, manifest: Manifest) -> None:
    """Require that the outcome answers this very request."""
    require(outcome.round_id == request.round_id, f"round_id {outcome.round_id!r}, expected {request.round_id!r}")
    require(outcome.step == request.step, f"step {outcome.step}, expected {request.step}")
    currency_code = outcome.win.currency_code
    require(
        currency_code == request.stake.currency_code,
        f"win in {currency_code}, expected {request.stake.currency_code}",
    )
    require(outcome.win.micros >= 0, f"win is negative: {outcome.win.micros}")
    win_max = request.stake.micros * manifest.win_multiplier_max
    require(outcome.win.micros <= win_max, f"win {outcome.win.micros} is above the manifest's maximum {win_max}")
    require(0 <= outcome.jackpot_win_micros <= outcome.win.micros, "jackpot_win_micros is no part of the win")
    require(outcome.jackpot_contribution_micros >= 0, "jackpot_contribution_micros is negative")
    require(outcome.price_micros is None or outcome.price_micros >= 0, "price_micros is negative")
    _check_sizes(outcome)


def _check_sizes(outcome: SpinOutcome) -> None:
    for name, bytes_max in (
        ("presentation", PRESENTATION_BYTES_MAX),
        ("state", STATE_BYTES_MAX),
        ("record", RECORD_BYTES_MAX),
    ):
        size = len(getattr(outcome, name))
        require(size <= bytes_max, f"{name} has {size} bytes, at most {bytes_max} are allowed")
    require(all(len(choice) <= CHOICE_LENGTH_MAX for choice in outcome.choices), "a choice is too long")


def inexact_fields(value: object, path: str = "") -> Iterator[str]:
    """Yield the fields whose names promise a whole number and that hold something else."""
    for item in fields(value):  # type: ignore[arg-type]
        content = getattr(value, item.name)
        name = f"{path}{item.name}"
        counts = item.name.endswith(("micros", "_ppm", "_count", "_ms", "_max")) and not isinstance(content, dict)
        for part in content if isinstance(content, tuple) else (content,):
            if counts and part is not None and type(part) is not int:
                yield f"{name} is {type(part).__name__}"
            elif hasattr(part, "__dataclass_fields__"):
                yield from inexact_fields(part, f"{name}.")
