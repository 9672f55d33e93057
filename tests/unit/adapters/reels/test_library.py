import json
import re
import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from adapters.reels.analysis.figures import evidence_document
from adapters.reels.archive import VERSIONS
from adapters.reels.catalogue import catalogue_entry
from adapters.reels.certificate import CERTIFICATE, SHEETS, read_certificate
from adapters.reels.certifying import certify_folder
from adapters.reels.declaration.game import Declaration
from adapters.reels.errors import DeclarationError, TablesAltered
from adapters.reels.game import make_ready
from adapters.reels.library import SHIPPED_GAMES, GameLibrary

SMALL = """
format = 1
id = "small"
name = "Small"
grid = { reels = 3, rows = 1 }
bet = { stakes = ["1"] }
lines = { paths = [[0, 0, 0]], pays = { a = { 3 = 24 } } }
strips.main.reels = ["a b c", "a b c", "a b c"]
"""


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_a_bad_file_is_refused_and_the_others_play(tmp_path: Path) -> None:
    write(tmp_path, "good.toml", SMALL)
    write(tmp_path, "bad.toml", SMALL.replace("a b c", "x y z"))
    write(tmp_path, "twin.toml", SMALL)
    write(tmp_path, "broken.yaml", "format: [1")

    with capture_logs() as logs:
        library = GameLibrary.load(tmp_path)

    assert {log["file"] for log in logs if log["event"] == "game_refused"} == {"bad.toml", "twin.toml", "broken.yaml"}
    assert list(library.current) == ["small"]
    assert set(library.refused) == {"bad.toml", "twin.toml", "broken.yaml"}
    assert library.refused["bad.toml"].path == "lines.pays.a"


def test_a_new_version_goes_live_and_the_old_one_stays_for_its_rounds(tmp_path: Path) -> None:
    file = write(tmp_path, "small.toml", SMALL)
    library = GameLibrary.load(tmp_path)
    before = library.current["small"].tables.game_hash

    write(tmp_path, "small.toml", SMALL.replace("3 = 24", "3 = 25"))
    library.offer_file(file)
    after = library.current["small"].tables.game_hash
    write(tmp_path, "small.toml", "nonsense")
    library.offer_file(file)

    assert before != after == library.current["small"].tables.game_hash
    assert library.version("small", before) is not None
    assert library.version("other", before) is None
    assert "small.toml" in library.refused


def test_a_published_file_goes_live_at_the_next_look(tmp_path: Path) -> None:
    write(tmp_path, "small.toml", SMALL)
    library = GameLibrary.load(tmp_path)
    write(tmp_path, "small.toml", SMALL.replace("3 = 24", "3 = 24.5"))

    assert library.refresh() == ["small.toml"]
    assert library.refresh() == []
    assert len(library.versions) == 2


def test_tables_that_changed_in_memory_are_not_dealt_any_more(tmp_path: Path) -> None:
    write(tmp_path, "small.toml", SMALL)
    library = GameLibrary.load(tmp_path)
    tables = library.current["small"].tables

    assert library.check_integrity() == []
    tables.play().stages["base"].spin.transitions[0].adds[0, 0] += 1  # type: ignore[union-attr]  # a base spin

    assert library.check_integrity() == [tables.game_hash]


@pytest.mark.parametrize(
    ("change", "path", "reason"),
    [
        (("3 = 24", "3 = 5"), "rtp", "below the floor"),
        (('name = "Small"', 'name = "Small"\nrtp = { value = "0.9" }'), "rtp.value", "computed 0.888"),
        (('name = "Small"', 'name = "Small"\ncolour = 3'), "colour", "Extra inputs"),
        (("3 = 24", '3 = "24.0000001"'), "bet.stakes[0]", "whole micros"),
        (("[[0, 0, 0]]", "[[0, 0, 1]]"), "lines.paths[0][2]", "row 1 on a reel of 1 rows"),
        (("[[0, 0, 0]]", "[[0, 0]]"), "lines.paths[0]", "crosses 2 reels"),
        (('"a b c"]', '"a b*0 c"]'), "strips.main.reels[2]", "how many"),
        (("a = {", "q = {"), "lines.pays.q", "on no strip"),
        (("3 = 24", "3 = -1"), "lines.pays.a.3", "negative"),
        (("3 = 24", "3 = true"), "lines.pays.a.3", "not true or false"),
        (('["1"]', '["1", "0"]'), "bet.stakes[1]", "positive amount"),
        (("format = 1", "format = 2"), "format", "1"),
        (("reels = 3", "reels = 9"), "grid.reels", "less than or equal to 7"),
        (("reels = 3", "reels = 2"), "strips.main", "3 strips for a grid of 2 reels"),
    ],
)
def test_a_refusal_names_file_place_and_reason(change: tuple[str, str], path: str, reason: str) -> None:
    with pytest.raises(DeclarationError) as refused:
        GameLibrary().publish(SMALL.replace(*change).encode(), "small.toml")

    assert (refused.value.file, refused.value.path) == ("small.toml", path)
    assert re.search(reason, refused.value.reason)


def test_the_rtp_that_counts_is_the_one_under_the_cap_on_wins() -> None:
    def capped(cap: int, rtp: str) -> bytes:
        return SMALL.replace('name = "Small"', f'name = "Small"\nwin_cap = {cap}\nrtp = {{ value = "{rtp}" }}').encode()

    ready = GameLibrary().publish(capped(21, "0.777777777"), "small.toml")
    with pytest.raises(DeclarationError, match=r"declared 0\.888.*computed 0\.777"):
        GameLibrary().publish(capped(21, "0.888888889"), "small.toml")
    with pytest.raises(DeclarationError, match=r"0\.740741, below the floor"):
        GameLibrary().publish(capped(20, "0.740740741"), "small.toml")

    entry = catalogue_entry(ready)
    assert (entry.rtp_ppm, entry.win_multiplier_max) == (777_777, 21)
    assert ready.analysis.sigma == pytest.approx(21 * (26 / 27 / 27) ** 0.5)


def test_a_top_award_rarer_than_one_in_a_hundred_million_must_be_declared() -> None:
    strip = "rare " + "a b c d " * 125
    document: dict[str, Any] = {
        "format": 1,
        "id": "rare",
        "name": "Rare",
        "grid": {"reels": 3, "rows": 1},
        "lines": {"paths": [[0, 0, 0]], "pays": {"rare": {3: 1000}, "a": {1: 3}, "b": {1: "4/5"}}},
        "strips": {"main": {"reels": [strip, strip, strip]}},
    }

    with pytest.raises(DeclarationError, match="once in 125751501 games"):
        make_ready(Declaration.model_validate(document), "rare.toml")
    make_ready(Declaration.model_validate({**document, "rare_top_award": True}), "rare.toml")


def test_no_bet_mode_may_return_less_than_a_jurisdiction_allows() -> None:
    strict = SMALL + '[jurisdictions.MT]\nrtp_floor = "0.92"\n'

    with pytest.raises(DeclarationError) as refused:
        GameLibrary().publish(strict.encode(), "small.toml")

    assert refused.value.path == "jurisdictions.MT.rtp_floor"


def test_a_par_sheet_that_nothing_certifies_is_not_believed(tmp_path: Path) -> None:
    write(tmp_path, "small.toml", SMALL)
    (tmp_path / SHEETS).mkdir()
    tables = GameLibrary.load(tmp_path).current["small"].tables
    figures = {"base": replace(GameLibrary.load(tmp_path).current["small"].analysis, rtp=Fraction(99, 100))}
    write(tmp_path / SHEETS, "small.par.json", json.dumps(evidence_document(tables, figures)))

    assert GameLibrary.load(tmp_path).current["small"].analysis.rtp == Fraction(24, 27)


@pytest.mark.parametrize("is_engine_certified", [True, False])
def test_a_shipped_sheet_with_another_checksum_is_not_believed(tmp_path: Path, *, is_engine_certified: bool) -> None:
    shutil.copytree(SHIPPED_GAMES / SHEETS, tmp_path / SHEETS)
    shutil.copy(SHIPPED_GAMES / CERTIFICATE, tmp_path)
    sheet = tmp_path / SHEETS / "orchard-five.par.json"
    true = json.loads(sheet.read_text(encoding="utf-8"))["modes"]["base"]["rtp"]
    sheet.write_text(sheet.read_text(encoding="utf-8").replace(true, "99/100"), encoding="utf-8")
    library = GameLibrary(shipped=read_certificate(tmp_path), is_engine_certified=is_engine_certified)

    ready = library.publish((SHIPPED_GAMES / "orchard-five.toml").read_bytes(), "orchard-five.toml")

    assert ready.analysis.rtp == Fraction(true)


def test_a_certified_game_is_compiled_when_it_is_played_and_held_to_its_hashes(tmp_path: Path) -> None:
    shipped = read_certificate(SHIPPED_GAMES)
    assert shipped is not None
    library = GameLibrary(shipped=shipped, is_engine_certified=True)
    ready = library.publish((SHIPPED_GAMES / "orchard-five.toml").read_bytes(), "orchard-five.toml")
    assert not ready.tables.is_compiled()
    assert catalogue_entry(ready).facts["tables_hash"] == ready.tables.certified["base"]

    ready.tables.certified["base"] = "0" * 64

    with pytest.raises(TablesAltered):
        ready.tables.play()
    assert library.warm()
    assert library.altered == {ready.tables.game_hash}
    assert not library.warm()


def test_a_stake_that_does_not_fit_is_refused_with_a_sheet_too() -> None:
    """A sheet may be of the same tables: stakes are no part of them."""
    shipped = read_certificate(SHIPPED_GAMES)
    assert shipped is not None
    content = (SHIPPED_GAMES / "orchard-five.toml").read_text(encoding="utf-8")

    with pytest.raises(DeclarationError, match=r"bet\.stakes\[0\].*whole micros"):
        GameLibrary(shipped=shipped).publish(content.replace('"0.05"', '"0.000001"').encode(), "orchard-five.toml")


def test_a_file_that_is_not_the_certified_one_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, "small.toml", SMALL)
    told: list[str] = []
    certify_folder(tmp_path, told.append)
    assert list(GameLibrary.load(tmp_path).current) == ["small"]

    write(tmp_path, "small.toml", SMALL.replace("3 = 24", "3 = 25"))
    library = GameLibrary.load(tmp_path)

    assert library.current == {}
    assert "not what was certified" in library.refused[file.name].reason
    certify_folder(tmp_path, told.append)
    assert list(GameLibrary.load(tmp_path).current) == ["small"]


def test_a_version_comes_back_from_the_archive_in_another_process(tmp_path: Path) -> None:
    file = write(tmp_path, "small.toml", SMALL)
    first = GameLibrary.load(tmp_path)
    before = first.current["small"].tables
    write(tmp_path, "small.toml", SMALL.replace("3 = 24", "3 = 25"))
    second = GameLibrary.load(tmp_path)

    ready = second.version("small", before.game_hash)

    assert ready is not None
    assert ready.tables.play().tables_hash == before.play().tables_hash
    assert ready.analysis.rtp == Fraction(24, 27)
    assert second.version("other", before.game_hash) is None
    assert second.version("small", "../../" + file.stem) is None
    assert second.current["small"].tables.game_hash != before.game_hash


def test_a_kept_version_that_was_changed_is_not_taken(tmp_path: Path) -> None:
    write(tmp_path, "small.toml", SMALL)
    game_hash = GameLibrary.load(tmp_path).current["small"].tables.game_hash
    kept = tmp_path / VERSIONS / f"{game_hash}.toml"
    kept.write_text(SMALL.replace("3 = 24", "3 = 25"), encoding="utf-8")
    (tmp_path / "small.toml").unlink()

    assert GameLibrary.load(tmp_path).version("small", game_hash) is None


def test_the_shipped_games_are_certified_and_kept() -> None:
    certificate = read_certificate(SHIPPED_GAMES)
    assert certificate is not None
    names = {game.file for game in certificate.games.values()}

    assert names == {file.name for file in SHIPPED_GAMES.glob("*.toml")}
    for game_hash, game in certificate.games.items():
        assert (SHIPPED_GAMES / VERSIONS / f"{game_hash}.toml").read_bytes() == (SHIPPED_GAMES / game.file).read_bytes()
        assert certificate.sheet(game_hash)


def test_the_shipped_games_have_sheets_of_exactly_their_tables() -> None:
    library = GameLibrary.load()

    assert library.refused == {}
    assert len(library.current) >= 6
    for game_id, ready in library.current.items():
        sheet = json.loads((SHIPPED_GAMES / SHEETS / f"{game_id}.par.json").read_text(encoding="utf-8"))
        assert sheet["game_hash"] == ready.tables.game_hash
        assert {mode: known["tables_hash"] for mode, known in sheet["modes"].items()} == {
            mode: ready.tables.play(mode).tables_hash for mode in ready.tables.modes
        }
        assert 0.94 <= ready.analysis.rtp <= 0.97


LOOP = """
scatters.a = {}
[features.loop]
kind = "free_games"
trigger = { scatter = "a", counts = { 1 = 3 } }
"""
HOLD_FALLS = """
scatters.a = {}
spin.cascade.refill = "strip"
[features.hold]
kind = "hold_and_win"
trigger = { scatter = "a", counts = { 1 = 1 } }
coin_chance = "1/10"
coins = { 1 = 1 }
"""


@pytest.mark.parametrize(
    ("text", "path", "reason"),
    [
        (SMALL + LOOP, "features", "never end"),
        (SMALL + LOOP.replace("{ 1 = 3 }", "{ 4 = 3 }"), "features.loop.trigger", "can never be won"),
        (SMALL.replace("rows = 1", "rows = 2") + HOLD_FALLS, "spin.cascade", "5 different things"),
        (
            SMALL + LOOP + 'until = { scatter = "a", count = 1 }\nwild_reels = { reels = [1], symbol = "a" }\n',
            "features.loop.until",
            "does not go with wild_reels",
        ),
        (SMALL + 'spin.wild_reels = { reels = [4], symbol = "a" }', "spin.wild_reels.reels", "no reel 4"),
        (SMALL + "spin.expanding_wilds = { reels = [5] }", "spin.expanding_wilds.reels", "no reel 5"),
        (SMALL + "scatters.a = { reels = [7] }", "scatters.a.reels", "no reel 7"),
        (
            SMALL + 'spin.wild_reels = { reels = [1], symbol = "a", probability = 2 }',
            "spin.wild_reels.probability",
            "at most 1",
        ),
        (SMALL + "gamble.probability = 3", "gamble.probability", "at most 1"),
        (SMALL + "spin.cascade.multipliers = [1, 1.5]", "spin.cascade.multipliers[1]", "whole number"),
        (SMALL + 'modes.hot.strips = "nope"', "modes.hot.strips", "there are: main"),
        (SMALL + "modes.base.cost = 2", "modes.base", "always there"),
        (SMALL + LOOP.replace("features.loop", "features.base"), "features.base", "taken"),
        (SMALL + LOOP + 'off = ["colour"]', "features.loop.off[0]", "no field of a spin"),
        (SMALL.replace('["1"]', '["1"], line_counts = [2]'), "bet.line_counts[0]", "has 1 lines"),
        (
            SMALL.replace("lines = { paths = [[0, 0, 0]], pays", "ways = { pays")
            + LOOP
            + 'expanding_symbol = { symbols = ["a"] }',
            "features.loop.expanding_symbol",
            "needs lines",
        ),
        (
            SMALL + HOLD_FALLS.replace("1 = 1 }", "9 = 1 }", 1).replace('spin.cascade.refill = "strip"\n', ""),
            "features.hold.trigger.counts",
            "9 coins do not fit",
        ),
        (SMALL + LOOP + '[modes.buy]\nstart = { feature = "x", games = 1 }\n', "modes.buy.start.feature", "there are"),
    ],
)
def test_what_a_game_cannot_be_is_said_with_its_place(text: str, path: str, reason: str) -> None:
    with pytest.raises(DeclarationError, match=reason) as refused:
        GameLibrary().publish(text.encode(), "small.toml")

    assert refused.value.path == path


def test_hold_and_win_is_bought_with_so_many_coins() -> None:
    hold = HOLD_FALLS.replace('spin.cascade.refill = "strip"\n', "")
    buy = '[modes.buy]\ncost = "2"\nstart = { feature = "hold", games = 2 }\n'

    ready = GameLibrary().publish((SMALL.replace("rtp", "") + hold + buy).encode(), "small.toml")

    assert ready.analyses["buy"].rtp == (2 + Fraction(1) - Fraction(9, 10) ** 3) / 2
    with pytest.raises(DeclarationError, match="begins with 1 to 3 coins"):
        GameLibrary().publish((SMALL + hold + buy.replace("games = 2", "games = 4")).encode(), "small.toml")
