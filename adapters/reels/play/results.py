"""What one step of a round gives back."""

from adapters.contract.value import value


@value(frozen=True, slots=True)
class StepResult:
    """The outcome of one step.

    ``state`` is empty when the round is complete. ``presentation`` is canonical JSON for the game client,
    ``record`` canonical JSON that ``verify_step`` replays. ``pay`` is the win in pay units.
    """

    win_micros: int
    round_complete: bool
    presentation: bytes
    record: bytes
    state: bytes = b""
    choices: tuple[str, ...] = ()
    pay: int = 0
    stage: str = ""
    price_micros: int | None = None
    """What the step costs where that is not the stake: bet modes at the first step, a gamble later."""
