"""The demo's players: a process of its own that knows Reelgate by its gRPC API alone.

It reads a plan as JSON from standard input, plays, and writes one JSON line for every round that was answered, and a
last line with what it saw of the balances. A lost connection is met as a front end should: the same round id again.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from dataclasses import dataclass, field
from typing import Any, Protocol

import grpc
from reelgate.gateway.v1 import (
    game_service_pb2,
    game_service_pb2_grpc,
    player_service_pb2,
    player_service_pb2_grpc,
    round_service_pb2,
    round_service_pb2_grpc,
    session_service_pb2,
    session_service_pb2_grpc,
    wallet_service_pb2,
    wallet_service_pb2_grpc,
)
from reelgate.type.v1.money_pb2 import Money

RETRY_COUNT_MAX = 200
RETRY_PAUSE_S = 0.1
CALL_TIMEOUT_S = 10.0
# The server will be back in a moment: look often. (gRPC's own pause grows to two minutes.)
CHANNEL_OPTIONS = (("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 500))
RETRIED = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
)


@dataclass
class Plan:
    """What to play, as the demo's parent process says it."""

    address: str
    api_key: str
    brand_id: str
    game_id: str
    currency_code: str
    player_count: int
    round_count: int
    replay_percent: int
    deposit_micros: int
    seed: int
    run: str


@dataclass
class Seen:
    """One player's own books."""

    player_id: str
    balance_micros: int
    retries: int = 0
    wrong: list[str] = field(default_factory=list)


def say(**line: Any) -> None:
    """Write one line to the parent."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


async def insist(call: Any, request: Any, metadata: tuple[tuple[str, str], ...], seen: Seen | None = None) -> Any:
    """Call until there is an answer; the ids in the request make the repeats harmless."""
    for attempt in range(RETRY_COUNT_MAX):
        try:
            return await call(request, metadata=metadata, timeout=CALL_TIMEOUT_S, wait_for_ready=True)
        except grpc.aio.AioRpcError as error:
            if error.code() not in RETRIED or attempt == RETRY_COUNT_MAX - 1:
                raise
            if seen is not None:
                seen.retries += 1
            await asyncio.sleep(RETRY_PAUSE_S)
    raise AssertionError("unreachable")


async def play(channel: grpc.aio.Channel, plan: Plan, index: int, stake_micros: int) -> Seen:
    """Play one player's share of the rounds, each to its end, and repeat some of them."""
    rounds = round_service_pb2_grpc.RoundServiceStub(channel)
    chance = random.Random(plan.seed * 1000 + index)  # noqa: S311 - chooses which rounds to repeat, no outcome
    seen = Seen(player_id=f"player-{plan.run}-{index}", balance_micros=0)
    metadata = await open_session(channel, plan, seen)
    share = plan.round_count // plan.player_count + (index < plan.round_count % plan.player_count)
    for number in range(share):
        request = round_service_pb2.SpinRequest(
            round_id=f"{plan.run}-{index}-{number}",
            game_id=plan.game_id,
            stake=Money(currency_code=plan.currency_code, micros=stake_micros),
        )
        bet_micros = win_micros = steps = 0
        answers = []
        while True:
            answer = await insist(rounds.Spin, request, metadata, seen)
            answers.append((round_service_pb2.SpinRequest.FromString(request.SerializeToString()), answer))
            bet_micros += answer.bet.micros
            win_micros += answer.win.micros
            seen.balance_micros += answer.win.micros - answer.bet.micros
            steps += 1
            if answer.balance.micros != seen.balance_micros:
                seen.wrong.append(f"{request.round_id}: {answer.balance.micros}, not {seen.balance_micros}")
                seen.balance_micros = answer.balance.micros
            if answer.status != round_service_pb2.ROUND_STATUS_OPEN:
                break
            request.step = answer.step + 1
            request.choice = answer.choices[0] if answer.choices else ""
        replays = 0
        if chance.randrange(100) < plan.replay_percent:
            replays = await replay(rounds, answers, metadata, seen)
        say(bet_micros=bet_micros, win_micros=win_micros, steps=steps, replays=replays)
    return seen


async def replay(
    rounds: round_service_pb2_grpc.RoundServiceAsyncStub,
    answers: list[tuple[Any, Any]],
    metadata: tuple[tuple[str, str], ...],
    seen: Seen,
) -> int:
    """Send every step of a round again; each answer must be the first one, byte for byte but for ``replayed``."""
    for request, first in answers:
        again = await insist(rounds.Spin, request, metadata, seen)
        if not again.replayed:
            seen.wrong.append(f"{request.round_id}/{request.step} was played twice")
        again.replayed = first.replayed
        if again.SerializeToString(deterministic=True) != first.SerializeToString(deterministic=True):
            seen.wrong.append(f"{request.round_id}/{request.step} was answered otherwise at the second time")
    return len(answers)


class Terms(Protocol):
    """On what terms the players of a plan play."""

    api_key: str
    brand_id: str
    currency_code: str
    deposit_micros: int


async def sit_down(
    channel: grpc.aio.Channel, terms: Terms, player_id: str, game_id: str, **facts: Any
) -> tuple[int, session_service_pb2.OpenSessionResponse]:
    """Open and fund an account and open a session on it; return the balance and the session."""
    operator = (("x-api-key", terms.api_key),)
    account: dict[str, Any] = {"brand_id": terms.brand_id, "player_id": player_id}
    players = player_service_pb2_grpc.PlayerServiceStub(channel)
    opening = player_service_pb2.OpenAccountRequest(currency_code=terms.currency_code, **account)
    await insist(players.OpenAccount, opening, operator)
    amount = Money(currency_code=terms.currency_code, micros=terms.deposit_micros)
    deposit = player_service_pb2.DepositRequest(transaction_id=f"deposit-{player_id}", amount=amount, **account)
    deposited = await insist(players.Deposit, deposit, operator)
    request = session_service_pb2.OpenSessionRequest(
        session_id=f"session-{player_id}",
        game_id=game_id,
        currency_code=terms.currency_code,
        play_mode=session_service_pb2.PLAY_MODE_REAL,
        **account,
        **facts,
    )
    sessions = session_service_pb2_grpc.SessionServiceStub(channel)
    return deposited.balance.micros, await insist(sessions.OpenSession, request, operator)


async def open_session(channel: grpc.aio.Channel, plan: Plan, seen: Seen) -> tuple[tuple[str, str], ...]:
    """Make an account with money in it, open a session, and return the metadata of its player."""
    seen.balance_micros, session = await sit_down(channel, plan, seen.player_id, plan.game_id)
    return (("authorization", f"Bearer {session.session_token}"),)


def order_of(game: game_service_pb2.Game) -> tuple[bool, int, str]:
    """Put games of several steps first, those with most lines first among them: they show most."""
    return ("free_games" in game.features, game.line_count, game.game_id)


async def choose_game(channel: grpc.aio.Channel, plan: Plan) -> game_service_pb2.Game:
    """Return the game to play: the planned one, or the in-house one that shows most."""
    games = game_service_pb2_grpc.GameServiceStub(channel)
    page = await insist(
        games.ListGames,
        game_service_pb2.ListGamesRequest(brand_id=plan.brand_id, currency_code=plan.currency_code, page_size=500),
        (("x-api-key", plan.api_key),),
    )
    playable: list[game_service_pb2.Game] = [game for game in page.games if game.gateway_played and game.stakes_micros]
    named = [game for game in playable if game.game_id == plan.game_id]
    return named[0] if named else max(playable, key=order_of)


async def run(plan: Plan) -> None:
    """Play the whole plan and say what came of it."""
    async with grpc.aio.insecure_channel(plan.address, options=CHANNEL_OPTIONS) as channel:
        game = await choose_game(channel, plan)
        plan.game_id = game.game_id
        stake_micros = game.stakes_micros[len(game.stakes_micros) // 2]
        say(game=game.game_id, rtp_ppm=game.rtp_ppm, sigma_ppm=game.sigma_ppm, stake_micros=stake_micros)
        seen = await asyncio.gather(*(play(channel, plan, i, stake_micros) for i in range(plan.player_count)))
        for player in seen:
            await check_balance(channel, plan, player)
        say(
            done=True,
            retries=sum(player.retries for player in seen),
            wrong=[text for player in seen for text in player.wrong],
        )


async def check_balance(channel: grpc.aio.Channel, plan: Plan, seen: Seen) -> None:
    """Hold the player's own books against the wallet's balance."""
    metadata = await open_session(channel, plan, own := Seen(seen.player_id, 0))
    wallet = wallet_service_pb2_grpc.WalletServiceStub(channel)
    answer = await insist(wallet.GetBalance, wallet_service_pb2.GetBalanceRequest(), metadata)
    if answer.balance.micros != seen.balance_micros:
        seen.wrong.append(f"{own.player_id} has {answer.balance.micros}, should have {seen.balance_micros}")


if __name__ == "__main__":
    asyncio.run(run(Plan(**json.loads(sys.stdin.read()))))
