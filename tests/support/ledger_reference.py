"""A second wallet, written from the rules and not from the code: a list of facts, and questions asked of all of it.

No running balances, no round rows, no chain: a balance is the sum over all facts, a bet is settled if a fact says so.
It imports nothing of the wallet. Cash only, one brand, one provider, one currency: what exhaustive interleavings need.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Message:
    """What a provider sends; ``target`` is what a rollback undoes or the bet that a win names."""

    kind: str
    id: str
    player: str = "ann"
    round: str = "r1"
    amount: int = 0
    target: str = ""
    target_kind: str = ""


@dataclass(frozen=True)
class Fact:
    """What was answered, and what it moved. ``dead`` stands for a message that will never be accepted."""

    message: Message
    code: str
    moved: int = 0
    balance: int = 0
    dead: bool = False


@dataclass(frozen=True)
class Answer:
    """What the sender is told; ``balance`` is ``None`` where the answer carries none."""

    code: str
    replayed: bool = False
    moved: int = 0
    balance: int | None = None


Facts = tuple[Fact, ...]


def money(facts: Facts, player: str, start: int) -> int:
    """Net of all that a player won and lost; below zero is owed."""
    return start + sum(fact.moved for fact in facts if fact.message.player == player)


def about(facts: Facts, kind: str, id_: str) -> Fact | None:
    """The fact about a message with this kind and id."""
    return next((fact for fact in facts if (fact.message.kind, fact.message.id) == (kind, id_)), None)


def undone(facts: Facts, kind: str, id_: str) -> bool:
    """Whether some rollback moved this message's money back."""
    return any(
        fact.code == "ok"
        and fact.message.kind == "rollback"
        and (fact.message.target_kind, fact.message.target) == (kind, id_)
        for fact in facts
    )


def happened(facts: Facts, kind: str, player: str, round_: str) -> list[tuple[int, Message]]:
    """The accepted messages of a kind in a round that nobody undid, with their places in time."""
    return [
        (place, fact.message)
        for place, fact in enumerate(facts)
        if fact.code == "ok"
        and (fact.message.kind, fact.message.player, fact.message.round) == (kind, player, round_)
        and not undone(facts, kind, fact.message.id)
    ]


def settled(facts: Facts, bet: Message) -> bool:
    """Whether a win that stands names this bet, or names none and came later, or ran ahead of it and of all others."""
    placed = next(place for place, fact in enumerate(facts) if fact.message == bet)
    is_first = bets_taken(facts, bet.player, bet.round)[0] == bet
    return any(
        win.target == bet.id or (not win.target and (place > placed or is_first))
        for place, win in happened(facts, "win", bet.player, bet.round)
    )


def is_closed(facts: Facts, player: str, round_: str) -> bool:
    """Whether the round was closed."""
    return bool(happened(facts, "close", player, round_))


def bets_taken(facts: Facts, player: str, round_: str) -> list[Message]:
    """The bets of a round that were ever accepted, undone or not, in order."""
    return [
        f.message
        for f in facts
        if f.code == "ok" and (f.message.kind, f.message.player, f.message.round) == ("bet", player, round_)
    ]


def was_opened(facts: Facts, player: str, round_: str) -> bool:
    """Whether the round ever had a bet, or a win that was paid ahead of one."""
    return any(
        f.code == "ok" and f.message.kind in ("bet", "win") and (f.message.player, f.message.round) == (player, round_)
        for f in facts
    )


def began_with_win(facts: Facts, player: str, round_: str) -> bool:
    """Whether a win was paid ahead of every bet of the round, undone or not."""
    moves = [
        f.message.kind
        for f in facts
        if f.code == "ok"
        and f.message.kind in ("bet", "win")
        and (f.message.player, f.message.round) == (player, round_)
    ]
    return moves[:1] == ["win"]


def is_dead_round(facts: Facts, player: str, round_: str) -> bool:
    """Whether all that is known of the round's bets is that they were rolled back, before or after they came."""
    if bets_taken(facts, player, round_):
        return not happened(facts, "bet", player, round_)
    return any(
        (f.message.player, f.message.round) == (player, round_)
        and (f.message.kind == MET_ITS_GRAVE or (f.code, f.message.target_kind) == ("no_effect", "bet"))
        for f in facts
    )


MET_ITS_GRAVE = "dead bet"
"""The kind of a fact which says that a bet came that was dead by then: it names its round at last."""


def receive(facts: Facts, message: Message, start: int, *, grants: bool = False) -> tuple[Facts, Answer]:
    """Answer a message; returns the facts after it. ``grants``: wins are paid ahead of their bets."""
    known = about(facts, message.kind, message.id)
    if known is not None:
        return _remembered(facts, known, message), _again(known, message)
    rule = _granting_win if grants and message.kind == "win" else _RULES[message.kind]
    code, moved, resolved, graves = rule(facts, message, start)
    stored = code in ("ok", "no_effect") or message.kind == "bet"
    if not stored:
        return facts, Answer(code)
    net = money(facts, message.player, start) + moved
    balance = max(0, net)
    if message.kind == "close" and not was_opened(facts, message.player, message.round):
        return facts, Answer(code, balance=balance)  # a bet may come yet, and then the same close ends its round
    fact = Fact(replace(message, target_kind=resolved), code, moved, balance)
    gone = _gone_with(facts, message) if code == "no_effect" else ()
    if gone:
        balance = max(0, net + sum(one.moved for one in gone))
        fact = replace(fact, balance=balance)
    buried = tuple(Fact(grave, "rolled_back", 0, balance, dead=True) for grave in graves)
    return (*facts, *gone, fact, *buried), Answer(code, moved=abs(moved), balance=balance)


def _gone_with(facts: Facts, message: Message) -> Facts:
    """What goes with a refused bet that is rolled back: the wins that named it and were paid ahead of it."""
    bet = about(facts, "bet", message.target) if message.target_kind in ("", "bet") else None
    if message.kind != "rollback" or bet is None or bet.dead or bet.code == "ok":
        return ()
    return tuple(
        Fact(replace(message, id=f"takeback.{win.id}", target=win.id, target_kind="win"), "ok", -win.amount)
        for _, win in happened(facts, "win", message.player, message.round)
        if win.target == message.target
    )


def _remembered(facts: Facts, known: Fact, message: Message) -> Facts:
    """Note the round of a dead bet that came, where nothing has told of it so far."""
    met = message.kind == "bet" and known.dead and known.message.player == message.player
    if not met or is_dead_round(facts, message.player, message.round):
        return facts
    if bets_taken(facts, message.player, message.round):
        return facts
    return (*facts, Fact(replace(message, kind=MET_ITS_GRAVE), "rolled_back", dead=True))


def _again(known: Fact, message: Message) -> Answer:
    first = known.message
    if known.dead:
        if first.player != message.player:
            return Answer("key_reused")
        return Answer("rolled_back", replayed=True, balance=known.balance)
    asked = replace(message, target_kind=first.target_kind)
    if asked != first:
        return Answer("key_reused")
    return Answer(known.code, True, abs(known.moved), known.balance)


ACCEPTED = ("ok", "no_effect")


def receive_batch(
    facts: Facts, batch: tuple[Message, ...], start: int, *, grants: bool = False
) -> tuple[Facts, tuple[Answer, ...]]:
    """Answer messages that came in one call: all of them, or none and what must stay refused.

    No answers at all: a bet or win of a refused call was booked by an earlier one and stands. Nothing is certain then.
    """
    if len(batch) == 1:
        after, answer = receive(facts, batch[0], start, grants=grants)
        return after, (answer,)
    after, answers = facts, []
    for place, message in enumerate(batch):
        after, answer = receive(after, message, start, grants=grants)
        if answer.code not in ACCEPTED:
            return _refuse_batch(facts, batch, place, answer.code, start)
        answers.append(answer)
    return after, tuple(answers)


def _refuse_batch(
    facts: Facts, batch: tuple[Message, ...], place: int, cause: str, start: int
) -> tuple[Facts, tuple[Answer, ...]]:
    """Undo the batch; its bets stay refused, unless the refusal lies in the keys themselves and will come again."""
    after, answers = facts, []
    for number, message in enumerate(batch):
        code = cause if number == place else "batch_refused"
        known = about(facts, message.kind, message.id)
        again = _again(known, message) if known is not None else None
        if known is not None and again is not None and again.code not in ACCEPTED:
            after = _remembered(after, known, message)
            answers.append(again)
        elif message.kind == "bet" and cause != "key_reused" and about(after, "bet", message.id) is None:
            balance = max(0, money(facts, message.player, start))
            after = (*after, Fact(message, code, 0, balance))
            answers.append(Answer(code, balance=balance))
        else:
            answers.append(Answer(code))
    if any(_stands(facts, message) for message in batch):
        return after, ()
    return after, tuple(answers)


def _stands(facts: Facts, message: Message) -> bool:
    known = about(facts, message.kind, message.id)
    moves = message.kind == "bet" or (message.kind == "win" and message.amount != 0)
    return (
        moves
        and known is not None
        and _again(known, message).code == "ok"
        and not undone(facts, message.kind, message.id)
    )


Ruling = tuple[str, int, str, tuple[Message, ...]]
"""code, what it moves, the kind of the target, what dies with it"""


def _bet(facts: Facts, message: Message, start: int) -> Ruling:
    if is_closed(facts, message.player, message.round) and not began_with_win(facts, message.player, message.round):
        return "round_closed", 0, "", ()  # else its messages come out of order, and it waits for its bets
    if max(0, money(facts, message.player, start)) < message.amount:
        return "insufficient_funds", 0, "", ()
    return "ok", -message.amount, "", ()


def _granting_win(facts: Facts, message: Message, start: int) -> Ruling:
    """Pay a win whose bet was never heard of, unless the round is dead."""
    code, *rest = _win(facts, message, start)
    is_unheard = about(facts, "bet", message.target) is None if message.target else code == "bet_not_found"
    only_wins = not message.target and not bets_taken(facts, message.player, message.round)
    if (is_unheard or only_wins) and not is_dead_round(facts, message.player, message.round):
        return "ok", message.amount, "", ()
    return code, *rest


def _win(facts: Facts, message: Message, start: int) -> Ruling:
    if message.target:
        bet = about(facts, "bet", message.target)
        if bet is None or (bet.code != "ok" and not bet.dead):
            return "bet_not_found", 0, "", ()
        if bet.message.player != message.player:
            return "key_reused", 0, "", ()
        if bet.dead or undone(facts, "bet", message.target):
            return "rolled_back", 0, "", ()
        if bet.message.round != message.round:
            return "round_mismatch", 0, "", ()
    elif is_dead_round(facts, message.player, message.round):
        return "rolled_back", 0, "", ()
    elif not happened(facts, "bet", message.player, message.round):
        return "bet_not_found", 0, "", ()
    return "ok", message.amount, "", ()


def _rollback(facts: Facts, message: Message, start: int) -> Ruling:
    kinds = (message.target_kind,) if message.target_kind else ("bet", "win")
    known = {kind: about(facts, kind, message.target) for kind in kinds}
    alive = [fact for fact in known.values() if fact is not None and not fact.dead]
    awaits_its_bet = not bets_taken(facts, message.player, message.round)
    if (
        not alive
        and "bet" in kinds
        and any(
            win.target == message.target or (awaits_its_bet and not win.target)
            for _, win in happened(facts, "win", message.player, message.round)
        )
    ):
        return "already_settled", 0, "", ()  # a win was paid ahead of it
    if not alive:
        graves = tuple(
            Message(kind, message.target, message.player, message.round) for kind in kinds if known[kind] is None
        )
        return "no_effect", 0, kinds[0], graves
    target = next((fact for fact in alive if fact.code == "ok"), alive[0])
    of = target.message
    if of.player != message.player:
        return "key_reused", 0, "", ()
    if of.round != message.round:
        return "round_mismatch", 0, "", ()
    if target.code != "ok" or undone(facts, of.kind, of.id):
        return "no_effect", 0, of.kind, ()
    if of.kind == "bet" and settled(facts, of):
        return "already_settled", 0, "", ()
    return "ok", -target.moved, of.kind, ()


def _close(facts: Facts, message: Message, start: int) -> Ruling:
    if not was_opened(facts, message.player, message.round):
        is_dead = is_dead_round(facts, message.player, message.round)
        return ("no_effect" if is_dead else "bet_not_found"), 0, "", ()
    return ("no_effect" if is_closed(facts, message.player, message.round) else "ok"), 0, "", ()


_RULES = {"bet": _bet, "win": _win, "rollback": _rollback, "close": _close}
