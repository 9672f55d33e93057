"""The way of a callback: raw bytes in and out, every failure in the protocol's own words and class."""

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from dataclasses import replace
from typing import Any

import httpx
import pytest

from adapters.contract.errors import MalformedCall, ProviderUnavailable, SignatureRefused
from adapters.contract.wallet_calls import (
    Certainty,
    Credential,
    OutcomeCode,
    RawCall,
    RawReply,
    WalletCall,
    WalletReply,
)
from gateway.callbacks.ports import AuditKind, CallbackLimits
from tests.unit.gateway.callbacks.paper import MANIFEST, Bench, PaperAdapter, never

QUICK = replace(MANIFEST, callback_timeout_ms=50)


async def test_a_call_goes_through_to_the_wallet_and_its_reply_back() -> None:
    bench = Bench()

    response = await bench.post("bet t1 100")

    assert (response.status_code, response.text, response.headers["content-type"]) == (200, "certain ok", "text/paper")
    assert bench.calls[0].brand_id == "brand"
    assert bench.events == []


async def test_the_adapter_sees_the_path_below_its_mount_and_the_untouched_query_and_body() -> None:
    seen: list[RawCall] = []

    class Watching(PaperAdapter):
        def identify(self, call: RawCall):  # type: ignore[no-untyped-def]
            seen.append(call)
            return super().identify(call)

    bench = Bench(adapter=Watching())
    transport = httpx.ASGITransport(bench.app())
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        await client.post("/callbacks/paper/b1/bet.html?a=%20b&a=2", content=b"\xff\x00", headers={"X-Key": "new"})

    assert (seen[0].method, seen[0].path, seen[0].query, seen[0].body) == (
        "POST",
        "/b1/bet.html",
        "a=%20b&a=2",
        b"\xff\x00",
    )
    assert seen[0].header("x-key") == "new"
    assert seen[0].received_time_ms == 1_000_000


async def test_an_unknown_provider_is_not_found() -> None:
    transport = httpx.ASGITransport(Bench().app())
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        assert (await client.post("/callbacks/other/x")).status_code == 404


async def test_unknown_brand_wrong_key_old_key_and_replayed_nonce_are_distinct_events() -> None:
    bench = Bench()

    answers = [
        (await bench.post(brand="b2")).text,
        (await bench.post(key="forged")).text,
        (await bench.post(key="old")).text,
        (await bench.post(nonce="n1")).text,
        (await bench.post(nonce="n1")).text,
        (await bench.post(sent_time_ms="1")).text,
    ]

    refused = "certain SignatureRefused"
    assert answers == [refused, refused, "certain ok", "certain ok", *["uncertain OutsideWindow"] * 2]
    assert bench.kinds() == [
        AuditKind.UNKNOWN_BRAND,
        AuditKind.SIGNATURE_REFUSED,
        AuditKind.OLD_KEY,
        AuditKind.REPLAYED_NONCE,
        AuditKind.STALE_TIMESTAMP,
    ]
    assert len(bench.calls) == 2


async def test_events_carry_no_key_and_no_body() -> None:
    bench = Bench()

    await bench.post("bet secret-transaction 1", key="forged-key")

    assert "forged-key" not in repr(bench.events)
    assert "secret-transaction" not in repr(bench.events)


async def test_what_cannot_be_read_is_refused_certainly_and_never_reaches_the_wallet() -> None:
    bench = Bench()

    assert (await bench.post("nonsense")).text == "certain MalformedCall"
    assert bench.kinds() == [AuditKind.MALFORMED_CALL]
    assert bench.calls == []


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_above_the_cap_is_refused_in_the_protocols_words(chunked: bool) -> None:
    bench = Bench(limits=CallbackLimits(body_bytes_max=10))

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b"12345"

    body = chunks() if chunked else b"x" * 11
    response = await bench.post(body)

    assert response.text == "certain MalformedCall"
    assert response.headers["connection"] == "close"
    assert bench.kinds() == [AuditKind.BODY_TOO_LARGE]


async def test_a_body_that_never_ends_is_answered_uncertain_in_time_and_the_connection_closed() -> None:
    bench = Bench(manifest=QUICK)

    async def chunks() -> AsyncIterator[bytes]:
        yield b"bet t1 "
        await asyncio.Event().wait()

    response = await bench.post(chunks())

    assert response.text == "uncertain TimeoutError"
    assert response.headers["connection"] == "close"
    assert bench.kinds() == [AuditKind.DEADLINE_PASSED]
    assert bench.calls == []


async def test_a_caller_who_leaves_in_the_middle_of_the_body_has_made_no_call() -> None:
    bench = Bench()
    sent: list[MutableMapping[str, Any]] = []
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": b"bet t1 100", "more_body": True},
        {"type": "http.disconnect"},
    ]
    scope = {"type": "http", "method": "POST", "path": "/callbacks/paper/play", "query_string": b""}
    scope["headers"] = [(b"x-brand", b"b1"), (b"x-key", b"new")]

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await bench.app()(scope, receive, send)

    assert (bench.calls, bench.events, sent) == ([], [], [])


async def test_a_fault_before_decoding_is_uncertain_for_it_may_have_been_a_win() -> None:
    class Broken(PaperAdapter):
        def decode(self, call: RawCall, credential: Credential) -> WalletCall:
            raise ProviderUnavailable("the adapter's server is gone")

    bench = Bench(adapter=Broken())

    assert (await bench.post("win t1 100")).text == "uncertain OutcomeUnknown"
    assert bench.kinds() == [AuditKind.INTERNAL_FAULT]


async def test_a_fault_of_the_wallet_is_uncertain() -> None:
    async def broken(call: WalletCall) -> WalletReply:
        raise RuntimeError("connection lost at commit")

    bench = Bench(wallet=broken)

    assert (await bench.post()).text == "uncertain unavailable"
    assert bench.kinds() == [AuditKind.INTERNAL_FAULT]


async def test_a_reply_that_cannot_be_written_is_uncertain() -> None:
    class Mute(PaperAdapter):
        def encode(self, call: WalletCall, reply: WalletReply) -> RawReply:
            raise ValueError("cannot write")

    assert (await Bench(adapter=Mute()).post()).text == "uncertain OutcomeUnknown"


async def test_when_nothing_can_be_written_the_answer_is_a_bare_500() -> None:
    class Dumb(PaperAdapter):
        def encode_error(self, call: RawCall, error: Exception) -> RawReply:
            raise ValueError("cannot even say so")

    response = await Bench(adapter=Dumb()).post("nonsense")

    assert (response.status_code, response.content) == (500, b"")


async def test_w16_a_wallet_that_is_late_is_answered_uncertain_in_time_and_its_work_goes_on() -> None:
    finished = asyncio.Event()
    release = asyncio.Event()

    async def slow(call: WalletCall) -> WalletReply:
        await release.wait()
        finished.set()
        return WalletReply(Certainty.CERTAIN)

    bench = Bench(wallet=slow, manifest=QUICK)

    assert (await bench.post()).text == "uncertain unavailable"
    assert bench.events[0].facts == {"stage": "wallet"}
    release.set()
    async with asyncio.timeout(5):
        await finished.wait()


@pytest.mark.parametrize("broken", [TimeoutError(), SignatureRefused("of another"), MalformedCall("of another")])
async def test_what_a_wallet_raises_is_never_taken_for_a_failure_of_reading_which_would_be_certain(
    broken: Exception,
) -> None:
    async def breaking(call: WalletCall) -> WalletReply:
        raise broken

    bench = Bench(wallet=breaking)

    assert (await bench.post()).text == "uncertain unavailable"
    assert bench.kinds() == [AuditKind.INTERNAL_FAULT]


async def test_a_wallet_call_that_was_cancelled_is_answered_uncertain() -> None:
    async def stopping(call: WalletCall) -> WalletReply:
        raise asyncio.CancelledError

    assert (await Bench(wallet=stopping).post()).text == "uncertain unavailable"


@pytest.mark.parametrize("body", ["bet t 1", "win t 1"])
async def test_w16_no_time_left_before_the_wallet_is_uncertain_for_an_earlier_try_may_have_got_there(body: str) -> None:
    class Slow(PaperAdapter):
        def decode(self, call: RawCall, credential: Credential) -> WalletCall:
            bench.clock.seconds += 10
            return super().decode(call, credential)

    bench = Bench(adapter=Slow())

    assert (await bench.post(body)).text == "uncertain unavailable"
    assert bench.calls == []


async def test_keys_that_are_found_too_late_are_answered_uncertain() -> None:
    class Stuck(Bench):
        async def find_credential(self, adapter_id: str, brand_ref: str, credential_ref: str = "") -> Credential | None:
            await asyncio.Event().wait()
            return None

    bench = Stuck(manifest=QUICK)

    assert (await bench.post()).text == "uncertain TimeoutError"


async def test_an_adapter_across_a_wire_is_awaited() -> None:
    class Remote:
        def __init__(self) -> None:
            self._paper = PaperAdapter()

        async def identify(self, call: RawCall):  # type: ignore[no-untyped-def]
            return self._paper.identify(call)

        async def decode(self, call: RawCall, credential: Credential) -> WalletCall:
            return self._paper.decode(call, credential)

        async def encode(self, call: WalletCall, reply: WalletReply) -> RawReply:
            return self._paper.encode(call, reply)

        async def encode_error(self, call: RawCall, error: Exception) -> RawReply:
            return self._paper.encode_error(call, error)

    bench = Bench(adapter=Remote())

    assert (await bench.post()).text == "certain ok"
    assert (await bench.post("nonsense")).text == "certain MalformedCall"


async def test_w32_uncertain_answers_stop_bets_and_nothing_else_until_a_certain_one_comes() -> None:
    async def lost(call: WalletCall) -> WalletReply:
        return WalletReply(Certainty.UNCERTAIN, code=OutcomeCode.UNAVAILABLE)

    bench = Bench(wallet=lost, limits=CallbackLimits(breaker_calls_min=4))
    for number in range(4):
        await bench.post(f"bet t{number} 1")
    assert bench.kinds() == [AuditKind.BREAKER_OPENED]

    bench.wallet = None
    assert (await bench.post("bet t9 1")).text == "uncertain unavailable"
    assert len(bench.calls) == 4
    assert (await bench.post("win w9 1")).text == "certain ok"
    assert (await bench.post("rollback b9 1")).text == "certain ok"

    bench.clock.seconds += 6
    assert (await bench.post("bet t10 1")).text == "certain ok"
    assert (await bench.post("bet t11 1")).text == "certain ok"
    assert bench.kinds()[-1] is AuditKind.BREAKER_CLOSED


async def test_w15_an_open_breaker_refuses_no_bet_for_certain_whichever_process_has_its_first_try() -> None:
    entered, release = asyncio.Event(), asyncio.Event()

    async def slow(call: WalletCall) -> WalletReply:
        entered.set()
        await release.wait()
        return WalletReply(Certainty.CERTAIN)

    async def lost(call: WalletCall) -> WalletReply:
        return WalletReply(Certainty.UNCERTAIN, code=OutcomeCode.UNAVAILABLE)

    one = Bench(wallet=slow)
    other = Bench(wallet=lost, limits=CallbackLimits(breaker_calls_min=4))
    for number in range(4):
        await other.post(f"bet t{number} 1")
    assert other.kinds() == [AuditKind.BREAKER_OPENED]

    first = asyncio.ensure_future(one.post("bet t9 1"))
    await entered.wait()
    repeat = await other.post("bet t9 1")
    release.set()

    assert (await first).text == "certain ok"
    assert repeat.text == "uncertain unavailable"


async def test_certain_refusals_do_not_open_the_breaker() -> None:
    async def poor(call: WalletCall) -> WalletReply:
        return WalletReply(Certainty.CERTAIN, code=OutcomeCode.INSUFFICIENT_FUNDS, balance_micros=0)

    bench = Bench(wallet=poor, limits=CallbackLimits(breaker_calls_min=4))

    answers = {(await bench.post(f"bet t{number} 1")).text for number in range(30)}

    assert answers == {"certain insufficient_funds"}


async def test_calls_that_repeat_a_booked_bet_do_not_open_the_breaker_though_they_are_uncertain() -> None:
    async def holds(call: WalletCall) -> WalletReply:
        return WalletReply(Certainty.UNCERTAIN, code=OutcomeCode.BATCH_REFUSED)

    bench = Bench(wallet=holds, limits=CallbackLimits(breaker_calls_min=4))

    answers = {(await bench.post("bet t1 1")).text for _ in range(30)}
    bench.wallet = None

    assert answers == {"uncertain batch_refused"}
    assert (await bench.post("bet t2 1")).text == "certain ok"
    assert bench.events == []


async def test_shutdown_waits_for_what_has_entered_the_wallet() -> None:
    bench = Bench(wallet=never, manifest=QUICK)
    app = bench.app()
    endpoint = app.endpoint
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        await client.post("/callbacks/paper/x", content="bet t 1", headers={"x-brand": "b1", "x-key": "new"})

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(endpoint.drained(), 0.05)
