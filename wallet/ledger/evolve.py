"""Carry a decision into the state, so that the next command of the same group sees it."""

from wallet.ledger.kinds import FLAG_RESOLVES, RoundStatus
from wallet.ledger.state import Decision, State

_OPEN = RoundStatus.OPEN.value


def evolve(state: State, decision: Decision) -> None:
    """Put what ``decision`` writes into ``state``."""
    account = decision.account
    if account is not None:
        state.accounts[(account.brand_id, account.player_id, account.currency_code)] = account
    rows = decision.rows
    transactions = state.transactions
    for row in rows:
        transactions[(row.brand_id, row.provider_id, row.kind, row.transaction_id)] = row
        if row.flags & FLAG_RESOLVES:
            state.resolutions[(row.brand_id, row.provider_id, row.reference_kind, row.reference_transaction_id)] = row
    if rows and rows[0].unit_size > 1:
        state.units[rows[0].key] = tuple(rows)
    for round_ in decision.rounds:
        key = (round_.brand_id, round_.player_id, round_.provider_id, round_.round_id)
        known = state.rounds.get(key)
        state.rounds[key] = round_
        if round_.status == _OPEN:
            game_key = (round_.brand_id, round_.player_id, round_.provider_id, round_.game_id)
            state.open_games.setdefault(game_key, set()).add(round_.round_id)
        elif known is not None and known.status == _OPEN:
            game_key = (round_.brand_id, round_.player_id, round_.provider_id, round_.game_id)
            state.open_games.get(game_key, set()).discard(round_.round_id)
    for grant in decision.grants:
        state.grants[grant.key] = grant
