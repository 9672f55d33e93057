"""What both versions share: actions as one ``WalletCall``, and a reply's results in the wire's order."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from adapters.contract.errors import MalformedCall
from adapters.contract.ids import TransactionId
from adapters.contract.references import native_id
from adapters.contract.wallet_calls import Action, ActionKind, ActionResult, OutcomeCode, WalletCall, WalletReply

ACTIONS_MAX = 32
"""On the wire; a rollback is two actions of the wallet, which takes 64."""


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One action of a batch, amounts already in micros."""

    kind: ActionKind
    item_id: str
    amount_micros: int = 0
    original_id: str = ""
    """What a rollback undoes, or the bet that a win belongs to (empty: not said)."""
    jackpot_contribution_micros: int = 0
    jackpot_win_micros: int = 0
    """The part of a win that is a jackpot: for reports only, it stays one win under one id."""


def actions_of(items: tuple[BatchItem, ...]) -> tuple[Action, ...]:
    """Return the wallet's actions for a batch; raises ``MalformedCall`` when it contradicts itself."""
    if _contradict(items):
        raise MalformedCall("an id stands twice in one batch with other content", field="action_id")
    if items and items[0].kind is ActionKind.ROLLBACK:
        return tuple(_undo(item, kind) for kind in (ActionKind.WIN, ActionKind.BET) for item in items)
    return tuple(
        Action(
            kind=item.kind,
            transaction_id=TransactionId(native_id(item.item_id)),
            amount_micros=item.amount_micros,
            reference_transaction_id=TransactionId(native_id(item.original_id)) if item.original_id else None,
            jackpot_contribution_micros=item.jackpot_contribution_micros,
            detail=b"jackpot_win_micros=%d" % item.jackpot_win_micros if item.jackpot_win_micros else b"",
        )
        for item in items
    )


def _undo(item: BatchItem, kind: ActionKind) -> Action:
    """Undo the bet or the win of that id.

    The wire does not say which of the two it means, so both are undone (one of them is never seen, and dies), and all
    wins of a batch before its bets: a bet whose win still stands could not be given back.
    """
    own_id = item.item_id if kind is ActionKind.BET else f"{item.item_id}:win"
    return Action(
        kind=ActionKind.ROLLBACK,
        transaction_id=TransactionId(native_id(own_id)),
        reference_transaction_id=TransactionId(native_id(item.original_id)),
        reference_kind=kind,
    )


def close_action(account: str, round_id: str) -> Action:
    """Return the close of a round that came without any other action."""
    return Action(ActionKind.CLOSE, TransactionId(native_id(f"close:{account}:{round_id}")))


def ids_fact(items: tuple[BatchItem, ...]) -> dict[str, str]:
    """Return the foreign ids where ours differ, so that ``encode`` can echo them."""
    ids = [item.item_id for item in items]
    return {} if all(native_id(text) == text for text in ids) else {"item_ids": json.dumps(ids)}


def answered(call: WalletCall, reply: WalletReply) -> list[tuple[str, ActionResult]]:
    """Return (foreign id, result) of every action on the wire: a lone close is none, a rollback's halves are one."""
    results = [result for action, result in zip(call.actions, reply.results, strict=False) if not _is_close(action)]
    names: list[str] = [result.transaction_id for result in results]
    if call.actions and call.actions[0].kind is ActionKind.ROLLBACK:
        half = len(results) // 2
        names = names[half:]
        pairs = zip(results[:half], results[half:], strict=True)
        results = [of_win if of_win.code is OutcomeCode.OK else of_bet for of_win, of_bet in pairs]
    if "item_ids" in call.facts:
        names = json.loads(call.facts["item_ids"])
    return list(zip(names, results, strict=False))


def wallet_id_of(result: ActionResult) -> str:
    """Return our transaction id; empty where nothing moved, which tells the provider just that."""
    return result.wallet_transaction_id if result.code is OutcomeCode.OK else ""


def iso_time(time_ms: int) -> str:
    """Write milliseconds since the epoch as ISO 8601 in UTC."""
    return datetime.fromtimestamp(time_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{time_ms % 1000:03d}Z"


def balance_of(reply: WalletReply) -> int | None:
    """Return the balance after the call in micros, where it is known."""
    if reply.balance_micros is not None:
        return reply.balance_micros
    return next((r.balance_micros for r in reversed(reply.results) if r.balance_micros is not None), None)


def _is_close(action: Action) -> bool:
    return action.kind is ActionKind.CLOSE


def _contradict(items: tuple[BatchItem, ...]) -> bool:
    first: dict[tuple[ActionKind, str], BatchItem] = {}
    return any(first.setdefault((item.kind, item.item_id), item) != item for item in items)
