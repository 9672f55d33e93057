"""The ids under which an operator knows our transactions and rounds: derived, so the same one always gives the same id.

An operator has one space of ids, we have one for each brand and provider: ``Movement.id_scope`` is part of every id.
"""

import uuid

from adapters.contract.operator_wallet import Movement
from adapters.contract.wallet_calls import ActionKind

_NAMESPACE = uuid.UUID("6f6b1d2e-5b0e-5d59-9f5e-0d3a4c2b1a90")


def wire_id(what: str, scope: str, name: str) -> str:
    """Return a UUID of ``name`` within ``scope``, neither of which holds a slash."""
    return str(uuid.uuid5(_NAMESPACE, f"{what}:{scope}/{name}" if scope else f"{what}:{name}"))


def transaction_id_of(movement: Movement) -> str:
    """Return the movement's own id."""
    return _transaction(movement.id_scope, movement.kind, movement.transaction_id)


def reference_id_of(movement: Movement) -> str:
    """Return the id of what it refers to; empty when it refers to nothing."""
    if not movement.reference_transaction_id:
        return ""
    return _transaction(movement.id_scope, movement.reference_kind, movement.reference_transaction_id)


def round_id_of(movement: Movement) -> str:
    """Return the round's id; as we have it where the movement is older than scopes."""
    if not (movement.id_scope and movement.round_id):
        return movement.round_id
    return wire_id("round", movement.id_scope, movement.round_id)


def _transaction(scope: str, kind: ActionKind, transaction_id: str) -> str:
    return wire_id("transaction", scope, f"{kind}:{transaction_id}")
