"""The mock host over HTTP: control API, game client, tenants apart from each other, faults on the operator API."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from adapters.mocks.cli import mock_app
from adapters.mocks.clock import RealClock
from adapters.mocks.host import TENANTS_MAX, MockHost, load_dialect
from adapters.mocks.known_words import PROVIDERS
from adapters.mocks.link import HttpLink
from adapters.mocks.server import create_app
from gateway.cli.demo_mocks import HurriedClock
from tests.support.provider_loop import MOCK_URL, Loop


@pytest.fixture
async def loop() -> AsyncIterator[Loop]:
    made = Loop("swipegames")
    yield made
    await made.aclose()


@pytest.fixture
async def http(loop: Loop) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(loop.app), base_url=MOCK_URL) as client:
        yield client


async def control(http: httpx.AsyncClient, verb: str, path: str, words: Any = None, tenant: str = "t1") -> Any:
    answer = await http.request(verb, f"/swipegames/{tenant}/control{path}", json=words)
    return answer.json()


async def test_a_spin_on_the_page_makes_the_real_wallet_calls(loop: Loop, http: httpx.AsyncClient) -> None:
    session = await loop.launch()
    await control(http, "POST", "/outcomes", {"win": "2.50"})

    page = await http.get(f"/swipegames/t1/play/{session.session_id}")
    round_ = (await http.post(f"/swipegames/t1/play/{session.session_id}/spin", json={"bet": "1.00"})).json()

    assert "Comet Rush" in page.text
    assert 'id="spin"' in page.text
    assert (round_["state"], round_["win"], round_["balance"]) == ("settled", "2.50", "101.50")
    assert loop.balance() == 101_500_000


async def test_names_of_games_and_players_are_escaped_on_the_page(loop: Loop, http: httpx.AsyncClient) -> None:
    session = await loop.launch()
    session.player_id = "<script>alert(1)</script>"

    page = await http.get(f"/swipegames/t1/play/{session.session_id}")

    assert "<script>alert" not in page.text


async def test_the_control_api_arms_plays_moves_time_and_verifies(loop: Loop, http: httpx.AsyncClient) -> None:
    await loop.launch()
    await control(http, "POST", "/faults", {"kind": "lost_reply", "match": {"kind": "win"}, "nth": 1})

    running = await control(http, "POST", "/spin", {"bet": "1.00", "win": "3.00"})
    moved = await control(http, "POST", "/settle?span=1h")
    rounds = await control(http, "GET", "/rounds")
    verified = await control(http, "POST", "/verify", {"match": {"kind": "win"}, "count": 2})
    missed = await control(http, "POST", "/verify", {"match": {"kind": "win", "attempt": "9"}, "count": 1})

    assert (running["state"], moved["jobs"]) == ("running", 1)
    assert rounds["rounds"][0]["state"] == "settled"
    assert verified["holds"]
    assert not missed["holds"]
    assert missed["near_misses"][0]["differences"] == [{"name": "attempt", "wanted": "9", "found": "1"}]


async def test_a_recording_is_replayed_and_differences_are_named(loop: Loop, http: httpx.AsyncClient) -> None:
    await loop.launch()
    await control(http, "POST", "/spin", {"bet": "1.00", "win": "3.00"})
    recorded = await control(http, "GET", "/cassette")

    same = await control(http, "POST", "/replay", recorded | {"ignore": ["balance"]})
    recorded["exchanges"][0]["status"] = 418
    other = await control(http, "POST", "/replay", recorded | {"ignore": ["balance"]})

    assert same == {"differences": []}
    assert other["differences"] == ["1 /bet: status 200, recorded 418"]
    assert loop.balance() == 102_000_000


async def test_a_reset_forgets_everything_but_the_set_up(loop: Loop, http: httpx.AsyncClient) -> None:
    await loop.launch()
    await control(http, "POST", "/faults", {"kind": "delay", "delay_ms": 5})
    await control(http, "POST", "/spin", {"bet": "1.00"})

    await control(http, "POST", "/reset")
    state = await control(http, "GET", "")

    assert (state["sessions"], state["rounds"], state["faults"], state["journal"]) == ({}, 0, [], 0)
    assert state["wallet_url"] == loop.tenant.wallet_url


async def test_tenants_share_nothing(loop: Loop, http: httpx.AsyncClient) -> None:
    await loop.launch()
    await control(http, "POST", "/faults", {"kind": "delay", "delay_ms": 5}, tenant="t2")
    await control(http, "PUT", "", {"time": "virtual", "wallet_url": "http://other.test", "seed": 5}, tenant="t2")

    first, second = await control(http, "GET", ""), await control(http, "GET", "", tenant="t2")

    assert (first["faults"], len(first["sessions"])) == ([], 1)
    assert (len(second["faults"]), second["sessions"], second["wallet_url"]) == (1, {}, "http://other.test")


@pytest.mark.parametrize(
    ("verb", "path", "words"),
    [
        ("POST", "/faults", {"kind": "gremlins"}),
        ("POST", "/spin", {"bet": "1,00"}),
        ("POST", "/spin", {"session": "nobody"}),
        ("POST", "/settle?span=soon", None),
        ("PUT", "", {"wallet": "typo"}),
        ("POST", "/finish?round=none", None),
        ("PUT", "", {"wallet_url": "ftp://x"}),
        ("PUT", "", {"credentials": {"integration_api_kye": "x"}}),
        ("PUT", "", {"seed": True}),
        ("GET", "/journal?knid=bet", None),
    ],
)
async def test_a_control_call_that_makes_no_sense_says_why(
    loop: Loop, http: httpx.AsyncClient, verb: str, path: str, words: Any
) -> None:
    answer = await http.request(verb, f"/swipegames/t1/control{path}", json=words)

    assert answer.status_code == 400
    assert answer.json()["error"]


async def test_an_unknown_provider_tenant_or_session_is_not_found(loop: Loop, http: httpx.AsyncClient) -> None:
    assert (await http.get("/nobody/t1/control")).status_code == 404
    assert (await http.post("/swipegames/t9/api/create-new-game")).status_code == 404
    assert (await http.get("/swipegames/t1/play/none")).status_code == 400
    assert (await http.get("/")).json()["providers"] == ["swipegames"]


async def test_maintenance_closes_the_operator_api(loop: Loop, http: httpx.AsyncClient) -> None:
    await control(http, "PUT", "", {"maintenance": True})

    assert (await http.post("/swipegames/t1/api/create-new-game")).status_code == 503


async def test_no_secret_leaves_by_the_control_api(loop: Loop, http: httpx.AsyncClient) -> None:
    text = (await http.get("/swipegames/t1/control")).text

    assert not any(value in text for name, value in loop.tenant.credentials.items() if name.endswith("key"))


async def test_a_wallet_that_is_not_there_is_uncertain(loop: Loop) -> None:
    session = await loop.launch()
    link = HttpLink()
    loop.tenant.link, loop.tenant.wallet_url = link, "http://127.0.0.1:9"

    run = await loop.play(session, 1_000_000)

    await link.aclose()
    assert run.codes[0] == "network: not connected"


@pytest.mark.parametrize(
    ("verb", "path", "words", "says"),
    [
        ("POST", "/faults", {"kind": "lostreply"}, "did you mean lost_reply?"),
        ("POST", "/faults", {"kind": "delay", "delay_ms": -1}, "delay_ms: input should be greater than"),
        ("POST", "/faults", {"kind": "delay", "delay": 5}, "delay: there is no such word"),
        (
            "POST",
            "/faults",
            {"kind": "delay", "match": {"knd": "bet"}},
            "delay cannot be matched by knd; it has",
        ),
        ("POST", "/faults", {"kind": "delay", "on": "operator_api", "match": {"kind": "x"}}, "it has method, path"),
        ("POST", "/faults", {"kind": "delay", "on": "operator"}, "none of operator_api, wallet"),
        ("POST", "/spin", {"bet": "abc"}, "'abc' is not an amount"),
        ("POST", "/spin", {"bet": "1", "session": "s9"}, "no session 's9'"),
    ],
)
async def test_a_tester_who_mistypes_is_told_what_was_meant(
    loop: Loop, http: httpx.AsyncClient, verb: str, path: str, words: dict[str, object], says: str
) -> None:
    await loop.launch()

    answer = await http.request(verb, f"/swipegames/t1/control{path}", json=words)

    assert answer.status_code == 400
    assert says in answer.json()["error"]
    assert "pydantic" not in answer.text


async def test_time_that_is_real_cannot_be_moved_and_an_unknown_address_is_named(
    loop: Loop, http: httpx.AsyncClient
) -> None:
    loop.tenant.clock = RealClock()

    for path in ("/settle", "/advance?span=48h"):
        refused = await http.post(f"/swipegames/t1/control{path}")
        assert "--virtual-time" in refused.json()["error"]
    assert "/nope" in (await http.post("/swipegames/t1/control/nope")).json()["error"]
    assert "GET" in (await http.get("/swipegames/t1/control/settle")).json()["error"]


async def test_a_clock_in_a_hurry_can_be_settled_as_the_demo_does(loop: Loop, http: httpx.AsyncClient) -> None:
    loop.tenant.clock = HurriedClock()
    ran = asyncio.Event()

    async def job() -> None:
        ran.set()

    loop.tenant.clock.at(loop.tenant.clock.now_ms() + 3_600_000, job)
    answer = await http.post("/swipegames/t1/control/settle?span=10s")

    assert (answer.status_code, answer.json()["jobs"], ran.is_set()) == (200, 1, True)


async def test_the_page_asks_for_the_balance_when_it_opens(loop: Loop, http: httpx.AsyncClient) -> None:
    session = await loop.launch(balance_micros=12_340_000)

    page = await http.get(f"/swipegames/t1/play/{session.session_id}")
    forced = await http.post(f"/swipegames/t1/play/{session.session_id}/spin", json={"bet": "1.00", "win": "7.50"})

    assert "12.34" in page.text
    assert (forced.json()["win"], forced.json()["balance"]) == ("7.50", "18.84")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({}, "exchanges: field required"),
        ([], "should be an object"),
        ({"exchange": []}, "exchange: there is no such word"),
        ({"exchanges": 5}, "exchanges: input should be a valid array"),
        ({"exchanges": []}, "there is no recorded call"),
        ({"exchanges": [5]}, "exchanges.0: "),
        ({"exchanges": [{"method": "POST"}]}, "exchanges.0.path: field required"),
        ({"exchanges": [], "ignore": "balance"}, "ignore: input should be a valid array"),
    ],
)
async def test_a_recording_that_is_none_is_refused_by_its_field(
    loop: Loop, http: httpx.AsyncClient, words: Any, says: str
) -> None:
    answer = await http.post("/swipegames/t1/control/replay", json=words)

    assert answer.status_code == 400
    assert says in answer.json()["error"]
    assert (await http.post("/swipegames/t1/control/replay", content=b"no json")).status_code == 400


async def test_a_step_that_the_protocol_does_not_have_is_refused(loop: Loop, http: httpx.AsyncClient) -> None:
    await loop.launch()

    answer = await http.post("/swipegames/t1/control/step", json={"kind": "adjust"})

    assert (answer.status_code, answer.json()) == (400, {"error": "swipegames has no adjust call"})


async def test_a_tenant_is_deleted_with_all_it_holds_and_makes_room(loop: Loop, http: httpx.AsyncClient) -> None:
    for number in range(TENANTS_MAX - 1):
        loop.host.open_tenant("swipegames", f"many-{number}")

    full = await http.put("/swipegames/one-more/control", json={})
    deleted = await control(http, "DELETE", "", tenant="many-1")
    again = await http.delete("/swipegames/many-1/control")
    opened = await http.put("/swipegames/one-more/control", json={})

    assert (full.status_code, "DELETE one" in full.json()["error"]) == (400, True)
    assert deleted == {"closed": True}
    assert (again.status_code, opened.status_code) == (404, 200)


async def test_a_deleted_tenants_retries_are_never_made(loop: Loop, http: httpx.AsyncClient) -> None:
    session = await loop.launch()
    await control(http, "POST", "/faults", {"kind": "lost_reply", "match": {"kind": "win"}, "nth": 1})
    await loop.play(session, 1_000_000, 3_000_000)

    await control(http, "DELETE", "")

    assert await loop.clock.settle(10**9) == 0


async def test_a_seed_repeats_results_and_chances(loop: Loop, http: httpx.AsyncClient) -> None:
    await loop.launch(balance_micros=10**12)
    await control(http, "POST", "/faults", {"kind": "delay", "delay_ms": 1, "probability_ppm": 500_000})
    runs = []
    for _ in range(2):
        await control(http, "PUT", "", {"seed": 77})
        before = len(loop.tenant.journal.entries)
        wins = [(await control(http, "POST", "/spin", {"bet": "1.00"}))["wins_micros"] for _ in range(12)]
        runs.append((wins, [entry.faults for entry in loop.tenant.journal.entries[before:]]))

    assert runs[0] == runs[1]
    assert {len(faults) for faults in runs[0][1]} == {0, 1}


async def test_a_launched_session_is_told_as_its_wallet_calls_it(loop: Loop, http: httpx.AsyncClient) -> None:
    session = await loop.launch()
    first = await control(http, "GET", "/session")
    await loop.launch()

    named = await control(http, "GET", f"/session?session={session.session_id}")
    unknown = await control(http, "GET", "/session?session=nobody")

    assert first == named
    assert (named["player"], named["token"]) == (session.player_id, session.token)
    assert (named["game"], named["currency"], named["url"]) == (session.game_id, "EUR", loop.tenant.wallet_url)
    assert unknown == {"error": "no session 'nobody'"}


async def test_a_demo_session_is_nothing_to_certify_a_wallet_with(loop: Loop, http: httpx.AsyncClient) -> None:
    session = await loop.launch()
    session.demo = True

    told = await control(http, "GET", "/session")

    assert told == {"error": f"session {session.session_id!r} is a demo: it calls no wallet"}


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_only_options_that_the_protocol_has_are_set_and_all_or_none(provider: str) -> None:
    host = MockHost({provider: load_dialect(provider)}, public_url=MOCK_URL)
    transport = httpx.ASGITransport(create_app(host))
    known = host.dialects[provider].options
    path = f"/{provider}/t1/control"
    async with httpx.AsyncClient(transport=transport, base_url=MOCK_URL) as client:
        begun = (await client.put(path, json={})).json()["options"]
        wanted = {name: values[-1] for name, values in known.items()}
        refused = await client.put(path, json={"options": {**wanted, "no_such_option": "x"}, "seed": 5})
        after = (await client.get(path)).json()["options"]
        taken = (await client.put(path, json={"options": wanted})).json()["options"]

    assert begun == after == {name: values[0] for name, values in known.items()}
    assert taken == wanted
    assert refused.status_code == 400
    names = f"'no_such_option' is none of {', '.join(sorted(known))}" if known else "has none"
    assert names in refused.json()["error"]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_option_that_a_dialect_asks_for_is_one_that_it_tells(provider: str) -> None:
    folder = Path(__file__).parents[4] / "adapters" / provider.partition(".")[0]
    asked = {
        name for path in folder.rglob("mock*.py") for name in re.findall(r'options\.get\("(\w+)"', path.read_text())
    }

    assert set(load_dialect(provider).options) == asked


def test_options_are_set_and_told_by_command(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []

    def answered(verb: str, url: str, *, json: Any, timeout: float) -> httpx.Response:
        sent.append((verb, url, json))
        return httpx.Response(200, json={"options": {"paths": "caleta", "loss": "told"}})

    monkeypatch.setattr(httpx, "request", answered)

    done = CliRunner().invoke(mock_app, ["option", "hub88", "paths=caleta"])

    assert sent == [("PUT", "http://127.0.0.1:8600/hub88/default/control", {"options": {"paths": "caleta"}})]
    assert (done.exit_code, done.stdout) == (0, "paths=caleta\nloss=told\n")


@pytest.mark.parametrize(
    ("verb", "path", "words"),
    [
        ("GET", "", None),
        ("GET", "/journal", None),
        ("GET", "/session", None),
        ("GET", "/rounds", None),
        ("GET", "/faults", None),
        ("GET", "/cassette", None),
        ("POST", "/verify", {"match": {"kind": "bet"}, "count": 0}),
    ],
)
async def test_a_misspelt_tenant_proves_nothing(http: httpx.AsyncClient, verb: str, path: str, words: Any) -> None:
    told = await control(http, verb, path, words, tenant="t11")

    assert told == {"error": "no such tenant: swipegames/t11 (a PUT to its control API makes one)"}


@pytest.mark.parametrize(
    ("verb", "path", "says"),
    [
        ("POST", "/advance?spam=48h", "query: 'spam' is none of span (did you mean span?)"),
        ("POST", "/advance", "advance needs ?span="),
        ("POST", "/reset?all=1", "query: 'all' is not known here"),
        ("DELETE", "/faults?id=fault-1", "query: 'id' is none of fault_id"),
    ],
)
async def test_a_word_in_an_address_that_nobody_reads_is_refused(
    http: httpx.AsyncClient, verb: str, path: str, says: str
) -> None:
    assert says in (await control(http, verb, path))["error"]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Let commands reach a server that tells differences; returns what they sent."""
    sent: list[Any] = []

    def answered(verb: str, url: str, *, json: Any, timeout: float) -> httpx.Response:
        sent.append((verb, url.partition("/control")[2], json))
        return httpx.Response(200, json={"differences": ["1 /bet: 404"] if "replay" in url else []})

    monkeypatch.setattr(httpx, "request", answered)
    return sent


@pytest.mark.parametrize(("path", "sent"), [("faults", "/faults"), ("/faults", "/faults"), ("/", ""), ("", "")])
def test_an_address_may_be_written_with_or_without_its_slash(asked: list[Any], path: str, sent: str) -> None:
    done = CliRunner().invoke(mock_app, ["control", "hub88", "get", path])

    assert (done.exit_code, asked) == (0, [("GET", sent, None)])


def test_a_recording_is_replayed_from_its_file_and_what_differs_fails_the_command(
    asked: list[Any], tmp_path: Path
) -> None:
    recording = tmp_path / "cassette.json"
    recording.write_text('{"exchanges": []}')

    done = CliRunner().invoke(mock_app, ["control", "hub88", "POST", "/replay", f"@{recording}"])

    assert asked == [("POST", "/replay", {"exchanges": []})]
    assert done.exit_code == 1


@pytest.mark.parametrize("arguments", [("FETCH", "/faults"), ("POST", "/replay", "@not-there.json")])
def test_a_verb_or_a_file_that_is_not_there_is_said_before_anything_is_sent(
    asked: list[Any], arguments: tuple[str, ...]
) -> None:
    done = CliRunner().invoke(mock_app, ["control", "hub88", *arguments])

    assert (done.exit_code, asked) == (1, [])
    assert "did you mean" in done.output or "No such file" in done.output or "none of DELETE, GET" in done.output
