"""Holds a provider's answer against the request: nothing is booked on an outcome that breaks the contract."""

from adapters.contract.manifest import Manifest
from adapters.contract.rounds import (
    CHOICE_LENGTH_MAX,
    PRESENTATION_BYTES_MAX,
    RECORD_BYTES_MAX,
    STATE_BYTES_MAX,
    SpinOutcome,
)
from gateway.errors import AdapterContractBroken

CHOICES_MAX = 256


def check_outcome(
    outcome: SpinOutcome, manifest: Manifest, round_id: str, step: int, currency_code: str, stake_micros: int
) -> None:
    """Return when the outcome answers exactly this step within its bounds; raises ``AdapterContractBroken``."""
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
