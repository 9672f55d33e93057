"""What ``reelgate round show`` tells of a round: where it stands, its steps, and everything that happened in it."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from gateway.bootstrap.compose import Gateway
from gateway.bootstrap.embedded_wallet import EmbeddedWallet
from gateway.cli.amounts import amount_text
from gateway.config import Settings
from gateway.errors import RoundNotFound
from gateway.rounds.ports import RoundEvent, RoundRef, WalletRound
from gateway.rounds.stored_rounds import StoredRound, stored_round
from gateway.rounds.verify_round import VerifyRound
from gateway.storage.database import async_url
from protos.wire.addresses import DatabaseRefused


class RoundHints(NamedTuple):
    """What the caller knows beside the round's id; empty: not known."""

    brand_id: str = ""
    player_id: str = ""
    provider_id: str = ""


class ToldRound(NamedTuple):
    """A round's story; ``stored`` is missing where only refusals or tombstones name it."""

    ref: RoundRef
    stored: WalletRound | None
    events: tuple[RoundEvent, ...]


def settings_of(database: str | None) -> Settings:
    """Return the settings for a look at a database that is there; raises ``DatabaseRefused`` where it would be made."""
    settings = Settings() if database is None else Settings(database_url=database)
    url = async_url(settings.database_url)
    if url.drivername.startswith("sqlite"):
        from pathlib import Path

        if not url.database or not Path(url.database).is_file():
            raise DatabaseRefused(f"there is no database at {url.database}")
    return settings


async def tell_round(gateway: Gateway, round_id: str, hints: RoundHints) -> ToldRound:
    """Find the round and tell its story."""
    ref = await _found(gateway, round_id, hints)
    stored, events = await gateway.wallet.get_round(ref), await gateway.wallet.round_timeline(ref)
    if stored is None and not events:
        raise RoundNotFound("no such round")
    return ToldRound(ref, stored, events)


async def _found(gateway: Gateway, round_id: str, hints: RoundHints) -> RoundRef:
    if all(hints):
        return RoundRef(*hints, round_id)
    if not hints.player_id and not hints.provider_id:  # a round that was played here has a key that follows from its id
        brands = [item.brand_id for item in await gateway.operators.list_brands()]
        try:
            verifier = VerifyRound(gateway.registry, gateway.wallet)
            return await verifier.find([hints.brand_id] if hints.brand_id else brands, round_id)
        except RoundNotFound:
            pass
    if not isinstance(gateway.ledger, EmbeddedWallet):
        raise ValueError("the wallet runs elsewhere: name the round's --brand, --player and --provider")
    found = await gateway.ledger.find_rounds(round_id, *hints)
    if len(found) > 1:
        names = "; ".join(
            f"--brand {ref.brand_id} --player {ref.player_id} --provider {ref.provider_id}" for ref in found
        )
        raise ValueError(f"several rounds have this id: {names}")
    if not found:
        raise RoundNotFound("no such round")
    return found[0]


def story_json(told: ToldRound) -> dict[str, Any]:
    """Return the story as one JSON object."""
    names = ("brand_id", "player_id", "provider_id", "round_id")
    story: dict[str, Any] = {name: getattr(told.ref, name) for name in names}
    if told.stored is not None:
        view = stored_round(told.stored)
        story |= {
            "game_id": view.game_id,
            "game_version": view.game_version,
            "currency_code": view.currency_code,
            "status": view.status.name.lower(),
            "bet_micros": view.bet_micros,
            "win_micros": view.win_micros,
            "rolled_back_micros": told.stored.rolled_back_micros,
            "held_micros": _held_micros(told.stored),
            "open_time": _time_text(view.open_time_ms),
            "close_time": _time_text(view.close_time_ms) if view.close_time_ms else None,
            "steps": [
                {"step": step.step, "bet_micros": step.bet_micros, "win_micros": step.win_micros,
                 "balance_micros": step.balance_micros, "status": step.status.name.lower()}
                for step in view.steps
            ],
        }  # fmt: skip
    return story | {"timeline": [_event_json(event) for event in told.events]}


def _event_json(event: RoundEvent) -> dict[str, Any]:
    told: dict[str, Any] = {"time": _time_text(event.time_ms), "time_ms": event.time_ms, "text": event.text}
    if event.author:
        told["author"] = event.author
    row = event.transaction
    if row is not None:
        told |= {
            "kind": row.kind.value, "transaction_id": row.transaction_id, "outcome": row.code.value,
            "amount_micros": row.amount_micros, "delta_micros": row.delta_micros, "balance_micros": row.balance_micros,
        }  # fmt: skip
    return told


def _held_micros(stored: WalletRound) -> int:
    return 0 if stored.closed else stored.bet_micros - stored.rolled_back_micros


def print_story(told: ToldRound) -> None:
    """Print the story for a person."""
    console = Console(highlight=False, soft_wrap=True)
    ref = told.ref
    console.print(
        f"round [bold]{ref.round_id}[/] of player {ref.player_id}, brand {ref.brand_id}, provider {ref.provider_id}"
    )
    if told.stored is None:
        console.print("it never came to be: only what was refused or rolled back names it")
    else:
        _print_round(console, stored_round(told.stored), _held_micros(told.stored))
    for event in told.events:
        console.print(f"[dim]{_time_text(event.time_ms)}[/]  {event.text}", markup=True)


def _print_round(console: Console, view: StoredRound, held_micros: int) -> None:
    held = f", holds {amount_text(held_micros)}" if held_micros else ""
    console.print(
        f"{view.game_id}: {view.status.name.lower().replace('_', ' ')}, bet {amount_text(view.bet_micros)}, "
        f"win {amount_text(view.win_micros)} {view.currency_code}{held}"
    )
    if not view.steps:
        return
    table = Table("step", "bet", "win", "balance after", "status")
    for step in view.steps:
        amounts = (amount_text(micros) for micros in (step.bet_micros, step.win_micros, step.balance_micros))
        table.add_row(str(step.step), *amounts, step.status.name.lower())
    console.print(table)


def _time_text(time_ms: int) -> str:
    return f"{datetime.fromtimestamp(time_ms // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{time_ms % 1000:03d}Z"
