"""``reelgate fair``: from an open session to a round that the stand-alone verifier has checked, by commands alone."""

import asyncio
import json
from typing import Any

from reelgate.gateway.v1 import round_service_pb2 as pb
from reelgate.type.v1.money_pb2 import Money
from typer.testing import CliRunner

from adapters.contract.fair import commitment_of
from adapters.reels.random import verify_fair
from gateway.cli.main import app
from tests.integration.gateway.conftest import GAME_ID
from tests.support.servers import Served, bearer, serve_here


async def run(served: Served, *words: str) -> tuple[int, str]:
    """Run a command against the server of this process, in a thread of its own."""
    arguments = ["fair", *words, "--address", served.address]
    done = await asyncio.to_thread(CliRunner().invoke, app, arguments)
    return done.exit_code, done.output


async def told(served: Served, *words: str) -> dict[str, Any]:
    code, output = await run(served, *words, "--json")
    assert code == 0, output
    found: dict[str, Any] = json.loads(output)
    return found


async def spin(served: Served, token: str, round_id: str) -> None:
    stake = Money(currency_code="EUR", micros=1_000_000)
    request = pb.SpinRequest(round_id=round_id, game_id=GAME_ID, stake=stake)
    await served.client.rounds.Spin(request, metadata=bearer(token))


async def test_a_session_is_opened_played_revealed_and_checked_from_the_command_line(tmp_path):
    async with serve_here(tmp_path / "x.db", fair_grace_ms=0) as served:
        opened = await told(served, "open", "--game", GAME_ID, "--client-seed", "my-words")
        token = opened["session_token"]
        await spin(served, token, "fair-1")
        before = await told(served, "round", "fair-1", "--token", token)
        in_use = await told(served, "seed", "--token", token)
        revealed = await told(served, "reveal", "--token", token, "--client-seed", "other-words")
        published = await told(served, "round", "fair-1", "--token", token)

    assert (opened["client_seed"], opened["next_nonce"], before["server_seed"]) == ("my-words", 0, "")
    assert (in_use["commitment"], in_use["next_nonce"]) == (opened["commitment"], 1)
    seed = revealed["revealed"]
    assert (seed["commitment"], seed["round_count"]) == (opened["commitment"], 1)
    assert commitment_of(bytes.fromhex(seed["server_seed"])) == opened["commitment"]
    assert revealed["seed"] | {"next_commitment": ""} == {
        "commitment": opened["next_commitment"],
        "client_seed": "other-words",
        "next_nonce": 0,
        "next_commitment": "",
    }
    assert published["server_seed"] == seed["server_seed"]
    assert verify_fair.findings(published) == []


async def test_for_people_it_is_told_in_lines_and_a_seed_can_be_named(tmp_path):
    async with serve_here(tmp_path / "x.db", fair_grace_ms=0) as served:
        _, opened = await run(served, "open", "--game", GAME_ID, "--demo", "--session-id", "s1")
        fields = dict(line.split(maxsplit=1) for line in opened.replace("session ", "session-").splitlines())
        token, commitment = fields["session-token"], fields["commitment"]
        code, lines = await run(served, "reveal", commitment, "--token", token)

    assert (code, fields["session-id"]) == (0, "s1")
    assert "server seed" in lines
    assert commitment in lines


async def test_a_refusal_is_told_with_its_reason(tmp_path):
    async with serve_here(tmp_path / "x.db") as served:
        stranger = await run(served, "seed", "--token", "nobody")
        no_game = await run(served, "open", "--game", "reelgate:none")
        plain = await served.client.open_session("demo-player", GAME_ID)
        unfair = await run(served, "seed", "--token", plain.session_token)

    assert stranger[0] == no_game[0] == unfair[0] == 1
    assert "UNAUTHENTICATED" in stranger[1]
    assert "GAME_NOT_FOUND" in no_game[1]
    assert "CAPABILITY_NOT_SUPPORTED" in unfair[1]
