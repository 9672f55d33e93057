"""A file that was made before the key of ``rounds`` changed on SQLite is brought to it, with all that is in it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from protos.wire.addresses import DatabaseRefused
from tests.support.wallets import BRAND, CURRENCY, EURO, PROVIDER, FakeClock, bet, deposit, spin, win
from wallet.bootstrap import open_wallet
from wallet.ledger.kinds import OutcomeCode
from wallet.storage.addresses import parse_address
from wallet.storage.snapshot import audit_database

NEW_KEY = ["round_id", "player_id", "provider_id", "brand_id"]
OLD_KEY = ["brand_id", "player_id", "provider_id", "round_id"]
INDEXES = {"rounds_open_by_game", "rounds_open_by_time"}


def key_of(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [
            row[0] for row in connection.execute("select name from pragma_table_info('rounds') where pk order by pk")
        ]


def made_before(path: Path, key: list[str]) -> None:
    """Turn the file into one of the time before: another key, and the first schema version."""
    with closing(sqlite3.connect(path)) as connection:
        tables = "select sql from sqlite_master where name = 'rounds'"
        made, indexes = connection.execute(tables).fetchone()[0], "select sql from sqlite_master where name = ?"
        statements = [connection.execute(indexes, (name,)).fetchone()[0] for name in sorted(INDEXES)]
        connection.execute("alter table rounds rename to rounds_new")
        connection.execute(made.replace(", ".join(NEW_KEY), ", ".join(key)))
        connection.execute("insert into rounds select * from rounds_new")
        connection.execute("drop table rounds_new")
        for statement in statements:
            connection.execute(statement)
        connection.execute("update wallet_schema_version set version_num = '0001'")
        connection.commit()


async def played(path: Path) -> None:
    wallet = await open_wallet(f"sqlite:///{path}", FakeClock().now_ms)
    await wallet.open_account((BRAND, "player-1", CURRENCY))
    await wallet.apply(deposit("deposit-1", 100 * EURO))
    await wallet.apply(spin("round-1", 2 * EURO, 5 * EURO))
    await wallet.apply(bet("bet-2", EURO, "round-2"))
    await wallet.aclose()


async def test_w27_an_old_file_keeps_every_round_and_gets_the_new_key(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    await played(path)
    assert key_of(path) == NEW_KEY
    made_before(path, OLD_KEY)
    assert key_of(path) == OLD_KEY

    wallet = await open_wallet(f"sqlite:///{path}", FakeClock().now_ms)
    again = await wallet.apply(spin("round-1", 2 * EURO, 9 * EURO))
    won = await wallet.apply(win("win-2", 3 * EURO, "round-2", close=True))
    more = await wallet.apply(spin("round-3", EURO, 0))
    found = await wallet.round_with_rows((BRAND, "player-1", PROVIDER, "round-2"))
    rows = () if found is None else found[1]
    await wallet.aclose()

    assert key_of(path) == NEW_KEY
    assert [result.replayed for result in again.results] == [True, True]
    assert (won.code, more.balance_micros) == (OutcomeCode.OK, 104 * EURO)
    assert [row.transaction_id for row in rows] == ["bet-2", "win-2"]
    report = await audit_database(parse_address(f"sqlite:///{path}"))
    assert (report.findings, report.round_count) == ([], 3)
    with closing(sqlite3.connect(path)) as connection:
        found = {row[0] for row in connection.execute("select name from sqlite_master where tbl_name = 'rounds'")}
    assert found >= INDEXES


async def test_w27_a_file_with_a_key_that_nobody_made_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "odd.db"
    await played(path)
    made_before(path, ["round_id"])

    with pytest.raises(DatabaseRefused, match="key that no version of the wallet has made"):
        await open_wallet(f"sqlite:///{path}", FakeClock().now_ms)

    assert key_of(path) == ["round_id"]
