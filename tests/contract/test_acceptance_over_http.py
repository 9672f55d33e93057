"""The acceptance lists of SOFTSWISS and Evolution over HTTP: callback server, gateway and ledger on SQLite."""

from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import httpx

from adapters.contract.json_text import write_json
from adapters.contract.wallet_calls import RawReply
from adapters.mocks.scenario_words import Scenario
from adapters.mocks.types import MockSession
from adapters.softswiss.signing import SIGNATURE_HEADER, sign
from tests.contract import evolution_acceptance, softswiss_acceptance
from tests.support import evolution_replies, softswiss_replies
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
