"""A round finishes and verifies on the version that it began on: after a publish, a restart, and in another process."""

from pathlib import Path

import pytest
from reelgate.gateway.v1 import round_service_pb2 as pb
from reelgate.type.v1.money_pb2 import Money

from adapters.reels.archive import VERSIONS
from gateway.rounds.verify_round import VerifyRound
from tests.support.servers import bearer, serve_here

GAME_ID = "reelgate:two-more"
TWO_MORE = """
format = 1
id = "two-more"
name = "Two More"
grid = { reels = 3, rows = 1 }
bet = { stakes = ["1"] }
lines = { paths = [[0, 0, 0]], pays = { a = { 3 = 0.60 } } }
scatters.a = {}
strips.main.reels = ["a", "a", "a b"]

[features.free]
kind = "free_games"
trigger = { scatter = "a", counts = { 2 = 2 } }
retrigger = false
"""


def adapters(folder: Path) -> list[dict[str, object]]:
    return [{"factory": "adapters.reels.adapter:create_adapter", "config": {"games": str(folder)}}]


async def spin(client, token: str, round_id: str, step: int):
    fields = {} if step else {"stake": Money(currency_code="EUR", micros=1_000_000)}
    request = pb.SpinRequest(round_id=round_id, game_id=GAME_ID, step=step, **fields)
    return await client.rounds.Spin(request, metadata=bearer(token))


async def seated(client, session_id: str) -> str:
    return (await client.open_session("p", GAME_ID, session_id=session_id)).session_token


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    games = tmp_path / "games"
    games.mkdir()
    (games / "two-more.toml").write_text(TWO_MORE, encoding="utf-8")
    return games


async def test_a_round_in_play_survives_publish_and_restart(folder: Path, tmp_path: Path) -> None:
    database = tmp_path / "reelgate.db"
    async with serve_here(database, adapters=adapters(folder)) as first:
        await first.client.fund("p")
        begun = await spin(first.client, await seated(first.client, "s1"), "r1", 0)
    (folder / "two-more.toml").write_text(TWO_MORE.replace("0.60", "0.62"), encoding="utf-8")

    async with serve_here(database, adapters=adapters(folder)) as second:
        token = await seated(second.client, "s2")
        steps = [await spin(second.client, token, "r1", step) for step in (1, 2)]
        newer = await spin(second.client, token, "r2", 0)
        verifier = VerifyRound(second.gateway.registry, second.gateway.wallet)
        verified = await verifier(await verifier.find(["demo"], "r1"))

    assert [step.status for step in (begun, *steps)] == [1, 1, 2]
    assert {step.game_version for step in steps} == {begun.game_version}
    assert {step.win.micros for step in steps} <= {0, 600_000}
    assert newer.game_version != begun.game_version
    assert verified.holds, verified.steps
    assert {file.stem for file in (folder / VERSIONS).iterdir()} == {begun.game_version, newer.game_version}


async def test_a_process_that_never_saw_the_version_goes_on_with_the_round(folder: Path, tmp_path: Path) -> None:
    database = tmp_path / "reelgate.db"
    async with serve_here(database, adapters=adapters(folder)) as old:
        await old.client.fund("p")
        token = await seated(old.client, "s1")
        (folder / "two-more.toml").write_text(TWO_MORE.replace("0.60", "0.62"), encoding="utf-8")
        async with serve_here(database, adapters=adapters(folder)) as new:
            begun = await spin(old.client, token, "r1", 0)
            middle = await spin(new.client, token, "r1", 1)
            last = await spin(old.client, token, "r1", 2)

    assert begun.game_version == middle.game_version == last.game_version
    assert last.status == 2
