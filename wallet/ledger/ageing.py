"""What becomes of rounds that nobody ends: close, cancel or escalate, by age, per provider. Pure."""

from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

from wallet.ledger.ids import ACTIONS_MAX
from wallet.ledger.kinds import ActionKind, RoundStatus
from wallet.ledger.legs import is_settled, leg_ids
from wallet.ledger.policy import DAY_MS
from wallet.ledger.state import Round
from wallet.ledger.types import Action, Command

AGEING_AUTHOR = "ageing"


class AgeingStep(StrEnum):
    """What to do with a round of a certain age."""

    CLOSE = "close"
    """End it; a bet without win is lost."""
    CANCEL = "cancel"
    """Give back every bet that no win has settled, then end it."""
    ESCALATE = "escalate"
    """Tell a human; nothing moves."""


class AgeingRule(NamedTuple):
    """``step`` is due when nothing has happened in a round for ``after_ms``."""

    after_ms: int
    step: AgeingStep


class AgeingPolicy(NamedTuple):
    """The rules of one provider, by age."""

    rules: tuple[AgeingRule, ...] = (
        AgeingRule(2 * DAY_MS, AgeingStep.ESCALATE),
        AgeingRule(14 * DAY_MS, AgeingStep.CANCEL),
    )


class AgeingDecision(NamedTuple):
    """The step that is due, and the commands that carry it out (each under ids of its own, so it is harmless twice)."""

    step: AgeingStep | None
    commands: tuple[Command, ...] = ()


NOTHING_DUE = AgeingDecision(None)


def age_round(round_: Round, policy: AgeingPolicy, now_ms: int, told_time_ms: int = 0) -> AgeingDecision:
    """Say what is due for a round at ``now_ms``; an escalation only if it was not due when people were told last.

    A round with a state can still be finished by its player: people are told of it, and nothing moves.
    """
    if round_.status == RoundStatus.CLOSED:
        return NOTHING_DUE
    idle_ms = now_ms - round_.updated_time_ms
    due = [rule for rule in sorted(policy.rules) if rule.after_ms <= idle_ms]
    moving = [rule for rule in due if rule.step is not AgeingStep.ESCALATE]
    if moving and not round_.state:
        step = moving[0].step
        return AgeingDecision(step, _commands(round_, step, now_ms))
    if any(round_.updated_time_ms + rule.after_ms > told_time_ms for rule in due):
        return AgeingDecision(AgeingStep.ESCALATE)
    return NOTHING_DUE


def _commands(round_: Round, step: AgeingStep, now_ms: int) -> tuple[Command, ...]:
    actions: list[Action] = []
    if step is AgeingStep.CANCEL:
        for letter, bet_id, undone in leg_ids(round_.legs):
            if letter == "b" and not undone and not is_settled(round_.legs, bet_id):
                actions.append(_rollback(round_, bet_id))
    close_id = _own_id(round_, "close", "")
    actions.append(Action(ActionKind.CLOSE, close_id, author=AGEING_AUTHOR, reason="the round was left open"))
    return tuple(
        Command(
            round_.brand_id,
            round_.player_id,
            round_.currency_code,
            round_.provider_id,
            now_ms,
            tuple(actions[start : start + ACTIONS_MAX]),
            round_.game_id,
            round_.round_id,
        )
        for start in range(0, len(actions), ACTIONS_MAX)
    )


def _rollback(round_: Round, bet_id: str) -> Action:
    return Action(
        ActionKind.ROLLBACK,
        _own_id(round_, "rollback", bet_id),
        reference_transaction_id=bet_id,
        reference_kind=ActionKind.BET,
        author=AGEING_AUTHOR,
        reason="the round was left open",
    )


def _own_id(round_: Round, what: str, bet_id: str) -> str:
    """Make an id that is always the same for the same deed."""
    return f"ageing.{sha256(chr(31).join((*round_.key, what, bet_id)).encode()).hexdigest()[:40]}"
