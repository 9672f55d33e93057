"""Play one step of a round: a pure function of the game, the bet, the state, the choice and the draws."""

from adapters.reels.compiling.game_tables import GameTables, PlayTables
from adapters.reels.draws import DrawSource
from adapters.reels.errors import ChoiceRefused, StateRefused
from adapters.reels.kernel.finals import Award
from adapters.reels.play.bets import Bet
from adapters.reels.play.records import record_bytes
from adapters.reels.play.results import StepResult
from adapters.reels.play.spinning import play_spin
from adapters.reels.play.state import RoundState, decode_state, encode_state
from adapters.reels.play.views import SpinView


def play_step(
    game: GameTables, bet: Bet, state: bytes, draws: DrawSource, choice: str = "", *, seed: bytes = b""
) -> StepResult:
    """Play the next step; an empty ``state`` begins a round. Raises StateRefused and ChoiceRefused.

    The same draws (that is: the same seed) give the same bytes. The bet must have passed ``check_bet``.
    """
    tables = game.play(bet.mode, bet.line_count)
    current = decode_state(game, state) if state else RoundState(pending=[(tables.entry, 1)])
    name = current.pop()
    view = tables.views.get(name) or _view(tables, name)
    if choice:
        raise ChoiceRefused(choice, ())
    played = play_spin(tables, view.spin, view, bet.stake_micros, draws)
    if played.awards:
        _award(tables, current, played.awards, draws)
    current.won += played.pay
    step, current.step = current.step, current.step + 1
    win_micros = tables.pay_micros(played.pay, bet.stake_micros) if played.pay else 0
    left = current.pending[-1][1] if current.pending else 0
    presentation = (
        f'{{"feature":"{view.feature}","games_left":{left},"grid":[{played.grid}],"step":{step}'
        f',"stops":[{played.stops}],"win_micros":{win_micros},"wins":[{played.wins}]}}'
    ).encode()
    after = encode_state(game, current)
    record = record_bytes(
        game,
        tables.tables_hash,
        (bet.stake_micros, bet.mode, bet.line_count),
        (state, step, choice),
        draws.log,
        seed,
        (win_micros, presentation, after),
    )
    return StepResult(win_micros, not after, presentation, record, after, (), played.pay, name)


def _view(tables: PlayTables, name: str) -> SpinView:
    stage = tables.stages.get(name)
    if stage is None:
        raise StateRefused(f"the game has no stage {name!r}")
    view = tables.views[name] = SpinView(stage.spin, stage.feature, tables.context.alphabet.names)
    return view


def _award(tables: PlayTables, current: RoundState, awards: tuple[Award, ...], draws: DrawSource) -> None:
    for entry, plays in awards:
        choices = tables.entries[entry]
        if len(choices) == 1:
            current.push(choices[0][1], plays)
            continue
        sums: list[int] = []
        for weight, _ in choices:
            sums.append(weight + (sums[-1] if sums else 0))
        current.push(choices[draws.draw_weighted(entry, tuple(sums))][1], plays)
