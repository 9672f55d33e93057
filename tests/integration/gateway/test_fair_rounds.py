"""Provably fair sessions end to end, over gRPC and SQLite; checked by the script that imports nothing of ours."""

import asyncio
import json
import re
import sqlite3
import subprocess
import sys
from contextlib import contextmanager

import grpc.aio
import pytest
from reelgate.gateway.v1 import fair_service_pb2 as fair_pb
from reelgate.gateway.v1 import fair_service_pb2_grpc as fair_grpc
from reelgate.gateway.v1 import round_service_pb2 as pb
from reelgate.gateway.v1 import session_service_pb2 as session_pb
from reelgate.type.v1.money_pb2 import Money
from typer.testing import CliRunner

from adapters.contract.fair import commitment_of
from adapters.contract.wallet_calls import Certainty, OutcomeCode, WalletReply
from adapters.reels.random import verify_fair
from gateway.bootstrap.compose import Parts
from gateway.catalogue.registry import Registry
from gateway.cli.main import app
from gateway.clock import SystemClock
from gateway.rounds.records import StepRecord
from gateway.rounds.verify_round import VerifyRound
from protos.wire.failures import failure_of
from tests.integration.gateway.conftest import GAME_ID, Seat, a_seat
from tests.support.builders import a_game, a_manifest
from tests.support.fakes import FakeAdapter
from tests.support.servers import OPERATOR_METADATA, serve_here

BUY_GAME_ID = "reelgate:lantern-ways"
BUY = {"game_id": BUY_GAME_ID, "bet_mode": "buy", "stake": Money(currency_code="EUR", micros=1_000_000)}
KEY = "5e" * 32
INVALID, IN_PROGRESS = "ERROR_REASON_INVALID_REQUEST", "ERROR_REASON_ROUND_IN_PROGRESS"


class MovedClock(SystemClock):
    """The machine's clock, set ahead."""

    ahead_ms = 0

    def now_ms(self) -> int:
        """Milliseconds since the epoch, and some."""
        return super().now_ms() + self.ahead_ms


@contextmanager
def outage(wallet, monkeypatch):
    """Let the wallet lose what it is asked meanwhile; yields what that was."""
    lost = []

    async def lose(call):
        lost.append(call)
        return WalletReply(Certainty.UNCERTAIN, code=OutcomeCode.UNAVAILABLE)

    with monkeypatch.context() as patch:
        patch.setattr(type(wallet), "apply", lambda self, call: lose(call))
        yield lost


class FairSeat:
    """A player in a provably fair session, and what the stand-alone verifier says of their rounds."""

    def __init__(self, seat: Seat) -> None:
        self.seat = seat
        self._stub = fair_grpc.FairServiceStub(seat.client.channel)

    async def seed(self) -> fair_pb.FairSeed:
        """Read the commitments in use."""
        reply = await self._stub.GetFairSeed(fair_pb.GetFairSeedRequest(), metadata=self.seat.metadata)
        return reply.seed

    async def reveal(self, commitment: str, client_seed: str = "") -> fair_pb.RevealFairSeedResponse:
        """End and reveal a seed."""
        request = fair_pb.RevealFairSeedRequest(commitment=commitment, client_seed=client_seed)
        return await self._stub.RevealFairSeed(request, metadata=self.seat.metadata)

    async def published(self, round_id: str) -> dict:
        """Read what is published of a round."""
        request = fair_pb.GetFairRoundRequest(round_id=round_id)
        return json.loads((await self._stub.GetFairRound(request, metadata=self.seat.metadata)).published_json)

    async def play(self, round_id: str, **fields) -> list[pb.SpinResponse]:
        """Play a round to its end."""
        steps = [await self.seat.spin(round_id, **fields)]
        while steps[-1].status == pb.ROUND_STATUS_OPEN:
            choice = steps[-1].choices[0] if steps[-1].choices else ""
            later = {"step": len(steps), "stake": None, "bet_mode": "", "choice": choice}
            steps.append(await self.seat.spin(round_id, **(fields | later)))
        return steps


async def a_fair_seat(client, player_id="player-1", game_id=GAME_ID, **fields) -> FairSeat:
    return FairSeat(await a_seat(client, player_id, game_id, provably_fair=True, **fields))


@pytest.fixture
async def fair(served) -> FairSeat:
    return await a_fair_seat(served.client, client_seed="lucky-7")


async def refused(call) -> tuple[str, str]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    failure = failure_of(caught.value)
    return failure.reason, failure.metadata.get("field", "")


async def test_rounds_follow_from_what_was_published_and_the_stand_alone_script_says_so(fair, tmp_path):
    before = await fair.seed()
    replies = [(await fair.play(f"r{number}"))[0] for number in range(6)]
    hidden = await fair.published("r2")

    revealed = await fair.reveal(before.commitment, "other-words")

    assert [(reply.fair.commitment, reply.fair.client_seed, reply.fair.nonce) for reply in replies] == [
        (before.commitment, "lucky-7", nonce) for nonce in range(6)
    ]
    assert hidden["server_seed"] == ""
    assert commitment_of(bytes.fromhex(revealed.revealed.server_seed)) == before.commitment
    assert revealed.revealed.round_count == 6
    assert (revealed.seed.commitment, revealed.seed.client_seed) == (before.next_commitment, "other-words")
    file = tmp_path / "round.json"
    for number in range(6):
        file.write_text(json.dumps(await fair.published(f"r{number}")), encoding="utf-8")
        command = [sys.executable, "-I", verify_fair.__file__, str(file)]
        done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout.split(":")[0]) == (0, "fair"), done.stdout


async def test_a_tampered_seed_stop_or_nonce_is_found(fair):
    await fair.play("r0")
    await fair.reveal((await fair.seed()).commitment)
    published = await fair.published("r0")
    assert verify_fair.findings(published) == []

    other_stops = json.loads(json.dumps(published))
    other_stops["steps"][0][0][2][0] ^= 1

    for tampered in (
        published | {"server_seed": "00" * 32},
        published | {"server_seed": "00" * 32, "commitment": commitment_of(bytes(32))},
        published | {"nonce": 1},
        published | {"client_seed": "lucky-8"},
        other_stops,
    ):
        assert verify_fair.findings(tampered)


async def test_a_round_of_many_steps_has_one_nonce_and_a_seed_for_each_step(served):
    fair = await a_fair_seat(served.client, game_id=BUY_GAME_ID)
    steps = await fair.play("r0", **BUY)
    await fair.reveal((await fair.seed()).commitment)

    published = await fair.published("r0")

    assert len(steps) >= 10
    assert {step.fair.nonce for step in steps} == {0}
    assert len(published["steps"]) == len(steps)
    assert verify_fair.findings(published) == []
    stored = await served.gateway.wallet.get_round(await _ref(served, "r0"))
    seeds = set(re.findall(rb'"seed":"([0-9a-f]{64})"', b"".join(row.detail for row in stored.transactions)))
    assert len(seeds) == len(steps)


async def test_no_seed_is_revealed_while_its_round_goes_on_even_if_another_session_goes_on_with_it(served):
    fair = await a_fair_seat(served.client, game_id=BUY_GAME_ID)
    commitment = (await fair.seed()).commitment
    first = await fair.seat.spin("r0", **BUY)

    assert (await refused(fair.reveal(commitment)))[0] == IN_PROGRESS
    ordinary = await a_seat(served.client, "player-1", BUY_GAME_ID, session_id="other-device")
    step = first
    while step.status == pb.ROUND_STATUS_OPEN:
        step = await ordinary.spin("r0", game_id=BUY_GAME_ID, stake=None, step=step.step + 1)
        assert step.fair.commitment == commitment

    revealed = await fair.reveal(commitment)
    assert revealed.revealed.round_count == 1
    assert verify_fair.findings(await fair.published("r0")) == []


async def test_a_repeated_spin_is_the_same_round_under_the_same_nonce(fair):
    first = await fair.seat.spin("r0")
    again = await fair.seat.spin("r0")
    second = await fair.seat.spin("r1")

    assert again.replayed
    assert (again.fair, again.presentation, again.win) == (first.fair, first.presentation, first.win)
    assert second.fair.nonce == 1


async def test_a_spin_whose_commit_failed_is_dealt_the_same_when_it_is_repeated(served, fair, monkeypatch):
    with outage(served.gateway.wallet, monkeypatch) as lost:
        assert (await refused(fair.seat.spin("r0")))[0] == "ERROR_REASON_WALLET_UNAVAILABLE"

    played = await fair.seat.spin("r0")

    (call,) = lost
    assert played.fair.nonce == 0
    assert StepRecord.decode(call.actions[-1].detail).presentation == played.presentation


async def test_a_round_that_was_not_played_before_its_seed_ended_is_not_played_after(tmp_path, monkeypatch):
    clock = MovedClock()
    async with serve_here(tmp_path / "x.db", Parts(clock=clock)) as served:
        fair = await a_fair_seat(served.client)
        with outage(served.gateway.wallet, monkeypatch):
            await refused(fair.seat.spin("r0"))
        commitment = (await fair.seed()).commitment

        assert (await refused(fair.reveal(commitment)))[0] == IN_PROGRESS  # it may still be on its way
        clock.ahead_ms = 31_000
        await fair.reveal(commitment)

        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await fair.seat.spin("r0")
        assert failure_of(ended.value).reason == "ERROR_REASON_FAIR_SEED_ENDED"
        assert not failure_of(ended.value).certain  # of the first try
        assert (await fair.seat.spin("r1")).fair.nonce == 0


async def test_a_round_whose_first_try_still_waits_when_its_seed_is_ended_is_dealt_the_same_again(
    served, fair, monkeypatch
):
    commitment = (await fair.seed()).commitment
    with outage(served.gateway.wallet, monkeypatch) as lost:
        await refused(fair.seat.spin("r0"))
    assert (await refused(fair.reveal(commitment)))[0] == IN_PROGRESS
    assert (await fair.seed()).commitment != commitment

    played = await fair.seat.spin("r0")

    assert (played.fair.commitment, played.fair.nonce, played.replayed) == (commitment, 0, False)
    assert StepRecord.decode(lost[0].actions[-1].detail).presentation == played.presentation
    await fair.reveal(commitment)
    assert verify_fair.findings(await fair.published("r0")) == []


async def test_a_round_that_is_booked_while_its_seed_is_asked_for_and_goes_on_holds_the_reveal_up(served, monkeypatch):
    fair, wallet = await a_fair_seat(served.client, game_id=BUY_GAME_ID), served.gateway.wallet
    with outage(wallet, monkeypatch) as lost:
        await refused(fair.seat.spin("r0", **BUY))
    look_up = type(wallet).get_transaction

    async def books_first(self, *key):
        await self.apply(lost[0])
        return await look_up(self, *key)

    with monkeypatch.context() as patch:
        patch.setattr(type(wallet), "get_transaction", books_first)
        assert (await refused(fair.reveal((await fair.seed()).commitment)))[0] == IN_PROGRESS


async def test_a_stored_round_is_still_answered_after_its_seed_was_revealed(fair):
    first = await fair.seat.spin("r0")
    await fair.reveal((await fair.seed()).commitment)

    again = await fair.seat.spin("r0")

    assert (again.replayed, again.fair, again.presentation) == (True, first.fair, first.presentation)


async def test_a_refused_bet_keeps_its_nonce_and_holds_no_reveal_up(served):
    opened = await served.client.open_session("poor", GAME_ID, provably_fair=True)
    poor = FairSeat(Seat(served.client, opened.session_token, "poor"))
    assert (await refused(poor.seat.spin("r0")))[0] == "ERROR_REASON_INSUFFICIENT_FUNDS"

    revealed = await poor.reveal((await poor.seed()).commitment)

    assert revealed.revealed.round_count == 1


async def test_seed_and_nonce_go_on_after_a_restart(tmp_path):
    async with serve_here(tmp_path / "x.db") as before:
        fair = await a_fair_seat(before.client, client_seed="lucky-7")
        seed = await fair.seed()
        await fair.seat.spin("r0")
        token = fair.seat.token
    async with serve_here(tmp_path / "x.db") as after:
        fair = FairSeat(Seat(after.client, token, "player-1"))
        again, following = await fair.seat.spin("r0"), await fair.seat.spin("r1")
        assert ((await fair.seed()).commitment, (await fair.seed()).next_nonce) == (seed.commitment, 2)
        assert (again.replayed, again.fair.nonce, following.fair.nonce) == (True, 0, 1)
        await fair.reveal(seed.commitment)
        for round_id in ("r0", "r1"):
            assert verify_fair.findings(await fair.published(round_id)) == []


async def test_no_nonce_is_given_twice_by_two_processes_at_once(tmp_path):
    async with serve_here(tmp_path / "x.db") as one, serve_here(tmp_path / "x.db") as other:
        fair = await a_fair_seat(one.client)
        over_there = Seat(other.client, fair.seat.token, "player-1")
        spins = [seat.spin(f"r{number}") for number in range(20) for seat in (fair.seat, over_there, fair.seat)]

        replies = await asyncio.gather(*spins)

        nonces = {reply.round_id: reply.fair.nonce for reply in replies}
        assert all(nonces[reply.round_id] == reply.fair.nonce for reply in replies)
        assert sorted(nonces.values()) == list(range(20))
        assert len({reply.presentation for reply in replies}) <= 20
        assert (await fair.seed()).next_nonce == 20


@pytest.mark.parametrize("words", ["x" * 65, "a:1", "a b", "a\n", "\0", "ünïcode", "🎰", "a" * 100_000])
async def test_hostile_client_seeds_are_refused_with_the_field_named(served, fair, words):
    commitment = (await fair.seed()).commitment

    assert await refused(fair.reveal(commitment, words)) == (INVALID, "client_seed")
    opened = served.client.open_session("p2", GAME_ID, session_id="s2", provably_fair=True, client_seed=words)
    assert await refused(opened) == (INVALID, "client_seed")
    assert (await fair.seed()).commitment == commitment


@pytest.mark.parametrize("commitment", ["", "12", "AB" * 32, "00" * 32, "ü" * 64])
async def test_seeds_that_are_not_of_the_session_are_not_revealed(fair, commitment):
    assert await refused(fair.reveal(commitment)) == (INVALID, "commitment")


async def test_neither_the_next_seed_nor_one_of_another_session_is_revealed(served, fair):
    other = await a_fair_seat(served.client, "player-2", session_id="s2")

    assert await refused(fair.reveal((await fair.seed()).next_commitment)) == (INVALID, "commitment")
    assert await refused(fair.reveal((await other.seed()).commitment)) == (INVALID, "commitment")


async def test_a_repeated_reveal_answers_the_same_and_the_first_words_stand(fair):
    commitment = (await fair.seed()).commitment

    first, again = await fair.reveal(commitment, "first"), await fair.reveal(commitment, "second")

    assert first == again
    assert again.seed.client_seed == "first"


async def test_a_session_that_is_over_can_still_reveal(served, fair):
    await fair.seat.spin("r0")
    request = session_pb.CloseSessionRequest(session_id="session-player-1")
    await served.client.sessions.CloseSession(request, metadata=OPERATOR_METADATA)

    await fair.reveal((await fair.seed()).commitment)

    assert verify_fair.findings(await fair.published("r0")) == []


async def test_a_seed_that_has_served_enough_rounds_hands_over_to_the_one_that_was_committed_to(served, fair, tmp_path):
    before = await fair.seed()
    with sqlite3.connect(tmp_path / "reelgate.db") as database:
        database.execute("UPDATE gateway_fair_seeds SET next_nonce = 10000 WHERE status = 'in_use'")
    database.close()

    reply = await fair.seat.spin("r0")

    assert (reply.fair.commitment, reply.fair.nonce, reply.fair.client_seed) == (before.next_commitment, 0, "lucky-7")


async def test_a_sealed_seed_is_nowhere_in_the_database_and_does_not_open_under_another_key(tmp_path):
    async with serve_here(tmp_path / "x.db", fair_seed_key=KEY) as served:
        fair = await a_fair_seat(served.client)
        await fair.seat.spin("r0")
        commitment = (await fair.seed()).commitment
        content = b"".join(file.read_bytes() for file in tmp_path.glob("x.db*"))
        server_seed = bytes.fromhex((await fair.reveal(commitment)).revealed.server_seed)
        token = fair.seat.token
    assert commitment.encode() in content
    assert server_seed not in content
    assert server_seed.hex().encode() not in content
    async with serve_here(tmp_path / "x.db", fair_seed_key="11" * 32) as served:
        reason, _ = await refused(Seat(served.client, token, "player-1").spin("r1"))
        assert reason == "ERROR_REASON_INTERNAL"


async def test_an_ordinary_session_has_no_terms_and_no_seeds(served, seat):
    reply = await seat.spin("r0")
    ordinary = FairSeat(seat)

    assert not reply.HasField("fair")
    assert (await refused(ordinary.seed()))[0] == "ERROR_REASON_CAPABILITY_NOT_SUPPORTED"
    assert (await refused(ordinary.published("r0")))[0] == "ERROR_REASON_CAPABILITY_NOT_SUPPORTED"
    assert (await refused(ordinary.published("nothing")))[0] == "ERROR_REASON_ROUND_NOT_FOUND"


async def test_a_session_stays_what_it_was_opened_as(served, fair):
    first = await fair.seed()
    again = await served.client.open_session("player-1", GAME_ID, provably_fair=True, client_seed="ignored")

    assert (again.fair.commitment, again.fair.client_seed) == (first.commitment, "lucky-7")
    assert await refused(served.client.open_session("player-1", GAME_ID)) == (
        "ERROR_REASON_IDEMPOTENCY_KEY_REUSED",
        "provably_fair",
    )


async def test_words_without_a_fair_session_are_refused(served):
    opened = served.client.open_session("player-1", GAME_ID, client_seed="lucky")

    assert await refused(opened) == (INVALID, "client_seed")


async def test_a_game_that_others_deal_is_not_offered_as_fair(tmp_path):
    adapter = FakeAdapter(a_manifest(), (a_game(),))
    parts = Parts(registry=Registry([(adapter.manifest, adapter)]))
    async with serve_here(tmp_path / "x.db", parts) as served:
        opened = served.client.open_session("p", "acme:fruit", provably_fair=True)

        assert (await refused(opened))[0] == "ERROR_REASON_CAPABILITY_NOT_SUPPORTED"


async def test_verification_checks_a_fair_round_from_its_published_values(served, fair):
    gateway = served.gateway
    verifier = VerifyRound(gateway.registry, gateway.wallet, gateway.publish)
    await fair.play("r0")

    before = await verifier(await _ref(served, "r0"))
    await fair.reveal((await fair.seed()).commitment)
    after = await verifier(await _ref(served, "r0"))

    assert (before.holds, before.is_revealed) == (True, False)
    assert (after.holds, after.is_revealed, after.fair_findings) == (True, True, ())


async def test_verification_finds_a_round_that_was_not_dealt_from_its_seeds(served, fair, monkeypatch):
    monkeypatch.setattr("adapters.reels.adapter.fair_step_seed", lambda draw, game_hash, step: bytes(32))
    await fair.play("r0")
    await fair.reveal((await fair.seed()).commitment)
    gateway = served.gateway

    verified = await VerifyRound(gateway.registry, gateway.wallet, gateway.publish)(await _ref(served, "r0"))

    assert not verified.holds
    assert "seeds give" in verified.fair_findings[0]


async def test_the_command_checks_a_round_and_writes_the_file_for_the_script(served, fair, tmp_path, capsys):
    file = tmp_path / "round.json"
    command = ["round", "verify", "r0", "--database", f"sqlite:///{tmp_path / 'reelgate.db'}", "--export", str(file)]
    await fair.play("r0")
    await fair.play("r1")
    hidden = await asyncio.to_thread(CliRunner().invoke, app, command)
    assert (hidden.exit_code, verify_fair.main([str(file)])) == (0, 1)
    assert "not revealed yet" in capsys.readouterr().out
    await fair.reveal((await fair.seed()).commitment)

    shown = await asyncio.to_thread(CliRunner().invoke, app, [*command, "--json"])

    verdict = json.loads(shown.stdout)
    assert (shown.exit_code, verdict["holds"], verdict["fair"]["revealed"]) == (0, True, True)
    assert json.loads(file.read_text(encoding="utf-8")) == await fair.published("r0")
    assert verify_fair.main([str(file)]) == 0
    file.write_text(json.dumps(await fair.published("r1") | {"nonce": 0}), encoding="utf-8")
    assert verify_fair.main([str(file)]) == 1


async def _ref(served, round_id):
    return await VerifyRound(served.gateway.registry, served.gateway.wallet).find(["demo"], round_id)
