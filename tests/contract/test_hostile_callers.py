"""Whatever a stranger or a broken provider sends, signed or not: a certain refusal, no fault, no money moved."""

from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from adapters.contract.wallet_calls import RawCall
from adapters.mocks.exchange import exchange
from adapters.mocks.scenario_words import Scenario
from adapters.mocks.types import Answer, Step, StepKind
from gateway.callbacks.ports import AuditKind
from tests.support.gateway_target import GatewayTarget, gateway_bench
from tests.support.reply_checks import PATIENCE_MS
from tests.support.resigning import resigned

UNIT = 1_000_000
PROVIDERS = ("hub88", "swipegames", "softswiss", "softswiss.a8r", "pragmatic", "evolution")
BODIES = (
    b"",
    b"\x00\xff" * 50,
    b"null",
    b"[]",
    b'{"amount":1e400000}',
    b'{"amount":NaN}',
    b'{"amount":' + b"9" * 100_000 + b"}",
    b'{"a":"\\ud800"}',
    b'{"token":"a","token":"b"}',
    b"[" * 100_000,
    b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    b"a=1&a=2",
    b"%ff%fe=%00",
    b"a=1&" * 50_000,
    b" " * 300_000,
)
TYPES = ("application/json", "text/plain", "multipart/form-data; boundary=x")
METHODS = ("GET", "PUT", "DELETE", "OPTIONS")
FAULTS = {AuditKind.INTERNAL_FAULT.value, AuditKind.DEADLINE_PASSED.value, "callback fault"}


def as_request(call: RawCall, base_url: str, content_type: str = "application/json") -> httpx.Request:
    """Make the HTTP request of a call."""
    kept = [pair for pair in call.headers if pair[0] not in ("content-type", "content-length")]
    url = base_url + call.path + (f"?{call.query}" if call.query else "")
    return httpx.Request(call.method, url, headers=[*kept, ("content-type", content_type)], content=call.body)


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_hostile_calls_are_refused_for_certain_and_move_nothing(provider: str, tmp_path: Path) -> None:
    with capture_logs() as logs:
        async with (
            gateway_bench(provider, tmp_path / "h.db") as bench,
            httpx.AsyncClient(timeout=PATIENCE_MS / 1000) as client,
        ):
            tenant, target = bench.fresh_tenant(1), GatewayTarget(bench, "ann")
            given = {"proves": "-", "provider": provider, "steps": [{"advance": "0s"}]}
            session = await target.launch(Scenario.model_validate(given), tenant)
            bet = Step(StepKind.BET, session.session_id, "r1", "b1", "b1", 10 * UNIT)
            sent = bench.dialect.render(tenant, bet, 1, bench.clock.now_ms())
            headers = tuple((name.lower(), value) for name, value in sent.headers)
            honest = RawCall(sent.method, sent.path, sent.query, headers, sent.body)
            calls = [replace(honest, body=body) for body in BODIES]
            calls += [signed for body in BODIES if (signed := resigned(tenant, honest, body)) is not None]
            calls += [replace(honest, method=method, body=b"") for method in METHODS]
            calls += [replace(honest, path=path) for path in ("/", "//", "/%00", "/" + "a" * 5_000, "/..%2f..")]

            for number, call in enumerate(calls):
                answer = await client.send(as_request(call, bench.callbacks_url, TYPES[number % len(TYPES)]))
                assert answer.status_code < 500, (call.path[:50], call.body[:50], answer.text)

            assert await target.balance_micros() == 100 * UNIT
            assert (await exchange(tenant, bet)).answer is Answer.DONE

    assert [log for log in logs if log["event"] in FAULTS] == []
