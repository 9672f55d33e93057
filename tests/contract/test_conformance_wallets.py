"""The wallet kit: a sound wallet passes in every protocol, and each flaw that real wallets have is caught."""

import pytest

from adapters.conformance.case import Tier
from adapters.conformance.report import Report, Status
from adapters.conformance.wallets.bench import WalletBench, WalletSetup
from adapters.conformance.wallets.cases import CASES, RULES
from adapters.conformance.wallets.runner import run_wallet_cases
from adapters.mocks.clock import RealClock
from adapters.mocks.link import HttpLink
from adapters.mocks.loop import WALLET_URL, Loop
from adapters.mocks.play_wallet import Flaw

PROTOCOLS = ("hub88", "swipegames", "softswiss", "softswiss.a8r", "pragmatic", "evolution")
FLAWS = {
    Flaw.CHARGES_DUPLICATES: "bet-twice-is-one-bet",
    Flaw.FORGETS_TOMBSTONES: "rollback-before-bet-kills-it",
    Flaw.CHECKS_TOKEN_ON_WIN: "win-needs-no-live-token",
    Flaw.REFUNDS_TWICE: "rollback-gives-back-once",
    Flaw.GOES_NEGATIVE: "too-much-is-refused",
    Flaw.IGNORES_KEY_REUSE: "other-amount-is-a-conflict",
}

UNSEEN = {
    Flaw.FORGETS_TOMBSTONES: {"evolution"},  # a cancel always closes its round, which no other bet can be in
    Flaw.CHECKS_TOKEN_ON_WIN: {"softswiss", "softswiss.a8r"},  # its wins carry no token
    Flaw.REFUNDS_TWICE: {"pragmatic", "evolution"},  # a rollback has one possible id
}
"""What a protocol has no words for: there the flaw does no harm."""


async def certify(protocol: str, *flaws: Flaw) -> Report:
    """Run the kit against the mock operator's wallet, whose clock is real and refuses old stamps."""
    loop = Loop(protocol)
    loop.operator.clock = RealClock()
    session = await loop.launch(balance_micros=100_000_000)
    loop.wallet.flaws |= set(flaws)
    setup = WalletSetup(WALLET_URL, protocol, session.player_id, session.token, session.currency_code, session.game_id)
    link = loop.tenant.link
    assert isinstance(link, HttpLink)
    bench = WalletBench(setup, link)
    bench.session.facts |= session.facts
    bench.tenant.credentials |= loop.tenant.credentials
    try:
        return await run_wallet_cases(bench)
    finally:
        await loop.aclose()


def failures(report: Report) -> dict[str, str]:
    return {result.case_id: result.text for result in report.results if result.status is Status.FAILED}


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_sound_wallet_is_certified(protocol: str) -> None:
    report = await certify(protocol)

    assert failures(report) == {}
    assert report.tier is Tier.CERTIFIED


@pytest.mark.parametrize(
    ("flaw", "protocol"), [(flaw, name) for flaw in FLAWS for name in PROTOCOLS if name not in UNSEEN.get(flaw, ())]
)
async def test_a_flaw_is_caught_by_the_right_case(flaw: Flaw, protocol: str) -> None:
    report = await certify(protocol, flaw)

    assert FLAWS[flaw] in failures(report)
    assert not report.ok


def test_every_rule_has_a_case_and_every_id_is_unique() -> None:
    assert {case.rule for case in CASES} == set(RULES)
    assert len({case.case_id for case in CASES}) == len(CASES)
