"""Mock host and play wallet as real servers: connections are really cut, and time is real."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn

from adapters.mocks.faults import Fault
from adapters.mocks.host import MockHost, UnknownProvider
from adapters.mocks.serving import ServeTerms, build_app, build_host


@asynccontextmanager
async def served(terms: ServeTerms) -> AsyncIterator[MockHost]:
    bound = socket.create_server(("127.0.0.1", 0))
    terms.public_url = f"http://127.0.0.1:{bound.getsockname()[1]}"
    host = build_host(terms)
    server = uvicorn.Server(uvicorn.Config(build_app(host, terms), log_config=None, lifespan="on", ws="none"))
    task = asyncio.ensure_future(server._serve([bound]))
    while not server.started:  # noqa: ASYNC110 uvicorn has no event to wait for
        await asyncio.sleep(0)
    try:
        yield host
    finally:
        server.should_exit = True
        await task


@pytest.fixture
async def host() -> AsyncIterator[MockHost]:
    async with served(ServeTerms(["swipegames"], "", with_wallet=True, seed=1)) as opened:
        yield opened


async def test_a_game_tried_in_a_browser_plays_with_the_play_wallet(host: MockHost) -> None:
    async with httpx.AsyncClient(base_url=host.public_url) as http:
        page = await http.get("/try/swipegames", follow_redirects=True)
        round_ = (await http.post(f"{page.url.path}/spin", json={"bet": "1.00"})).json()

    assert page.status_code == 200
    assert round_["codes"][0] == "200"


async def test_the_play_wallet_is_made_to_answer_wrongly_over_http(host: MockHost) -> None:
    control = f"{host.public_url}/wallet/swipegames/control"
    async with httpx.AsyncClient(base_url=control) as http:
        changed = await http.put(control, json={"flaws": ["goes_negative"], "balances": {"player-1": "0.50"}})
        wrong = [await http.put(control, json=words) for words in ({"flaws": ["honest"]}, {"block": ["nobody"]})]
        page = await http.get(f"{host.public_url}/try/swipegames", follow_redirects=True)
        round_ = (await http.post(f"{page.url}/spin", json={"bet": "1.00"})).json()
        calls = (await http.get("/journal", params={"path": "/play/bet"})).json()["entries"]

    assert changed.json()["flaws"] == ["goes_negative"]
    assert [answer.status_code for answer in wrong] == [400, 400]
    assert (round_["codes"][0], len(calls)) == ("200", 1)


async def test_a_fault_of_the_play_wallet_is_armed_and_cleared_over_http(host: MockHost) -> None:
    async with httpx.AsyncClient(base_url=f"{host.public_url}/wallet/swipegames/control") as http:
        await http.post("/faults", json={"kind": "non_json_reply"})
        page = await http.get(f"{host.public_url}/try/swipegames", follow_redirects=True)
        spoiled = (await http.post(f"{page.url}/spin", json={"bet": "1.00"})).json()
        await http.delete("/faults")
        right = (await http.post(f"{page.url}/spin", json={"bet": "1.00"})).json()

    assert (spoiled["codes"][0], right["codes"][0]) == ("http 200", "200")


@pytest.mark.parametrize("kind", ["reset", "lost_reply"])
async def test_a_reset_really_cuts_the_connection(host: MockHost, kind: str) -> None:
    host.tenant("swipegames", "default").faults.add(Fault.model_validate({"kind": kind, "on": "operator_api"}))

    async with httpx.AsyncClient(base_url=host.public_url) as http:
        with pytest.raises(httpx.RemoteProtocolError):
            await http.get("/swipegames/default/api/games")


async def test_keys_are_kept_for_the_next_start_and_are_their_owners_alone(tmp_path: object) -> None:
    from pathlib import Path

    path = Path(str(tmp_path)) / "keys.json"
    first = build_host(ServeTerms(["hub88"], "http://127.0.0.1", keys_file=path))
    second = build_host(ServeTerms(["hub88"], "http://127.0.0.1", keys_file=path))

    names = [host.tenant("hub88", "default").credentials["provider_public_key"] for host in (first, second)]
    assert names[0] == names[1]
    assert path.stat().st_mode & 0o077 == 0
    await first.aclose()
    await second.aclose()


async def test_a_game_tried_in_maintenance_is_told_as_503(host: MockHost) -> None:
    host.tenant("swipegames", "default").maintenance = True

    async with httpx.AsyncClient(base_url=host.public_url) as http:
        closed = await http.get("/try/swipegames")
        unknown = await http.get("/try/nobody")

    assert (closed.status_code, unknown.status_code) == (503, 404)
    assert "swipegames launches no game now" in closed.text


async def test_a_dialect_of_any_package_brings_its_play_wallet_by_the_adapter_beside_it() -> None:
    name = "adapters.swipegames.mock:create_dialect"
    async with served(ServeTerms([name], "", with_wallet=True, seed=1)) as opened, httpx.AsyncClient() as http:
        page = await http.get(f"{opened.public_url}/try/{name}", follow_redirects=True)
        round_ = (await http.post(f"{page.url}/spin", json={"bet": "1.00"})).json()

    assert round_["codes"][0] == "200"


@pytest.mark.parametrize(
    ("provider", "says"),
    [
        ("tests.support.lonely_mock:create_dialect", "speaks through tests.support.adapter, which is not there"),
        ("tests.support.lonely_mock:NOTHING", "makes no dialect"),
        ("tests.support.lonely_mock:missing", "there is no mock of"),
        ("nobody", "there is no mock of 'nobody'"),
        (":create", "there is no mock of"),
    ],
)
def test_a_mock_that_cannot_bring_its_wallet_is_refused_in_a_sentence(provider: str, says: str) -> None:
    with pytest.raises(UnknownProvider, match=says):
        build_host(ServeTerms([provider], "http://127.0.0.1", with_wallet=True))
