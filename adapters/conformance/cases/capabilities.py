"""Must 9: what the manifest does not declare is refused, what it declares works."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from adapters.conformance.bench import Bench, ended, refusal
from adapters.conformance.case import Case, Tier, require
from adapters.contract.errors import (
    CapabilityNotSupported,
    GameNotFound,
    InvalidCall,
    ProviderRefused,
    RoundConflict,
    RoundNotFound,
)
from adapters.contract.free_rounds import FreeRoundsGrant, GrantReport, GrantStatus
from adapters.contract.games import PageRequest
from adapters.contract.ids import BrandId, GameId, GrantId, PlayerId
from adapters.contract.manifest import Capability
from adapters.contract.rounds import CancelCause, RoundDetailsRequest
from adapters.contract.wallet_calls import Certainty, Credential, RawCall, WalletCall, WalletReply

LAUNCH = frozenset({Capability.LAUNCH})
FREE_ROUNDS = frozenset({Capability.FREE_ROUNDS})
BRAND = BrandId("conformance")
DAY_MS = 24 * 60 * 60 * 1000
Attempt = Callable[[Bench], Awaitable[Any]]


def _raw_call() -> RawCall:
    return RawCall("POST", "/conformance/bet", "", (("content-type", "application/json"),), b"{}")


async def _attempt_wallet_word(bench: Bench, name: str) -> None:
    call = WalletCall(BRAND, PlayerId("p"), "EUR", bench.manifest.provider_id)
    arguments: dict[str, tuple[Any, ...]] = {
        "identify": (_raw_call(),),
        "decode": (_raw_call(), Credential(BRAND, (b"secret",))),
        "encode": (call, WalletReply(Certainty.CERTAIN)),
    }
    await bench.word(name, *arguments[name])


async def _spin_in_demo(bench: Bench) -> None:
    await bench.word("spin", bench.request(session=bench.session(demo=True)), bench.deadline())


async def _launch_in_demo(bench: Bench) -> None:
    await bench.word("launch_url", bench.session(demo=True), bench.game.game_id)


async def _second_step(bench: Bench) -> None:
    request, outcome = await bench.completed_round()
    await bench.word("spin", replace(request, step=1, state=outcome.state), bench.deadline())


def _undeclared(capability: Capability, rpcs: tuple[str, ...], *attempts: tuple[str, Attempt], needs: Any = ()) -> Case:
    async def check(bench: Bench) -> None:
        for what, attempt in attempts:
            allowed = (CapabilityNotSupported,)
            if capability is Capability.MULTI_STEP:
                allowed = (CapabilityNotSupported, InvalidCall)  # type: ignore[assignment]
            await refusal(attempt(bench), *allowed, what=f"{what} without the capability {capability}")

    return Case(
        f"undeclared-{capability.value.replace('_', '-')}-is-refused",
        9,
        Tier.PLAYABLE,
        f"without {capability} in the manifest its methods are CapabilityNotSupported",
        check,
        frozenset(needs),
        without=capability,
        rpcs=rpcs,
    )


def _details_request(bench: Bench) -> RoundDetailsRequest:
    player_id, currency_code = PlayerId(f"{bench.setup.run_id}-player"), bench.stake().currency_code
    return RoundDetailsRequest(BRAND, player_id, currency_code, bench.game.game_id, bench.round_id())


def _grant(bench: Bench, grant_id: str) -> FreeRoundsGrant:
    stake, now_ms = bench.stake(), int(time.time()) * 1000
    game = next((game for game in bench.games if game.free_rounds), bench.game)
    return FreeRoundsGrant(
        GrantId(grant_id),
        BRAND,
        PlayerId(f"{bench.setup.run_id}-player"),
        (game.game_id,),
        stake.currency_code,
        stake.micros,
        10,
        now_ms,
        now_ms + DAY_MS,
    )


UNDECLARED = (
    _undeclared(
        Capability.SPIN,
        ("Spin",),
        ("spin", lambda bench: bench.word("spin", bench.request(), bench.deadline())),
    ),
    _undeclared(
        Capability.ROUND_LOOKUP,
        ("GetRound",),
        ("get_round", lambda bench: bench.word("get_round", bench.round_id())),
    ),
    _undeclared(
        Capability.CANCEL,
        ("CancelRound",),
        ("cancel_round", lambda bench: bench.word("cancel_round", bench.round_id(), CancelCause.BET_FAILED)),
    ),
    _undeclared(
        Capability.LAUNCH,
        ("GetLaunchUrl",),
        ("launch_url", lambda bench: bench.word("launch_url", bench.session(), bench.game.game_id)),
    ),
    _undeclared(Capability.DEMO, ("Spin",), ("spin in demo", _spin_in_demo), needs={Capability.SPIN}),
    _undeclared(
        Capability.WALLET_CALLS,
        ("IdentifyCall", "DecodeCall", "EncodeReply"),
        ("identify", lambda bench: _attempt_wallet_word(bench, "identify")),
        ("decode", lambda bench: _attempt_wallet_word(bench, "decode")),
        ("encode", lambda bench: _attempt_wallet_word(bench, "encode")),
    ),
    _undeclared(
        Capability.FREE_ROUNDS,
        ("GrantFreeRounds", "CancelFreeRounds", "GetFreeRounds"),
        ("grant_free_rounds", lambda bench: bench.word("grant_free_rounds", _grant(bench, bench.round_id()))),
        ("cancel_free_rounds", lambda bench: bench.word("cancel_free_rounds", BRAND, GrantId("g"))),
        ("get_free_rounds", lambda bench: bench.word("get_free_rounds", BRAND, GrantId("g"))),
    ),
    _undeclared(
        Capability.ROUND_DETAILS,
        ("GetRoundDetails",),
        ("round_details", lambda bench: bench.word("round_details", _details_request(bench))),
    ),
    _undeclared(Capability.MULTI_STEP, ("Spin",), ("a second step", _second_step), needs={Capability.SPIN}),
)


async def _known_version(bench: Bench) -> None:
    whole = await bench.word("list_games", PageRequest(500))
    require(not whole.changes_only, "the whole list is called changes")
    if whole.version:
        again = await bench.word("list_games", PageRequest(500, "", whole.version))
        require(again.version == whole.version, "the version changes though the games do not")
        require(again.changes_only or again.items == whole.items, "neither changes nor the whole list")
        nothing = not again.items and not again.removed_ids
        require(nothing or not again.changes_only, "there are changes between a version and itself")


async def _unknown_round_has_no_details(bench: Bench) -> None:
    attempt = bench.word("round_details", _details_request(bench))
    await refusal(attempt, RoundNotFound, ProviderRefused, InvalidCall, what="showing a round that was never played")


async def _check_url(bench: Bench, *, demo: bool) -> None:
    url = await bench.word("launch_url", bench.session(demo=demo), bench.game.game_id)
    require(isinstance(url, str), f"launch_url returned {type(url).__name__}")
    parts = urlsplit(url)
    require(parts.scheme in ("http", "https") and bool(parts.netloc), f"no absolute address: {url[:100]!r}")


async def _launches(bench: Bench) -> None:
    await _check_url(bench, demo=False)


async def _launches_demo(bench: Bench) -> None:
    await _check_url(bench, demo=True)


async def _unknown_game_does_not_launch(bench: Bench) -> None:
    attempt = bench.word("launch_url", bench.session(), GameId("no-such-game"))
    await refusal(attempt, GameNotFound, InvalidCall, what="launching an unknown game")


async def _grant_is_idempotent(bench: Bench) -> None:
    grant = _grant(bench, bench.round_id())
    for _ in range(3):
        report = await bench.word("grant_free_rounds", grant)
        require(report.grant_id == grant.grant_id, f"grant_id {report.grant_id!r}, expected {grant.grant_id!r}")
        require(report.status is GrantStatus.ACTIVE, f"a fresh grant is {report.status}")
    known = await ended(bench.word("get_free_rounds", BRAND, grant.grant_id))
    if not isinstance(known, CapabilityNotSupported):
        require(known.status is GrantStatus.ACTIVE, f"get_free_rounds says {known} of a fresh grant")


async def _grant_conflicts(bench: Bench) -> None:
    grant = _grant(bench, bench.round_id())
    await bench.word("grant_free_rounds", grant)
    other = replace(grant, count=grant.count + 1)
    await refusal(bench.word("grant_free_rounds", other), RoundConflict, what="the same grant_id with another count")


async def _grant_cancels(bench: Bench) -> None:
    grant = _grant(bench, bench.round_id())
    await bench.word("grant_free_rounds", grant)
    for _ in range(2):
        report = await bench.word("cancel_free_rounds", BRAND, grant.grant_id)
        require(report.status is GrantStatus.CANCELLED, f"a cancelled grant is {report.status}")


async def _unknown_grant(bench: Bench) -> None:
    for name in ("get_free_rounds", "cancel_free_rounds"):
        report = await ended(bench.word(name, BRAND, GrantId(bench.round_id())))
        if name == "get_free_rounds" and isinstance(report, CapabilityNotSupported):
            continue
        unknown = isinstance(report, GrantReport) and report.status is GrantStatus.NOT_FOUND
        require(unknown, f"{name} of an unknown grant: expected NOT_FOUND, got {report!r}")


async def _unsound_grant(bench: Bench) -> None:
    grant = _grant(bench, bench.round_id())
    unsound = {
        "count 0": replace(grant, count=0),
        "a negative stake": replace(grant, stake_micros=-1),
        "an unknown game": replace(grant, game_ids=(GameId("no-such-game"),)),
        "a window that ends before it begins": replace(grant, valid_until_ms=grant.valid_from_ms - 1),
    }
    for what, wrong in unsound.items():
        await refusal(bench.word("grant_free_rounds", wrong), what=f"a grant with {what}")


CASES = (
    *UNDECLARED,
    Case("launches", 9, Tier.PLAYABLE, "a session gets an absolute address", _launches, LAUNCH, rpcs=("GetLaunchUrl",)),
    Case(
        "launches-demo",
        9,
        Tier.PLAYABLE,
        "a demo session gets an absolute address",
        _launches_demo,
        LAUNCH | {Capability.DEMO},
        rpcs=("GetLaunchUrl",),
    ),
    Case(
        "unknown-game-does-not-launch",
        7,
        Tier.PLAYABLE,
        "launching an unknown game is GameNotFound",
        _unknown_game_does_not_launch,
        LAUNCH,
        rpcs=("GetLaunchUrl",),
    ),
    Case(
        "grant-is-idempotent",
        9,
        Tier.RESILIENT,
        "granting twice grants once",
        _grant_is_idempotent,
        FREE_ROUNDS,
        rpcs=("GrantFreeRounds", "GetFreeRounds"),
    ),
    Case(
        "other-grant-is-a-conflict",
        2,
        Tier.RESILIENT,
        "the same grant_id with other content is RoundConflict",
        _grant_conflicts,
        FREE_ROUNDS,
        rpcs=("GrantFreeRounds",),
    ),
    Case(
        "grant-cancels-twice",
        9,
        Tier.RESILIENT,
        "a grant can be cancelled, also twice",
        _grant_cancels,
        FREE_ROUNDS,
        rpcs=("CancelFreeRounds",),
    ),
    Case(
        "unknown-grant-is-not-found",
        9,
        Tier.RESILIENT,
        "an unknown grant is NOT_FOUND (a protocol that cannot be asked says CapabilityNotSupported)",
        _unknown_grant,
        FREE_ROUNDS,
        rpcs=("GetFreeRounds", "CancelFreeRounds"),
    ),
    Case(
        "unsound-grant-is-refused",
        7,
        Tier.RESILIENT,
        "a grant that cannot be is refused, and nothing was done",
        _unsound_grant,
        FREE_ROUNDS,
        rpcs=("GrantFreeRounds",),
    ),
    Case(
        "unknown-round-has-no-details",
        7,
        Tier.RESILIENT,
        "a round that was never played is RoundNotFound or refused when it is to be shown",
        _unknown_round_has_no_details,
        frozenset({Capability.ROUND_DETAILS}),
        rpcs=("GetRoundDetails",),
    ),
    Case(
        "a-known-version-is-answered-with-changes",
        0,
        Tier.RESILIENT,
        "asked with the version of its own list, an adapter that has versions answers with no changes",
        _known_version,
        rpcs=("ListGames",),
    ),
)
