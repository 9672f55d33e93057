"""Players of the demo at other providers: launched through the gateway, played on the mocks, checked thrice."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import grpc
import httpx
from reelgate.gateway.v1 import (
    wallet_service_pb2,
    wallet_service_pb2_grpc,
)

from gateway.cli.demo_client import CHANNEL_OPTIONS, insist, say, sit_down

TENANT_ID = "demo"
BET_TEXT = "1.00"
TAKING_BETS = ("bet", "batch")
LEGAL_ENDS = ("settled", "rolled_back", "refused")
SETTLE_SPAN = "60s"
ANSWER_TIMEOUT_S = 120.0
DOOR_LOOK_S = 0.05
DOOR_LOOKS_MAX = 1_200


@dataclass
class ProviderPlan:
    """What to play at the providers, as the demo's parent process says it."""

    providers: list[str]
    listen: str
    wallet_url: str
    """Where the mocks call the wallet; holds ``{provider}``."""
    callbacks_port: int
    address: str
    api_key: str
    brand_id: str
    currency_code: str
    player_count: int
    round_count: int
    first_count: int
    """So many are played before the in-house games begin."""
    deposit_micros: int
    seed: int
    run: str


class Pace:
    """How many rounds each provider may have begun: the in-house games set it."""

    def __init__(self) -> None:
        self._allowed = 0
        self._changed = asyncio.Condition()

    async def allow(self, count: int) -> None:
        """Let rounds be played up to this count."""
        async with self._changed:
            self._allowed = max(self._allowed, count)
            self._changed.notify_all()

    async def wait_for(self, count: int) -> None:
        """Wait until so many rounds may have begun."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._allowed >= count)


@dataclass
class Guest:
    """One player at one provider."""

    player_id: str
    session_id: str = ""
    """The provider's."""
    token: str = ""


@dataclass
class Table:
    """One provider with its players."""

    provider: str
    game_id: str
    """As the gateway's catalogue calls it."""
    control_url: str
    client: httpx.AsyncClient
    guests: list[Guest] = field(default_factory=list)

    async def ask(self, verb: str, path: str, words: object = None) -> dict[str, Any]:
        """Make a call of the mock's control API."""
        answer = await self.client.request(verb, self.control_url + path, json=words)
        found: dict[str, Any] = answer.json()
        if answer.status_code != 200:
            raise RuntimeError(f"{self.provider} {path}: {found}")
        return found


async def play_providers(plan: ProviderPlan, app: Any, pace: Pace, games: dict[str, str]) -> list[dict[str, Any]]:
    """Play every provider's rounds at once, let each end, and return the books, one entry for each provider.

    ``games`` says which game is played, by provider.
    """
    transport = httpx.ASGITransport(app)
    began = asyncio.Barrier(len(games) + 1)
    async with grpc.aio.insecure_channel(plan.address, options=CHANNEL_OPTIONS) as channel:

        async def play_one(provider: str, game_id: str) -> dict[str, Any]:
            url = f"http://{plan.listen}/{provider}/{TENANT_ID}/control"
            async with httpx.AsyncClient(transport=transport, timeout=ANSWER_TIMEOUT_S) as client:
                table = Table(provider, game_id, url, client)
                table.guests = [Guest(f"guest-{plan.run}-{provider}-{i}") for i in range(plan.player_count)]
                await asyncio.gather(*(_sit_down(channel, plan, table, guest) for guest in table.guests))
                await _play(plan, table, pace, 0, plan.first_count)
                await began.wait()
                await _play(plan, table, pace, plan.first_count, plan.round_count)
                await pace.wait_for(plan.round_count)
                await _wallet_is_back(plan)
                return await _close(channel, plan, table)

        async def tell() -> None:
            await began.wait()
            say(played=plan.first_count)

        *books, _ = await asyncio.gather(*(play_one(*item) for item in games.items()), tell())
        return [kept for kept in books if kept is not None]


async def _sit_down(channel: grpc.aio.Channel, plan: ProviderPlan, table: Table, guest: Guest) -> None:
    """Open and fund an account, and open a session whose launch address is the provider's game."""
    facts = {"country_code": "SE", "lobby_url": "https://lobby.invalid/"}
    _, session = await sit_down(channel, plan, guest.player_id, table.game_id, **facts)
    guest.token = session.session_token
    sessions = (await table.ask("GET", ""))["sessions"]
    guest.session_id = next(name for name in sessions if name in session.launch_url)


async def _play(plan: ProviderPlan, table: Table, pace: Pace, first: int, end: int) -> None:
    """Play rounds ``first`` to ``end``, shared among the players, each as soon as it may begin."""

    async def play_share(index: int, guest: Guest) -> None:
        words = {"session": guest.session_id, "bet": BET_TEXT, "draw": True}
        for number in range(first + index, end, plan.player_count):
            await pace.wait_for(number + 1)
            await table.ask("POST", "/spin", words)

    await asyncio.gather(*(play_share(index, guest) for index, guest in enumerate(table.guests)))


async def _wallet_is_back(plan: ProviderPlan) -> None:
    """Wait until the callback server listens."""
    for _ in range(DOOR_LOOKS_MAX):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", plan.callbacks_port)
        except OSError:
            await asyncio.sleep(DOOR_LOOK_S)
        else:
            writer.close()
            return


async def _close(channel: grpc.aio.Channel, plan: ProviderPlan, table: Table) -> dict[str, Any]:
    """Stop the faults, let what is under way end, and draw up the provider's books."""
    faults = (await table.ask("GET", "/faults"))["faults"]
    await table.ask("DELETE", "/faults")
    await table.ask("POST", f"/settle?span={SETTLE_SPAN}")
    await table.ask("POST", "/release")
    runs = (await table.ask("GET", "/rounds"))["rounds"]
    entries = (await table.ask("GET", "/journal?side=wallet"))["entries"]
    books, paid = _books(plan, table, runs, entries, faults), paid_rounds(runs, entries)
    for guest in table.guests:
        books["wrong"] += await _balance_errors(channel, plan, table, guest, paid)
    return books


def _books(plan: ProviderPlan, table: Table, runs: list[Any], entries: list[Any], faults: list[Any]) -> dict[str, Any]:
    hits: dict[str, int] = {}
    for fault in faults:
        hits[fault["kind"]] = hits.get(fault["kind"], 0) + fault["hits"]
    done = [entry for entry in entries if entry["answer"] == "done"]
    paid = paid_rounds(runs, entries)
    return {
        "provider": table.provider,
        "rounds": len(runs),
        **{state: sum(run["state"] == state for run in runs) for state in LEGAL_ENDS},
        "bets": _distinct(done, TAKING_BETS),
        "wins": sum(won_micros(run) > 0 for run in paid),
        "rollbacks": _distinct(done, ("rollback",)),
        "bet_micros": sum(run["bet_micros"] for run in paid),
        "win_micros": sum(map(won_micros, paid)),
        "faults": sum(hits.values()),
        "faults_by_kind": hits,
        "retries": sum(entry["attempt"] > 1 for entry in entries),
        "calls": len(entries),
        "wrong": _round_errors(plan, runs, entries, hits),
    }


def paid_rounds(runs: list[Any], entries: list[Any]) -> list[Any]:
    """Return the rounds whose money moved: settled, and no rollback of theirs was acknowledged.

    A bet that its own rollback overtook is refused by most protocols; some accept it, as one that moves nothing.
    """
    undone = _rounds_with(entries, ("rollback",))
    return [run for run in runs if run["state"] == "settled" and run["round_id"] not in undone]


def _round_errors(plan: ProviderPlan, runs: list[Any], entries: list[Any], hits: dict[str, int]) -> list[str]:
    """Return what did not end as the protocol allows, by the mock's rounds and journal."""
    wrong = [f"round {run['round_id']} is {run['state']}" for run in runs if run["state"] not in LEGAL_ENDS]
    if len(runs) != plan.round_count:
        wrong.append(f"{len(runs)} rounds, not {plan.round_count}")
    proof = {"settled": _rounds_with(entries, TAKING_BETS), "rolled_back": _rounds_with(entries, ("rollback",))}
    wrong += [
        f"round {run['round_id']} is {run['state']}, but the journal has no answer that says so"
        for run in runs
        if run["state"] in proof and run["round_id"] not in proof[run["state"]]
    ]
    refused, overtaken = sum(run["state"] == "refused" for run in runs), hits.get("rollback_first", 0)
    if refused > overtaken:
        wrong.append(f"{refused} bets were refused, but only {overtaken} were overtaken by their rollbacks")
    return wrong


async def _balance_errors(
    channel: grpc.aio.Channel, plan: ProviderPlan, table: Table, guest: Guest, paid: list[Any]
) -> list[str]:
    """Hold three balances against each other: the provider's sums, what it is told, and what the player sees."""
    mine = [run for run in paid if run["session_id"] == guest.session_id]
    reckoned = plan.deposit_micros + sum(won_micros(run) - run["bet_micros"] for run in mine)
    told = (await table.ask("POST", "/step", {"kind": "balance", "session": guest.session_id}))["balance_micros"]
    answer = await insist(
        wallet_service_pb2_grpc.WalletServiceStub(channel).GetBalance,
        wallet_service_pb2.GetBalanceRequest(),
        (("authorization", f"Bearer {guest.token}"),),
    )
    if reckoned == told == answer.balance.micros:
        return []
    return [f"{guest.player_id}: {reckoned} by the provider's rounds, {told} told to it, {answer.balance.micros} here"]


def _rounds_with(entries: list[Any], kinds: tuple[str, ...]) -> set[str]:
    return {entry["round_id"] for entry in entries if entry["answer"] == "done" and entry["kind"] in kinds}


def _distinct(entries: list[Any], kinds: tuple[str, ...]) -> int:
    return len({(entry["round_id"], entry["transaction_id"]) for entry in entries if entry["kind"] in kinds})


def won_micros(run: dict[str, Any]) -> int:
    """Return what a round won, by the provider's books."""
    return int(sum(run["wins_micros"]) + run["jackpot_micros"])
