"""The acceptance lists of every protocol that has one, over HTTP: callback server, gateway and ledger on SQLite."""

from collections.abc import Awaitable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.contract.json_text import write_json
from adapters.contract.wallet_calls import RawReply
from adapters.mocks.scenario_words import Scenario
from adapters.mocks.types import MockSession
from adapters.pragmatic.hashing import write_form
from adapters.softswiss.signing import SIGNATURE_HEADER, sign
from gateway.bootstrap.wallet_policies import policies_of
from gateway.cli.demo_data import DEMO_BRAND_ID, DEMO_OPERATOR_ID
from gateway.provider_settings import ProviderSettings
from gateway.rounds.ports import AccountRef
from tests.contract import evolution_acceptance, pragmatic_acceptance, softswiss_acceptance
from tests.contract.a8r_acceptance import A8rSession
from tests.support import evolution_replies, pragmatic_replies, softswiss_replies
from tests.support.gateway_target import GatewayBench, GatewayTarget, gateway_bench

Failures = dict[str, str]


async def launched(bench: GatewayBench, player_id: str, currency: str, balance: str) -> MockSession:
    """Open and fund a player's account, and a session through the gateway."""
    scenario = Scenario.model_validate(
        {
            "proves": "-",
            "provider": bench.provider,
            "given": {"balance": balance, "currency": currency},
            "steps": [{"advance": "0s"}],
        }
    )
    return await GatewayTarget(bench, player_id).launch(scenario, bench.tenant)


async def collect(failures: Failures, name: str, case: Awaitable[None]) -> None:
    """Run a case; one that does not hold is reported and does not stop the others."""
    try:
        await case
    except AssertionError as error:
        failures[name] = str(error)


async def test_softswiss_a_to_j_hold_over_http(tmp_path: Path) -> None:
    failures: Failures = {}

    async with gateway_bench("softswiss", tmp_path / "a.db") as bench, httpx.AsyncClient() as client:

        async def post(method: str, body: dict[str, Any], signed: bool) -> softswiss_acceptance.Answer:
            raw = write_json(body)
            headers = {SIGNATURE_HEADER: sign(b"test" if signed else b"wrong", raw)}
            reply = await client.post(f"{bench.callbacks_url}/{method}", content=raw, headers=headers)
            checked = softswiss_replies.checked(RawReply(reply.status_code, reply.content), "gcp", method)
            return softswiss_acceptance.Answer(reply.status_code, checked)

        for case in softswiss_acceptance.CASES:
            player_id = f"player-{case.__name__[:1]}"
            await launched(bench, player_id, "USD", str(softswiss_acceptance.OPENING_MINOR // 100))
            session = softswiss_acceptance.Session(post, player_id, case.__name__[:1])
            await collect(failures, case.__name__, case(session))

    assert failures == {}


async def a8r_post(
    bench: GatewayBench, client: httpx.AsyncClient, method: str, body: dict[str, Any], signed: bool = True
) -> softswiss_acceptance.Answer:
    """Send one method of A8R v2."""
    raw = write_json(body)
    headers = {SIGNATURE_HEADER: sign(b"test" if signed else b"wrong", raw)}
    reply = await client.post(f"{bench.callbacks_url}/v2/a8r_casino.{method}", content=raw, headers=headers)
    checked = softswiss_replies.checked(RawReply(reply.status_code, reply.content), "a8r", method)
    return softswiss_acceptance.Answer(reply.status_code, checked)


async def test_softswiss_a_to_j_hold_over_http_in_the_words_of_a8r(tmp_path: Path) -> None:
    failures: Failures = {}

    async with gateway_bench("softswiss.a8r", tmp_path / "a.db") as bench, httpx.AsyncClient() as client:
        for case in softswiss_acceptance.CASES:
            player_id = f"player-{case.__name__[:1]}"
            await launched(bench, player_id, "USD", str(softswiss_acceptance.OPENING_MINOR // 100))
            session = A8rSession(partial(a8r_post, bench, client), f"{player_id}_USD", case.__name__[:1])
            await collect(failures, case.__name__, case(session))

    assert failures == {}


@pytest.mark.parametrize(("unknown_win", "status", "paid"), [("refuse", 500, "0.00"), ("grant", 200, "25.00")])
async def test_a8rs_win_may_precede_its_bet_where_that_is_agreed(
    unknown_win: Any, status: int, paid: str, tmp_path: Path
) -> None:
    policies = policies_of({"softswiss-a8r": ProviderSettings(unknown_win=unknown_win)})
    opening = Decimal(100)

    async with gateway_bench("softswiss.a8r", tmp_path / "a.db", policies) as bench, httpx.AsyncClient() as client:
        await launched(bench, "ann", "EUR", str(opening))
        post = partial(a8r_post, bench, client)
        common = {"player_id": "ann_EUR", "round_id": "r1", "game_id": softswiss_acceptance.GAME}
        bet, win = (
            common | {"transactions": [{"id": name, "type": kind, "amount": amount}]}
            for name, kind, amount in (("b1", "bet", "10"), ("w1", "win", "25"))
        )

        early = await post("Round/BetWin", win)
        between = (await post("Player/Balance", {"player_id": "ann_EUR"})).body["balance"]
        later = [(await post("Round/BetWin", body)).status for body in (bet, win)]
        finished = await post("Round/Finish", {"player_id": "ann_EUR", "round_id": "r1"})

        assert (early.status, Decimal(between)) == (status, opening + Decimal(paid))
        assert later == [200, 200]
        assert (finished.status, Decimal(finished.body["balance"])) == (200, opening - 10 + 25)


class TableOverHttp:
    """One player of Pragmatic's before the callback server."""

    def __init__(self, bench: GatewayBench, client: httpx.AsyncClient, session: MockSession) -> None:
        self._bench = bench
        self._client = client
        self._player_id = session.player_id.rpartition("_")[0]
        self.user_id = session.player_id
        self.token = session.token

    async def send(self, method: str, fields: dict[str, str]) -> dict[str, Any]:
        """Send one method."""
        url = f"{self._bench.callbacks_url}/{method}.html"
        reply = await self._client.post(url, content=write_form(fields, b"test"))
        return pragmatic_replies.checked(RawReply(reply.status_code, reply.content), method)

    async def cash(self) -> int:
        """Return what the ledger says, in units."""
        balance = await self._bench.port.get_balance(AccountRef(DEMO_BRAND_ID, self._player_id, "EUR"))
        assert balance is not None
        return balance.balance_micros // 1_000_000

    def now_ms(self) -> int:
        """Return the time of the gateway's clock."""
        return self._bench.clock.now_ms()

    async def end_session(self) -> None:
        """End the session as an operator does."""
        await self._bench.gateway.keeper.close(DEMO_OPERATOR_ID, f"session-{self._player_id}")

    def lose_answers(self, lost: bool) -> None:
        """Let the wallet be unable to say anything."""
        self._bench.port.outage = lost


async def test_pragmatics_matrix_holds_over_http(tmp_path: Path) -> None:
    failures: Failures = {}

    async with gateway_bench("pragmatic", tmp_path / "p.db") as bench, httpx.AsyncClient() as client:
        for number, case in enumerate(pragmatic_acceptance.CASES):
            session = await launched(bench, f"ann-{number}", "EUR", str(pragmatic_acceptance.OPENING))
            table = TableOverHttp(bench, client, session)
            await collect(failures, case.__name__, case(pragmatic_acceptance.House(table, f"c{number}")))

    assert failures == {}


async def test_evolutions_suite_holds_over_http(tmp_path: Path) -> None:
    failures: Failures = {}
    opening = str(evolution_acceptance.OPENING)

    async with gateway_bench("evolution", tmp_path / "e.db") as bench, httpx.AsyncClient() as client:

        async def post(method: str, body: evolution_acceptance.Body) -> evolution_acceptance.Body:
            url = f"{bench.callbacks_url}/{method}?authToken=test"
            reply = await client.post(url, content=write_json(body))
            return evolution_replies.checked(RawReply(reply.status_code, reply.content), method)

        for number, case in enumerate(evolution_acceptance.CASES):
            players = []
            for name in ("ann", "bob"):
                session = await launched(bench, f"{name}-{number}", "EUR", opening)
                players.append(evolution_acceptance.Player(post, session.player_id, session.token, f"c{number}"))
            await collect(failures, case.__name__, case(*players))

    assert failures == {}
