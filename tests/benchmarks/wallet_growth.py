"""Rounds that were played long ago, loaded in bulk: journal rows and rounds as the wallet would have left them."""

import os

from tests.support.postgres import PostgresServer

GROWTH_MAX_VARIABLE = "REELGATE_BENCH_GROWTH_MAX"


def sizes_wanted(sizes: tuple[int, ...]) -> list[int]:
    """Return the sizes, further by powers of ten when the environment asks for it."""
    wanted, largest = list(sizes), int(os.environ.get(GROWTH_MAX_VARIABLE, "0"))
    while wanted[-1] * 10 <= largest:
        wanted.append(wanted[-1] * 10)
    return wanted


def grow(server: PostgresServer, database: str, stored: int, size: int) -> None:
    """Add rounds until there are ``size``; their sequences are negative, so the players' own go on undisturbed."""
    span = f"generate_series({stored}, {size - 1}) i"
    player = "'player-' || i % 100000"
    server.execute(
        f"insert into rounds select 'bench', {player}, 'reels', 'old-' || lpad(i::text, 9, '0'), 'EUR', 'game-1', '', "
        f"'closed', 1000000, 500000, 0, 0, 0, 0, 1, 1, 1, '', ';bold;wold', 0, 0 from {span}",
        database,
    )
    server.execute(
        f"insert into journal select 'bench', {player}, 'EUR', -2 * i - leg, 'reels', "
        "case leg when 0 then 'bet' else 'win' end, 'old-' || lpad(i::text, 9, '0'), 'old-' || lpad(i::text, 9, '0'), "
        "'game-1', 'ok', 1000000, 0, '', '', '', 0, '', 1000000, 0, 0, 0, 'house:gaming', 1, 0, 0, 2, '', '', '', 1, "
        "decode(repeat('78', 64), 'hex'), decode(repeat('00', 16), 'hex'), decode(repeat('00', 32), 'hex') "
        f"from {span}, generate_series(0, 1) leg",
        database,
    )
    server.execute("checkpoint", database)
