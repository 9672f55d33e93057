"""``reelgate mock scenario``: play scenario files against the play wallet, or against an operator's."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from adapters.loader import look_here_too
from adapters.mocks.cli_refusals import EXIT_FAILED, check_url, fail
from adapters.mocks.external_target import ExternalTarget
from adapters.mocks.host import load_adapter_module, load_dialect
from adapters.mocks.known_words import check_known
from adapters.mocks.loop import Loop
from adapters.mocks.loop_target import LoopTarget
from adapters.mocks.scenario import ScenarioResult, run_scenario, seed_of
from adapters.mocks.scenario_words import Scenario, load_scenario, scenario_files
from adapters.mocks.serving import ServeTerms, build_host, read_keys


def scenario(
    paths: Annotated[list[Path], typer.Argument(help="Scenario files, or folders of them", exists=True)],
    wallet_url: Annotated[str, typer.Option(help="An operator's wallet; without it the built-in play wallet")] = "",
    player: Annotated[str, typer.Option(help="With --wallet-url: a player of that wallet")] = "",
    token: Annotated[str, typer.Option(help="With --wallet-url: a live session token of the player")] = "",
    currency: Annotated[str, typer.Option(help="With --wallet-url: the player's currency")] = "EUR",
    keys: Annotated[
        Path | None, typer.Option(help="With --wallet-url: file with the test keys", exists=True, dir_okay=False)
    ] = None,
) -> None:
    """Run scenarios; exit 1 when one does not hold, or when none could be played at all."""
    console = Console()
    look_here_too()
    check_url(wallet_url, "--wallet-url")
    if wallet_url and not (player and token):
        raise typer.BadParameter("needs --player and --token, too", param_hint="--wallet-url")
    if not wallet_url and (player or token or keys):
        raise typer.BadParameter("--player, --token and --keys are of that wallet", param_hint="--wallet-url")
    try:
        found = [load_scenario(file) for path in paths for file in scenario_files(path)]
        dialects = {each.provider: load_dialect(each.provider) for each in found}
        for provider in () if wallet_url else dialects:
            load_adapter_module(provider)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="PATHS") from error
    try:
        known_keys = read_keys(keys)
        for provider, dialect in dialects.items():
            if keys and provider not in known_keys:
                raise ValueError(f"there are none of {provider}")
            check_known(provider, known_keys.get(provider, {}), dialect.credentials)
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"cannot be used: {error}", param_hint="--keys") from error
    results: list[tuple[Scenario, ScenarioResult]] = []
    for each in track(found, "Scenarios", console=console, transient=True):
        if wallet_url:
            target = ExternalTarget(player, token, currency)
            run = _against_wallet(each, wallet_url, target, known_keys.get(each.provider, {}))
        else:
            run = _against_play_wallet(each)
        results.append((each, asyncio.run(run)))
    _show_results(console, results)
    if all(result.skipped and result.holds for _, result in results):
        fail("nothing was tested: no scenario could be played to its end against this wallet")
    if any(not result.holds for _, result in results):
        raise typer.Exit(EXIT_FAILED)


async def _against_play_wallet(each: Scenario) -> ScenarioResult:
    loop = Loop(each.provider, seed=seed_of(each.name))
    try:
        return await run_scenario(each, loop.tenant, LoopTarget(loop))
    finally:
        await loop.aclose()


async def _against_wallet(
    each: Scenario, wallet_url: str, target: ExternalTarget, keys: dict[str, str]
) -> ScenarioResult:
    terms = ServeTerms([each.provider], "http://127.0.0.1", wallet_url, time="virtual")
    host = build_host(terms)
    tenant = host.tenant(each.provider, terms.tenant_id)
    tenant.set_credentials(keys)
    try:
        return await run_scenario(each, tenant, target)
    finally:
        await host.aclose()


def _show_results(console: Console, results: list[tuple[Scenario, ScenarioResult]]) -> None:
    table = Table("scenario", "provider", "result")
    for each, result in results:
        verdict = f"[yellow]not possible: {result.skipped}" if result.skipped else "[green]holds"
        table.add_row(each.name, each.provider, verdict if result.holds else "[red]" + "\n".join(result.failures))
    console.print(table)
    held = sum(result.holds and not result.skipped for _, result in results)
    skipped = sum(bool(result.skipped) for _, result in results)
    console.print(f"{held} of {len(results)} hold, {skipped} not possible from outside")
