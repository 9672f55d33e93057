"""Play one step of a round: a pure function of the game, the bet, the state, the choice and the draws."""

from typing import NamedTuple

from adapters.reels.compiling.game_tables import GameTables, PlayTables
from adapters.reels.compiling.stages import Stage
from adapters.reels.draws import DrawSource
from adapters.reels.errors import ChoiceRefused, StateRefused
from adapters.reels.kernel.finals import Award
from adapters.reels.play.bets import Bet
from adapters.reels.play.boarding import play_board
from adapters.reels.play.gambling import GAMBLE, GAMBLE_CHOICES, offer_gamble, play_gamble
from adapters.reels.play.records import canonical, record_bytes
from adapters.reels.play.results import StepResult
from adapters.reels.play.spinning import play_spin
from adapters.reels.play.state import RoundState, decode_state, encode_state
from adapters.reels.play.table_steps import draw_weighted, offered, play_table
from adapters.reels.play.views import SpinView


class _Done(NamedTuple):
    """What a step came to, in money and in what is shown."""

    pay: int
    win_micros: int
    presentation: bytes
    price_micros: int | None = None


def play_step(
    game: GameTables, bet: Bet, state: bytes, draws: DrawSource, choice: str = "", *, seed: bytes = b""
) -> StepResult:
    """Play the next step; an empty ``state`` begins a round. Raises StateRefused and ChoiceRefused.

    The same draws (that is: the same seed) give the same bytes. The bet must have passed ``check_bet``.
    """
    tables = game.play(bet.mode, bet.line_count)
    current = decode_state(game, state) if state else RoundState(pending=[(tables.entry, 1)])
    name = current.pop()
    step, current.step = current.step, current.step + 1
    done = _play(game, tables, name, bet, current, draws, choice, step)
    after = encode_state(game, current)
    record = record_bytes(
        game,
        tables.tables_hash,
        (bet.stake_micros, bet.mode, bet.line_count),
        (state, step, choice),
        draws.log,
        seed,
        (done.win_micros, done.presentation, after),
    )
    choices = _choices(tables, current) if after else ()
    price = done.price_micros
    if not step and not tables.costs_stake:
        price = tables.price_micros(bet.stake_micros)
    return StepResult(done.win_micros, not after, done.presentation, record, after, choices, done.pay, name, price)


def _play(
    game: GameTables,
    tables: PlayTables,
    name: str,
    bet: Bet,
    current: RoundState,
    draws: DrawSource,
    choice: str,
    step: int,
) -> _Done:
    view = tables.views.get(name)
    if view is None:
        if name == GAMBLE:
            return _gamble(game, tables, bet, current, draws, choice, step)
        stage = tables.stages.get(name)
        if stage is None:
            raise StateRefused(f"the game has no stage {name!r}")
        if stage.table is not None and stage.table.kind == "draw":
            drawn = draw_weighted(stage.name, [(name, w) for w, name in stage.table.facts["choices"]], draws)
            return _play(game, tables, drawn, bet, current, draws, choice, step)
        if stage.table is not None:
            return _table(game, tables, stage, bet, current, draws, choice, step)
        view = _view(tables, stage)
    if choice:
        raise ChoiceRefused(choice, ())
    play = play_spin if view.spin.board is None else play_board
    played = play(tables, view.spin, view, bet.stake_micros, draws)
    if played.awards:
        _award(tables, current, played.awards, draws)
    pay = _settle(game, tables, current, played.pay)
    win_micros = tables.pay_micros(pay, bet.stake_micros) if pay else 0
    left = current.pending[-1][1] if current.pending else 0
    presentation = (
        f'{{{view.book}{played.before}"feature":"{view.feature}","games_left":{left},"grid":[{played.grid}]'
        f'{played.multiplier},"step":{step},"stops":[{played.stops}]{view.wild_multiplier},"win_micros":{win_micros}'
        f',"wins":[{played.wins}]}}'
    ).encode()
    return _Done(pay, win_micros, presentation)


def _table(
    game: GameTables,
    tables: PlayTables,
    stage: Stage,
    bet: Bet,
    current: RoundState,
    draws: DrawSource,
    choice: str,
    step: int,
) -> _Done:
    assert stage.table is not None
    played = play_table(stage.name, stage.table, current, choice, draws)
    _award(tables, current, played.awards, draws)
    pay = _settle(game, tables, current, played.pay)
    win_micros = tables.pay_micros(pay, bet.stake_micros)
    fields = {"feature": f'"{stage.feature}"', "step": str(step), "win_micros": str(win_micros), **played.fields}
    if played.coins is not None:
        paid = (str(tables.pay_micros(coin, bet.stake_micros)) for coin in played.coins)
        fields["coins_micros"] = f"[{','.join(paid)}]"
    return _Done(pay, win_micros, canonical(fields))


def _gamble(
    game: GameTables, tables: PlayTables, bet: Bet, current: RoundState, draws: DrawSource, choice: str, step: int
) -> _Done:
    staked = current.won
    pay = play_gamble(game, current, choice, draws)
    win_micros = tables.pay_micros(pay, bet.stake_micros)
    fields = {"feature": '"gamble"', "step": str(step), "win_micros": str(win_micros), "choice": f'"{choice}"'}
    offer_gamble(game, tables, current)
    price = tables.pay_micros(staked, bet.stake_micros) if choice == GAMBLE_CHOICES[1] else 0
    return _Done(pay, win_micros, canonical(fields), price)


def _settle(game: GameTables, tables: PlayTables, current: RoundState, pay: int) -> int:
    """Add a step's pay to the round's, up to the cap on wins, which ends the round."""
    cap = game.win_cap
    if cap:
        most = cap * tables.context.cost_units * tables.context.scale - current.won
        if pay >= most:
            pay = most
            current.pending.clear()
    current.won += pay
    if not current.pending and game.has_gamble:
        offer_gamble(game, tables, current)
    return pay


def _choices(tables: PlayTables, current: RoundState) -> tuple[str, ...]:
    name = current.pending[-1][0]
    if name == GAMBLE:
        return GAMBLE_CHOICES
    stage = tables.stages.get(name)
    return () if stage is None or stage.table is None else offered(stage.table, current)


def _view(tables: PlayTables, stage: Stage) -> SpinView:
    assert stage.spin is not None
    view = tables.views[stage.name] = SpinView(stage.spin, stage.feature, tables.context.alphabet.names)
    return view


def _award(tables: PlayTables, current: RoundState, awards: tuple[Award, ...], draws: DrawSource) -> None:
    for entry, plays in awards:
        choices = tables.entries[entry]
        if len(choices) == 1:
            current.push(choices[0][1], plays)
            continue
        current.push(draw_weighted(entry, [(stage, weight) for weight, stage in choices], draws), plays)
