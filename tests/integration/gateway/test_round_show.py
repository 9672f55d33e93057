"""``reelgate round show``: one command tells a support desk where the money of any round is."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from adapters.contract.ids import BrandId, GameId, PlayerId, ProviderId, RoundId, TransactionId
from adapters.contract.wallet_calls import Action, ActionKind, WalletCall
from gateway.bootstrap.embedded_wallet import EmbeddedWallet
from gateway.cli.rounds import round_app
from gateway.rounds.ports import AccountRef
from gateway.rounds.records import BetRecord
from tests.support.fakes import FakeClock
from wallet.bootstrap import open_wallet

EURO = 1_000_000
KINDS = {"b": ActionKind.BET, "w": ActionKind.WIN}


def call(action: Action, round_id: str = "h1", player_id: str = "ann") -> WalletCall:
    return WalletCall(
        BrandId("brand"), PlayerId(player_id), "EUR", ProviderId("hub88"), (action,),
        GameId("hub88:fruit"), RoundId(round_id),
    )  # fmt: skip


def act(kind: ActionKind, name: str, micros: int = 0, reference: str | None = None) -> Action:
    return Action(kind, TransactionId(name), micros, TransactionId(reference) if reference else None)


async def fill(database: str) -> None:
    """A provider's round with all that can happen, another player's of the same id, and one that never came to be."""
    wallet = EmbeddedWallet(await open_wallet(database, FakeClock().now_ms))
    for player_id in ("ann", "bob"):
        await wallet.open_account(AccountRef("brand", player_id, "EUR"))
        deposit = WalletCall(
            BrandId("brand"), PlayerId(player_id), "EUR", ProviderId("cashier"),
            (act(ActionKind.DEPOSIT, f"d-{player_id}", 20 * EURO),),
        )  # fmt: skip
        await wallet.apply(deposit)
    for action in (
        act(ActionKind.BET, "b1", 5 * EURO),
        act(ActionKind.BET, "b1", 5 * EURO),
        act(ActionKind.BET, "b1", 6 * EURO),
        act(ActionKind.BET, "b2", 50 * EURO),
        act(ActionKind.ROLLBACK, "x1", 0, "late"),
        act(ActionKind.BET, "late", EURO),
        act(ActionKind.WIN, "w1", 7 * EURO),
        act(ActionKind.CLOSE, "c1"),
    ):
        await wallet.apply(call(action))
    await wallet.apply(call(act(ActionKind.BET, "b9", EURO), "twice"))
    await wallet.apply(call(act(ActionKind.BET, "b8", EURO), "twice", "bob"))
    await wallet.apply(call(act(ActionKind.BET, "b7", 90 * EURO), "never"))
    await wallet.aclose()


@pytest.fixture
def database(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/reelgate.db"
    asyncio.run(fill(url))
    return url


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(round_app, list(words))
    return done.exit_code, done.stdout + done.stderr


def test_a_providers_round_is_told_from_the_first_command_to_the_last(database: str) -> None:
    code, output = run("show", "h1", "--player", "ann", "--database", database, "--json")
    story: dict[str, Any] = json.loads(output)
    words = "\n".join(entry["text"] for entry in story["timeline"])

    assert code == 0
    assert (story["provider_id"], story["player_id"], story["status"]) == ("hub88", "ann", "closed")
    assert (story["bet_micros"], story["win_micros"], story["held_micros"]) == (5 * EURO, 7 * EURO, 0)
    for told in (
        "bet of 5.00 EUR (b1): player pays 5.00 EUR, balance 15.00 EUR, opens the round",
        "bet b1 came again: answered from memory, nothing moved",
        "bet b1: refused, key reused (the key was used before with another amount_micros)",
        "bet of 50.00 EUR (b2): refused for ever, insufficient funds (the balance is too small)",
        "rollback of late (x1): accepted, nothing moved",
        "bet late was rolled back before it came: it is dead for ever",
        "bet late came: answered from memory, rolled back (it was rolled back before it came)",
        "win of 7.00 EUR (w1): player gets 7.00 EUR, balance 22.00 EUR",
        "close of the round (c1): nothing moved, balance 22.00 EUR, closes the round",
    ):
        assert told in words
    assert [entry["time_ms"] for entry in story["timeline"]] == sorted(entry["time_ms"] for entry in story["timeline"])
    win = next(entry for entry in story["timeline"] if entry.get("transaction_id") == "w1")
    assert (win["outcome"], win["delta_micros"], win["balance_micros"]) == ("ok", 7 * EURO, 22 * EURO)


@pytest.mark.parametrize(
    "actions",
    [
        [(ActionKind.BET, "b1", 5 * EURO), (ActionKind.BET, "b2", EURO), "b1", "b2"],
        [(ActionKind.BET, "b1", 0), "b1"],
        [(ActionKind.BET, "b1", EURO), (ActionKind.WIN, "w1", 2 * EURO), "w1", "b1"],
    ],
    ids=["bets", "a bet of nothing", "a win that was taken back first"],
)
def test_an_open_round_of_which_all_was_rolled_back_is_called_so(database: str, actions: list[Any]) -> None:
    async def play() -> None:
        wallet = EmbeddedWallet(await open_wallet(database, FakeClock().now_ms))
        for number, step in enumerate(actions):
            if isinstance(step, str):
                made = replace(act(ActionKind.ROLLBACK, f"u.x{number}", 0, f"u.{step}"), reference_kind=KINDS[step[0]])
            else:
                made = act(step[0], f"u.{step[1]}", step[2])
            reply = await wallet.apply(call(made, "undone"))
            assert reply.accepted
        await wallet.aclose()

    asyncio.run(play())

    code, output = run("show", "undone", "--player", "ann", "--database", database, "--json")
    _, lines = run("show", "undone", "--player", "ann", "--database", database)

    assert code == 0
    assert (json.loads(output)["status"], json.loads(output)["held_micros"]) == ("rolled_back", 0)
    assert "hub88:fruit: rolled back" in lines


def test_an_open_round_with_a_bet_left_is_not_called_rolled_back(database: str) -> None:
    async def play() -> None:
        wallet = EmbeddedWallet(await open_wallet(database, FakeClock().now_ms))
        for made in (
            act(ActionKind.BET, "l1", 0),
            act(ActionKind.BET, "l2", 0),
            act(ActionKind.ROLLBACK, "lx", 0, "l1"),
        ):
            await wallet.apply(call(made, "left"))
        await wallet.aclose()

    asyncio.run(play())

    _, output = run("show", "left", "--player", "ann", "--database", database, "--json")

    assert json.loads(output)["status"] == "open"


@pytest.mark.parametrize(
    ("bet_name", "detail", "status"),
    [
        ("p1", b"", "open"),
        ("asked", b"free bet of 100", "open"),
        ("asked", BetRecord(EURO, 1, "").encode(), "in_doubt"),
    ],
    ids=["a provider's", "a provider's, whose bet is called as its round", "the gateway's own, without an outcome"],
)
def test_only_a_round_that_the_gateway_asked_for_is_in_doubt(
    database: str, bet_name: str, detail: bytes, status: str
) -> None:
    async def play() -> None:
        wallet = EmbeddedWallet(await open_wallet(database, FakeClock().now_ms))
        await wallet.apply(call(replace(act(ActionKind.BET, bet_name, EURO), detail=detail), "asked"))
        await wallet.aclose()

    asyncio.run(play())

    _, output = run("show", "asked", "--player", "ann", "--database", database, "--json")
    _, lines = run("show", "asked", "--player", "ann", "--database", database)

    assert (json.loads(output)["status"], json.loads(output)["held_micros"]) == (status, EURO)
    assert f"hub88:fruit: {status.replace('_', ' ')}, bet 1.00" in lines


def test_for_people_it_is_told_in_lines(database: str) -> None:
    code, output = run("show", "h1", "--database", database, "--brand", "brand", "--player", "ann")

    assert code == 0
    assert "round h1 of player ann, brand brand, provider hub88" in output
    assert "player gets 7.00 EUR" in output


def test_a_round_that_never_came_to_be_is_told_too(database: str) -> None:
    code, output = run("show", "never", "--player", "ann", "--database", database, "--json")

    assert code == 0
    assert "refused for ever, insufficient funds" in json.loads(output)["timeline"][0]["text"]


def test_an_id_that_several_rounds_have_is_not_guessed(database: str) -> None:
    code, output = run("show", "twice", "--database", database)
    named, _ = run("show", "twice", "--database", database, "--player", "bob")

    assert (code, named) == (2, 0)
    assert "--player ann" in output
    assert "--player bob" in output


def test_an_unknown_round_is_not_found(database: str) -> None:
    assert run("show", "nothing", "--database", database, "--player", "ann") == (2, "no such round\n")


@pytest.mark.parametrize("command", ["show", "verify"])
def test_a_database_that_is_not_there_is_not_made(tmp_path: Path, command: str) -> None:
    path = tmp_path / "missing" / "reelgate.db"

    code, output = run(command, "r1", "--database", f"sqlite:///{path}")

    assert code == 2
    assert "there is no database at" in output
    assert not path.parent.exists()
