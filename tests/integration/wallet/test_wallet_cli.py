"""``reelgate wallet``: audit, export, receipts, the story of a round."""

import asyncio
import json
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.support.wallets import BRAND, CURRENCY, EURO, PROVIDER, START_MS, FakeClock, deposit, spin
from wallet.bootstrap import open_wallet
from wallet.cli import wallet_app
from wallet.storage.export import exported_rows

KEY = (BRAND, "player-1", CURRENCY)


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/wallet.db"


async def played(database_url: str, first: int, count: int) -> bytes:
    """Play some rounds and return the last receipt."""
    wallet = await open_wallet(database_url, FakeClock(START_MS - 10**11 + first).now_ms)
    await wallet.open_account(KEY)
    await wallet.apply(deposit("deposit-1", 100 * EURO))
    receipt = b""
    for number in range(first, first + count):
        reply = await wallet.apply(spin(f"round-{number}", EURO, 0, detail=b"\x00\xff")._replace(with_receipt=True))
        receipt = reply.receipt
    await wallet.aclose()
    return receipt


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(wallet_app, list(words))
    return done.exit_code, done.output


def test_w24_the_audit_names_the_row_that_was_edited(database_url: str, tmp_path: Path) -> None:
    asyncio.run(played(database_url, 0, 5))
    right, _ = run("audit", "--database", database_url)
    with sqlite3.connect(tmp_path / "wallet.db") as connection:
        connection.execute("update journal set amount_micros = 5 where sequence = 4")
    connection.close()
    wrong, output = run("audit", "--database", database_url, "--json")
    verdict = json.loads(output)

    assert (right, wrong) == (0, 1)
    assert verdict["ok"] is False
    assert any("player-1" in each["key"] and "4" in each["key"] for each in verdict["findings"])


def test_w24_the_audit_names_a_row_whose_kind_nobody_knows(database_url: str, tmp_path: Path) -> None:
    asyncio.run(played(database_url, 0, 2))
    with sqlite3.connect(tmp_path / "wallet.db") as connection:
        connection.execute("update journal set kind = 'gift' where sequence = 1")
    connection.close()
    code, output = run("audit", "--database", database_url, "--json")

    assert code == 1
    assert any(
        "does not exist" in each["words"] and each["key"].endswith("#1") for each in json.loads(output)["findings"]
    )


@pytest.mark.parametrize("content", [None, b"", b"this is no database" * 100])
def test_an_audit_without_a_ledger_says_so_in_one_line_and_makes_none(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "other.db"
    if content is not None:
        file.write_bytes(content)

    code, output = run("audit", "--database", f"sqlite:///{file}")

    assert (code, output.count("\n")) == (2, 1)
    assert "there is no ledger to audit" in output
    assert file.exists() == (content is not None)


@pytest.mark.parametrize("words", [("export", "out"), ("round", BRAND, "player-1", PROVIDER, "round-1")])
def test_without_a_ledger_no_command_makes_one_or_shows_its_insides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)

    code, output = run(*words, "--database", "sqlite:///none.db")

    assert (code, output.count("\n")) == (2, 1)
    assert "no such file: none.db" in output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("--listen", "0.0.0.0:0"), "--token"),
        (("--listen", "[::]:0"), "--token"),
        (("--database", "mysql://x"), "--database"),
    ],
)
def test_a_wallet_that_others_can_reach_is_not_served_without_a_token(words: tuple[str, ...], hint: str) -> None:
    code, output = run("serve", *words)

    assert code == 2
    assert hint in output


def test_a_receipt_that_cannot_be_read_is_not_one_that_does_not_hold(tmp_path: Path) -> None:
    assert run("verify-receipt", f"@{tmp_path}/none", str(tmp_path))[0] == 2


def test_w28_an_export_goes_on_in_another_format(database_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    asyncio.run(played(database_url, 0, 3))
    run("export", str(folder), "--database", database_url, "--format", "parquet")
    receipt = asyncio.run(played(database_url, 10, 2)).decode()
    run("export", str(folder), "--database", database_url, "--format", "csv")

    assert [row.sequence for row in exported_rows(folder)] == list(range(1, 13))
    assert run("verify-receipt", receipt, str(folder))[0] == 0


@pytest.mark.parametrize(("broken", "again"), [("both", "parquet"), ("csv", "parquet"), ("parquet", "csv")])
def test_w28_what_a_broken_export_left_in_another_format_is_no_part_of_the_next(
    database_url: str, tmp_path: Path, broken: str, again: str
) -> None:
    folder = tmp_path / "export"
    asyncio.run(played(database_url, 0, 1))
    run("export", str(folder), "--database", database_url, "--format", broken)
    (folder / "cursor.json").unlink()  # it broke between its chunk and its cursor
    receipt = asyncio.run(played(database_url, 10, 2)).decode()
    run("export", str(folder), "--database", database_url, "--format", again)

    assert sorted(path.name for path in folder.iterdir()) == [
        "cursor.json", f"journal-000001.{again}", f"rounds-000001.{again}",
    ]  # fmt: skip
    assert [row.sequence for row in exported_rows(folder)] == list(range(1, 9))
    assert run("verify-receipt", receipt, str(folder))[0] == 0


def test_w28_a_chunk_that_no_cursor_names_is_not_read(database_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    early = asyncio.run(played(database_url, 0, 1)).decode()
    run("export", str(folder), "--database", database_url, "--format", "csv")
    cursor = (folder / "cursor.json").read_text()
    asyncio.run(played(database_url, 10, 2))
    run("export", str(folder), "--database", database_url, "--format", "csv")
    (folder / "cursor.json").write_text(cursor)
    whole = (folder / "journal-000002.csv").read_text()
    (folder / "journal-000002.csv").write_text(whole[: len(whole) // 2])  # it broke in the middle of its chunk

    assert [row.sequence for row in exported_rows(folder)] == list(range(1, 5))
    assert run("verify-receipt", early, str(folder))[0] == 0


@pytest.mark.parametrize("lost", ["cursor.json", "journal-000001.csv"])
def test_an_export_that_lacks_a_file_cannot_be_read_and_says_which(
    database_url: str, tmp_path: Path, lost: str
) -> None:
    folder = tmp_path / "export"
    receipt = asyncio.run(played(database_url, 0, 1)).decode()
    run("export", str(folder), "--database", database_url, "--format", "csv")
    (folder / lost).unlink()

    code, output = run("verify-receipt", receipt, str(folder))

    assert code == 2
    assert lost.partition(".")[0] in output


def test_the_wallets_commands_read_the_same_variable_as_the_gateways(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(played(database_url, 0, 1))
    monkeypatch.setenv("REELGATE_DATABASE_URL", database_url)

    assert run("audit")[0] == 0


@pytest.mark.parametrize("format_", ["csv", "parquet"])
def test_w28_an_export_goes_on_where_it_ended_and_bears_receipts_out(
    database_url: str, tmp_path: Path, format_: str
) -> None:
    folder = tmp_path / "export"
    early = asyncio.run(played(database_url, 0, 3)).decode()
    first = run("export", str(folder), "--database", database_url, "--format", format_, "--json")
    late = asyncio.run(played(database_url, 10, 2)).decode()
    missing = run("verify-receipt", late, str(folder))
    second = run("export", str(folder), "--database", database_url, "--format", format_, "--json")
    third = run("export", str(folder), "--database", database_url, "--format", format_, "--json")

    assert [json.loads(each[1])["row_count"] for each in (first, second, third)] == [8, 4, 0]
    assert [row.sequence for row in exported_rows(folder)] == list(range(1, 13))
    assert (missing[0], run("verify-receipt", early, str(folder))[0], run("verify-receipt", late, str(folder))[0]) == (
        1,
        0,
        0,
    )


def test_a_receipt_does_not_hold_against_a_changed_export(database_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    receipt = asyncio.run(played(database_url, 0, 3)).decode()
    run("export", str(folder), "--database", database_url, "--format", "csv")
    path = folder / "journal-000001.csv"
    path.write_text(path.read_text().replace(",1000000,", ",2000000,", 1))

    code, output = run("verify-receipt", receipt, str(folder))

    assert code == 1
    assert "was changed" in output


def test_the_story_of_a_round_is_told_in_words(database_url: str) -> None:
    asyncio.run(played(database_url, 0, 1))

    code, output = run("round", BRAND, "player-1", PROVIDER, "round-0", "--database", database_url)

    assert code == 0
    assert "player pays 1.00 EUR" in output
