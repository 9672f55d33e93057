"""Must 0: the manifest and the games are complete, constant and true."""

from adapters.conformance.bench import Bench, refusal
from adapters.conformance.case import Case, Tier, require
from adapters.conformance.integrity import inexact_fields
from adapters.conformance.subject import wait_until_ready
from adapters.contract.errors import InvalidCall
from adapters.contract.games import PageRequest
from adapters.contract.ids import is_valid_id
from adapters.contract.manifest import CONTRACT_VERSION, Capability, SettlementMode

_PLAYED_BY = {
    SettlementMode.ATOMIC: Capability.SPIN,
    SettlementMode.GATEWAY_DRIVEN: Capability.SPIN,
    SettlementMode.PROVIDER_DRIVEN: Capability.WALLET_CALLS,
}


async def _manifest_is_complete(bench: Bench) -> None:
    manifest = bench.manifest
    for name in ("adapter_id", "provider_id"):
        require(is_valid_id(getattr(manifest, name)), f"{name} is not an id: {getattr(manifest, name)!r}")
    require(0 < len(manifest.display_name) <= 128, "display_name must have 1 to 128 characters")
    require(0 < len(manifest.adapter_version) <= 64, "adapter_version must have 1 to 64 characters")
    ours, theirs = CONTRACT_VERSION.split(".")[0], manifest.contract_version.split(".")[0]
    require(ours == theirs, f"contract_version is {manifest.contract_version!r}, this kit is for {CONTRACT_VERSION}")
    needed = _PLAYED_BY[manifest.settlement_mode]
    require(manifest.supports(needed), f"settlement mode {manifest.settlement_mode} needs the capability {needed}")
    require(manifest.win_multiplier_max >= 0, "win_multiplier_max is negative")
    for name in ("spin_timeout_ms", "in_flight_max", "callback_timeout_ms"):
        require(getattr(manifest, name) > 0, f"{name} must be positive")


async def _manifest_is_constant(bench: Bench) -> None:
    for adapter in (bench.adapter, await bench.connect()):
        require(await adapter.describe() == bench.manifest, "describe gives another manifest than before")


async def _probe_says_ready(bench: Bench) -> None:
    await wait_until_ready(bench.adapter, timeout_s=10)


async def _games_are_complete(bench: Bench) -> None:
    require(bool(bench.games), bench.games_problem or "there are no games")
    ids = [game.game_id for game in bench.games]
    require(len(set(ids)) == len(ids), "a game_id is there twice")
    for game in bench.games:
        require(is_valid_id(game.game_id), f"game_id is not an id: {game.game_id!r}")
        require(bool(game.display_name and game.studio), f"{game.game_id}: display_name and studio are required")
        ladders = (game.stakes_micros, *game.stakes_micros_by_currency.values())
        ascending = all(list(ladder) == sorted(set(ladder)) and min(ladder, default=1) > 0 for ladder in ladders)
        require(ascending, f"{game.game_id}: stakes must be positive and ascending")
        require(0 <= game.rtp_ppm <= 1_000_000, f"{game.game_id}: rtp_ppm is no share")
        inside = not bench.manifest.currency_codes or game.currency_codes <= bench.manifest.currency_codes
        require(inside, f"{game.game_id}: has currencies that the manifest does not have")


async def _games_are_exact(bench: Bench) -> None:
    for game in bench.games:
        wrong = [name for name in inexact_fields(game) if not name.startswith("facts")]
        require(not wrong, f"{game.game_id}: {', '.join(wrong)}; expected whole numbers")


async def _games_page_stably(bench: Bench) -> None:
    one_by_one = await bench.all_games(page_size=1) if len(bench.games) <= 200 else await bench.all_games(50)
    require(one_by_one == bench.games, "small pages give other games, or another order, than large ones")
    require(await bench.all_games() == bench.games, "the order of the games changes")


async def _foreign_page_token_is_refused(bench: Bench) -> None:
    await refusal(bench.adapter.list_games(PageRequest(10, "no-such-token")), InvalidCall, what="a foreign page_token")


CASES = (
    Case(
        "manifest-is-complete",
        0,
        Tier.PLAYABLE,
        "the manifest is complete and fits its settlement mode",
        _manifest_is_complete,
        rpcs=("Describe",),
    ),
    Case(
        "manifest-is-constant",
        0,
        Tier.PLAYABLE,
        "describe gives the same manifest, on every connection",
        _manifest_is_constant,
        rpcs=("Describe",),
    ),
    Case(
        "probe-says-ready", 0, Tier.PLAYABLE, "probe says READY within ten seconds", _probe_says_ready, rpcs=("Probe",)
    ),
    Case(
        "games-are-complete",
        0,
        Tier.PLAYABLE,
        "every game has an id, names, sound stakes and shares",
        _games_are_complete,
        rpcs=("ListGames",),
    ),
    Case(
        "games-page-stably",
        0,
        Tier.CERTIFIED,
        "pages of any size give the same games in the same order",
        _games_page_stably,
        rpcs=("ListGames",),
    ),
    Case(
        "foreign-page-token-is-refused",
        7,
        Tier.CERTIFIED,
        "a page token of another list is InvalidCall",
        _foreign_page_token_is_refused,
        rpcs=("ListGames",),
    ),
    Case(
        "games-are-exact",
        10,
        Tier.PLAYABLE,
        "amounts and shares of the games are whole numbers",
        _games_are_exact,
        rpcs=("ListGames",),
    ),
)
