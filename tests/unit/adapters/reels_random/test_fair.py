"""Provably fair rounds, checked by the stand-alone verifier from published values alone."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.reels.random import verify_fair
from adapters.reels.random.draws import RoundDraws
from adapters.reels.random.fair import FairTerms, commitment_of, fair_round_seed

SERVER_SEED = bytes(range(100, 132))
GAME_HASH = "ab" * 32


def terms(**changes) -> FairTerms:
    fields = {"commitment": commitment_of(SERVER_SEED), "client_seed": "lucky-7", "nonce": 3, "game_hash": GAME_HASH}
    return FairTerms(**(fields | changes))


@pytest.fixture
def published() -> dict:
    """A round of two steps, as it is published after the reveal."""
    seed = fair_round_seed(SERVER_SEED, terms())
    steps = []
    for step in range(2):
        draws = RoundDraws(seed, step)
        draws.draw_stops("base", (34,) * 5)
        draws.draw_stops("grid", (100,) * 49)
        draws.draw("pick", 12)
        steps.append(draws.log)
    values = {"server_seed": SERVER_SEED.hex(), "steps": steps}
    return json.loads(json.dumps(values | {name: getattr(terms(), name) for name in FairTerms.__slots__}))


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


def test_a_revealed_seed_must_match_the_commitment() -> None:
    with pytest.raises(ValueError, match="commitment"):
        fair_round_seed(bytes(32), terms())


def test_each_nonce_client_and_game_gives_another_round() -> None:
    variants = [terms(nonce=n) for n in range(50)] + [terms(client_seed="b"), terms(game_hash="00" * 32)]

    assert len({fair_round_seed(SERVER_SEED, variant) for variant in variants}) == 52


@pytest.mark.parametrize(
    ("field", "value"),
    [("client_seed", ""), ("client_seed", "a:1"), ("client_seed", "a\n"), ("client_seed", "x" * 65), ("nonce", -1),
     ("nonce", 2**53 + 1), ("game_hash", "AB" * 32), ("commitment", "12")],
)  # fmt: skip
def test_malformed_terms_are_refused_with_the_field_named(field: str, value) -> None:
    with pytest.raises(ValueError, match=field):
        terms(**{field: value})


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
