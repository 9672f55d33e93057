"""Provably fair rounds, checked by the stand-alone verifier from published values alone."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.contract.fair import FairDraw, FairTerms, commitment_of
from adapters.reels.random import verify_fair
from adapters.reels.random.draws import RoundDraws
from adapters.reels.random.fair import fair_step_seed

SERVER_SEED = bytes(range(100, 132))
GAME_HASH = "ab" * 32


def a_draw(**changes) -> FairDraw:
    fields = {"commitment": commitment_of(SERVER_SEED), "client_seed": "lucky-7", "nonce": 3}
    return FairDraw(FairTerms(**(fields | changes)), SERVER_SEED)


@pytest.fixture
def published() -> dict:
    """A round of two steps, as it is published after the reveal."""
    steps = []
    for step in range(2):
        draws = RoundDraws(fair_step_seed(a_draw(), GAME_HASH, step), step)
        draws.draw_stops("base", (34,) * 5)
        draws.draw_stops("grid", (100,) * 49)
        draws.draw("pick", 12)
        steps.append(draws.log)
    values = {"server_seed": SERVER_SEED.hex(), "steps": steps, "game_hash": GAME_HASH}
    terms = a_draw().terms
    return json.loads(json.dumps(values | {name: getattr(terms, name) for name in FairTerms.__slots__}))


def test_an_honest_round_verifies(published: dict) -> None:
    assert verify_fair.findings(published) == []


@pytest.mark.parametrize(
    ("field", "value"), [("client_seed", "lucky-8"), ("nonce", 4), ("game_hash", "cd" * 32), ("server_seed", "00" * 32)]
)
def test_a_round_with_any_other_term_does_not(published: dict, field: str, value) -> None:
    published[field] = value

    assert verify_fair.findings(published)


def test_a_changed_stop_is_named(published: dict) -> None:
    published["steps"][1][0][2][2] = (published["steps"][1][0][2][2] + 1) % 34

    (finding,) = verify_fair.findings(published)

    assert "step 1, draw 0 (base)" in finding


def test_a_seed_that_is_not_revealed_is_named_as_such(published: dict) -> None:
    assert verify_fair.findings(published | {"server_seed": ""}) == ["the server seed is not revealed yet"]


@pytest.mark.parametrize("broken", [{"steps": [[["base", [0], [0]]]]}, {"steps": 7}, {"nonce": None, "client_seed": 3}])
def test_what_cannot_be_read_is_a_finding_and_no_crash(published: dict, broken: dict) -> None:
    (finding,) = verify_fair.findings(published | broken)

    assert "cannot be read" in finding


def test_a_server_seed_that_is_not_the_committed_one_is_not_dealt_from() -> None:
    with pytest.raises(ValueError, match="commitment"):
        FairDraw(a_draw().terms, bytes(32))


def test_the_server_seed_is_in_no_text_that_could_be_logged() -> None:
    assert repr(SERVER_SEED) not in repr(a_draw())
    assert SERVER_SEED.hex() not in repr(a_draw())


def test_each_nonce_client_game_and_step_gives_another_seed() -> None:
    seeds = {fair_step_seed(a_draw(nonce=nonce), GAME_HASH, 0) for nonce in range(50)}
    seeds |= {fair_step_seed(a_draw(), GAME_HASH, step) for step in range(1, 20)}
    seeds |= {fair_step_seed(a_draw(client_seed="b"), GAME_HASH, 0), fair_step_seed(a_draw(), "00" * 32, 0)}

    assert len(seeds) == 50 + 19 + 2


@pytest.mark.parametrize(
    ("field", "value"),
    [("client_seed", ""), ("client_seed", "a:1"), ("client_seed", "a\n"), ("client_seed", "x" * 65), ("nonce", -1),
     ("nonce", 2**53 + 1), ("commitment", "12")],
)  # fmt: skip
def test_malformed_terms_are_refused_with_the_field_named(field: str, value) -> None:
    with pytest.raises(ValueError, match=field):
        a_draw(**{field: value})


@pytest.mark.parametrize(("game_hash", "step", "named"), [("AB" * 32, 0, "game_hash"), (GAME_HASH, -1, "step")])
def test_malformed_step_is_refused_with_the_field_named(game_hash: str, step: int, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        fair_step_seed(a_draw(), game_hash, step)


def test_a_server_seed_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="server_seed"):
        commitment_of(bytes(31))


def test_the_verifier_imports_the_standard_library_only() -> None:
    tree = ast.parse(Path(verify_fair.__file__).read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names


def test_the_verifier_runs_alone_from_any_folder(published: dict, tmp_path: Path) -> None:
    script = tmp_path / "verify.py"
    script.write_text(Path(verify_fair.__file__).read_text(encoding="utf-8"), encoding="utf-8")
    round_file = tmp_path / "round.json"
    command = [sys.executable, "-I", str(script), str(round_file)]

    round_file.write_text(json.dumps(published), encoding="utf-8")
    good = subprocess.run(command, capture_output=True, text=True, check=False)
    round_file.write_text(json.dumps(published | {"nonce": 9}), encoding="utf-8")
    bad = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (good.returncode, good.stdout.split(":")[0]) == (0, "fair")
    assert (bad.returncode, bad.stdout.split(":")[0]) == (1, "NOT FAIR")


def test_the_verifier_says_how_to_call_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert verify_fair.main([]) == 2
    assert "ROUND.json" in capsys.readouterr().err
