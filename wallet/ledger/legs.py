"""The legs of a round as one string: ``;bID;wID;wID>REF;`` in the order in which they came.

A letter and the transaction id each (ids have no ``;`` or ``>``): b bet, w win, j jackpot win; upper case once undone.
A win that names its bet carries the bet's id after ``>``. Nothing is parsed on the hot path: adding is an append.
"""

from collections.abc import Iterator

from wallet.ledger.kinds import ActionKind

LEGS_LENGTH_MAX = 60_000
LETTERS = {ActionKind.BET.value: "b", ActionKind.WIN.value: "w", ActionKind.JACKPOT_WIN.value: "j"}
_WIN_KINDS = {"w": ActionKind.WIN.value, "j": ActionKind.JACKPOT_WIN.value}


def add_leg(legs: str, letter: str, transaction_id: str, reference: str = "") -> str:
    """Return ``legs`` with one more at the end."""
    end = f"{transaction_id}>{reference};" if reference else f"{transaction_id};"
    return f"{legs or ';'}{letter}{end}"


def has_live_bet(legs: str) -> bool:
    """Say whether a bet of the round was not rolled back."""
    return ";b" in legs


def has_bet(legs: str) -> bool:
    """Say whether the round ever had a bet, rolled back or not."""
    return ";b" in legs or ";B" in legs


def begins_with_win(legs: str) -> bool:
    """Say whether a win was granted ahead of every bet of the round, rolled back or not."""
    return legs[1:2].lower() in _WIN_KINDS


def last_live_bet(legs: str) -> str:
    """Return the id of the last bet that was not rolled back; empty: there is none."""
    return legs[legs.rfind(";b") + 2 :].partition(";")[0] if ";b" in legs else ""


def is_live_bet(legs: str, transaction_id: str) -> bool:
    """Say whether this bet is of the round and was not rolled back."""
    return f";b{transaction_id};" in legs


def is_undone(legs: str, letter: str, transaction_id: str) -> bool:
    """Say whether this leg was rolled back."""
    return f";{letter.upper()}{transaction_id};" in legs or f";{letter.upper()}{transaction_id}>" in legs


def undo_leg(legs: str, letter: str, transaction_id: str) -> str:
    """Return ``legs`` with this leg marked as rolled back."""
    live, dead = f";{letter}{transaction_id}", f";{letter.upper()}{transaction_id}"
    if f"{live};" in legs:
        return legs.replace(f"{live};", f"{dead};", 1)
    return legs.replace(f"{live}>", f"{dead}>", 1)


def all_undone(legs: str) -> bool:
    """Say whether the round had bets or wins and every one was rolled back."""
    return legs not in ("", ";") and not any(f";{letter}" in legs for letter in LETTERS.values())


def is_settled(legs: str, bet_id: str) -> bool:
    """Say whether a live win settles this bet: one that names it, or one that names none and came after it.

    One that names none and came ahead of every bet settles the first that comes.
    """
    return next(_settling(legs, bet_id), None) is not None


def settling_wins(legs: str, bet_id: str) -> list[tuple[str, str]]:
    """Return (kind, transaction id) of the live wins that settle this bet, in order."""
    return list(_settling(legs, bet_id))


def settling_wins_of_unseen(legs: str, bet_id: str) -> list[tuple[str, str]]:
    """Return (kind, transaction id) of the live wins that would settle this bet if it came now, in order.

    Where the id is that of a win of the round, only those that name it as their bet: a provider that has one space of
    ids says of one thing both that its win and that its bet is undone.
    """
    if any(letter in _WIN_KINDS and name == bet_id for letter, name, _ in leg_ids(legs)):
        return wins_that_name(legs, bet_id)
    return settling_wins(add_leg(legs, "b", bet_id), bet_id)


def wins_that_name(legs: str, bet_id: str) -> list[tuple[str, str]]:
    """Return (kind, transaction id) of the live wins that name this bet, in order."""
    return [(_WIN_KINDS[leg[0]], leg[1:].partition(">")[0]) for leg in legs.split(";") if _names(leg, bet_id)]


def _names(leg: str, bet_id: str) -> bool:
    return leg[:1] in _WIN_KINDS and leg.partition(">")[2] == bet_id


def _settling(legs: str, bet_id: str) -> Iterator[tuple[str, str]]:
    parts = legs.split(";")
    seen = next((leg for leg in parts if leg[:1] in ("b", "B")), "") == f"b{bet_id}"  # it settles what it ran ahead of
    for leg in parts:
        if leg == f"b{bet_id}":
            seen = True
        elif leg[:1] in _WIN_KINDS:
            name, named, _ = leg.partition(">")
            if _names(leg, bet_id) or (seen and not named):
                yield _WIN_KINDS[name[0]], name[1:]


def leg_ids(legs: str) -> list[tuple[str, str, bool]]:
    """Return (letter in lower case, transaction id, undone) of every leg, in order."""
    return [
        (leg[0].lower(), leg[1:].partition(">")[0], leg[0].isupper()) for leg in legs.split(";") if leg
    ]  # letters are one character
