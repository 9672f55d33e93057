"""Holds a provider's answer against the request: nothing is booked on an outcome that breaks the contract."""

from adapters.contract.manifest import Manifest
from adapters.contract.money import Money
from adapters.contract.rounds import (
    CHOICE_LENGTH_MAX,
    PRESENTATION_BYTES_MAX,
    RECORD_BYTES_MAX,
    STATE_BYTES_MAX,
    SpinOutcome,
)
from gateway.errors import AdapterContractBroken

CHOICES_MAX = 256
_TYPES: dict[str, type | tuple[type, ...]] = {
    "round_complete": bool,
    "presentation": (bytes, bytearray),
    "state": (bytes, bytearray),
    "record": (bytes, bytearray),
    "choices": (tuple, list),
}


def check_outcome(
    outcome: SpinOutcome, manifest: Manifest, round_id: str, step: int, currency_code: str, stake_micros: int
) -> None:
    """Return when the outcome answers exactly this step within its bounds; raises ``AdapterContractBroken``."""
    check_types(outcome)
    if outcome.round_id != round_id:
        _broken("round_id")
    if outcome.step != step:
        _broken("step")
    if outcome.win.currency_code != currency_code:
        _broken("win.currency_code")
    win_micros = outcome.win.micros + outcome.jackpot_win_micros
    if outcome.win.micros < 0 or outcome.jackpot_win_micros < 0 or outcome.jackpot_contribution_micros < 0:
        _broken("win.micros")
    if win_micros > manifest.win_multiplier_max * stake_micros + outcome.jackpot_win_micros:
        _broken("win.micros")
    if outcome.price_micros is not None and outcome.price_micros < 0:
        _broken("price_micros")
    if outcome.round_complete and outcome.choices:
        _broken("choices")
    _check_sizes(outcome)


def check_types(outcome: SpinOutcome) -> None:
    """Return when what is an outcome by its type hint is one (an adapter in process may return anything)."""
    if not isinstance(outcome, SpinOutcome):
        _broken("type")
    if not isinstance(outcome.win, Money):
        _broken("win")
    amounts = outcome.win.micros, outcome.jackpot_win_micros, outcome.jackpot_contribution_micros
    if not all(map(_is_whole, amounts)):
        _broken("win.micros")
    if outcome.price_micros is not None and not _is_whole(outcome.price_micros):
        _broken("price_micros")
    for field, wanted in _TYPES.items():
        if not isinstance(getattr(outcome, field), wanted):
            _broken(field)
    if not all(isinstance(choice, str) for choice in outcome.choices):
        _broken("choices")


def _is_whole(micros: object) -> bool:
    return isinstance(micros, int) and not isinstance(micros, bool)


def _check_sizes(outcome: SpinOutcome) -> None:
    if len(outcome.presentation) > PRESENTATION_BYTES_MAX:
        _broken("presentation")
    if len(outcome.state) > STATE_BYTES_MAX:
        _broken("state")
    if len(outcome.record) > RECORD_BYTES_MAX:
        _broken("record")
    if outcome.choices and (len(outcome.choices) > CHOICES_MAX or max(map(len, outcome.choices)) > CHOICE_LENGTH_MAX):
        _broken("choices")


def _broken(field: str) -> None:
    raise AdapterContractBroken(f"the provider's outcome has a wrong {field}", field=field)
