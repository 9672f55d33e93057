"""Runs the wallet cases one after the other, and reports as for adapters."""

import asyncio
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from adapters.conformance.case import CaseFailed
from adapters.conformance.report import Report, Result, Status
from adapters.conformance.runner import CASE_TIMEOUT_S, KIT_VERSION
from adapters.conformance.wallets.bench import WalletBench
from adapters.conformance.wallets.cases import CASES, RULES, WalletCase
from adapters.contract.manifest import CONTRACT_VERSION


async def run_wallet_cases(
    bench: WalletBench,
    watch: Callable[[Result], None] = lambda _: None,
    cases: Iterable[WalletCase] = CASES,
) -> Report:
    """Run ``cases``; ``watch`` sees each result as it comes. The bench is left open."""
    results = []
    for case in cases:
        result = await _run(bench, case)
        watch(result)
        results.append(result)
    setup = bench.setup
    return Report(
        kit_version=KIT_VERSION,
        contract_version=CONTRACT_VERSION,
        adapter_id=setup.protocol,
        provider_id=bench.dialect.provider_id,
        display_name="Operator wallet",
        adapter_version=setup.protocol,
        settlement_mode="wallet",
        capabilities=(),
        transport="http",
        address=setup.url,
        run_id=str(setup.seed),
        finish_time=datetime.now(UTC).isoformat(timespec="seconds"),
        results=tuple(results),
        rules=RULES,
    )


async def _run(bench: WalletBench, case: WalletCase) -> Result:
    start_s = time.monotonic()
    try:
        async with asyncio.timeout(CASE_TIMEOUT_S):
            await case.check(bench)
        text = ""
    except CaseFailed as error:
        text = str(error)
    except TimeoutError:
        text = f"did not end within {CASE_TIMEOUT_S} s"
    took_ms = int((time.monotonic() - start_s) * 1000)
    status = Status.FAILED if text else Status.PASSED
    return Result(case.case_id, case.rule, case.tier.name.lower(), case.says, status, text, took_ms=took_ms)
