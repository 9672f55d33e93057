"""``reelgate certify`` and ``reelgate adapter`` from the command line."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from adapters.conformance.cli import _keys, certify_app
from adapters.conformance.signing import sign
from adapters.scaffold.cli import adapter_app
from adapters.scaffold.generate import NameRefused, new_adapter

SEAMLESS = "tests.contract.wrong_adapters.seamless:make_"
SAMPLES = "tests.contract.wrong_adapters.seamless:samples"
ROOT = Path(__file__).parents[4]


def certify(*arguments: str):  # type: ignore[no-untyped-def]
    return CliRunner().invoke(certify_app, list(arguments))


def test_a_certified_adapter_is_exit_0_with_reports_that_verify(tmp_path: Path) -> None:
    key, report, text = tmp_path / "key.pem", tmp_path / "r.json", tmp_path / "r.md"
    assert certify("key", str(key)).exit_code == 0

    done = certify(
        "adapter", "--factory", f"{SEAMLESS}Seamless", "--samples-from", SAMPLES,
        "--json", str(report), "--markdown", str(text), "--key", str(key),
    )  # fmt: skip

    assert done.exit_code == 0, done.output
    assert "tier certified" in text.read_text()
    assert "genuine: Seamless" in certify("verify", str(report), "--public-key", f"{key}.pub").output
    alone = certify("verify", str(report))
    assert alone.exit_code == 0
    assert "consistent, not proven genuine: Seamless" in alone.output
    assert "is not proven" in alone.output
    report.write_text(report.read_text().replace("Seamless", "Better"))
    assert certify("verify", str(report)).exit_code == 1


def test_a_report_forged_with_a_key_of_ones_own_is_never_called_genuine(tmp_path: Path) -> None:
    owner, forger, report = tmp_path / "owner.pem", tmp_path / "forger.pem", tmp_path / "r.json"
    prints = [certify("key", str(key)).output.split()[-1] for key in (owner, forger)]
    content = {"display_name": "Forged", "adapter_version": "1", "tier": "certified"}
    report.write_text(json.dumps(sign(content, forger.read_bytes())))

    alone = certify("verify", str(report))
    as_data = json.loads(certify("verify", str(report), "--json").output)
    named = json.loads(certify("verify", str(report), "--json", "--public-key", f"{forger}.pub").output)
    against_owner = certify("verify", str(report), "--public-key", f"{owner}.pub")

    assert alone.exit_code == 0
    assert not alone.output.startswith("genuine")
    assert prints[1] in alone.output
    assert as_data == {"identity_proven": False, "signed_by": prints[1], **content}
    assert named["identity_proven"] is True
    assert against_owner.exit_code == 1
    assert "signed by another key" in against_owner.output


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--json", "{}/r.json", "--key", "{}/none.pem"), "make one with `reelgate certify key"),
        (("--json", "{}/r.json", "--key", "{}/text.pem"), "cannot certify"),
        (("--key", "{}/text.pem"), "give --json, too"),
        (("--json", "{}/nowhere/r.json"), "there is no folder"),
    ],
)
def test_a_report_that_cannot_be_written_or_signed_is_exit_2_before_the_run(
    options: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    (tmp_path / "text.pem").write_text("no key")
    places = [option.format(tmp_path) for option in options]

    done = certify("adapter", "--factory", f"{SEAMLESS}Seamless", "--samples-from", SAMPLES, *places)

    assert done.exit_code == 2, done.output
    assert says in done.output
    assert "pass" not in done.output


def test_a_public_key_that_is_none_is_exit_2(tmp_path: Path) -> None:
    key, report = tmp_path / "key.pem", tmp_path / "r.json"
    certify("key", str(key))
    certify(
        "adapter",
        "--factory",
        f"{SEAMLESS}Seamless",
        "--samples-from",
        SAMPLES,
        "--json",
        str(report),
        "--key",
        str(key),
    )
    (tmp_path / "text.pem").write_text("no key")

    assert certify("verify", str(report), "--public-key", str(tmp_path / "text.pem")).exit_code == 2


def test_a_wrong_adapter_is_exit_1_and_the_output_names_case_and_reason() -> None:
    done = certify("adapter", "--factory", f"{SEAMLESS}LosesCorrelation", "--samples-from", SAMPLES)

    assert done.exit_code == 1
    assert "correlation-ids-are-kept" in done.output
    assert "lost the correlation ids" in done.output


def test_a_known_gap_is_exit_0_and_a_closed_one_exit_1(tmp_path: Path) -> None:
    gaps = tmp_path / "gaps.yaml"
    gaps.write_text("correlation-ids-are-kept: being fixed\n")
    arguments = ("--samples-from", SAMPLES, "--known-gaps", str(gaps))

    assert certify("adapter", "--factory", f"{SEAMLESS}LosesCorrelation", *arguments).exit_code == 0
    assert certify("adapter", "--factory", f"{SEAMLESS}Seamless", *arguments).exit_code == 1


@pytest.mark.parametrize(
    "text",
    [
        b": : :",
        b"\xff\xfe",
        b"[a]",
        b"no-such-case: why",
        b"same-spin-twice:",
        b"same-spin-twice: a\nsame-spin-twice: b",
    ],
)
def test_a_list_of_gaps_that_cannot_be_read_is_exit_2(tmp_path: Path, text: bytes) -> None:
    gaps = tmp_path / "gaps.yaml"
    gaps.write_bytes(text)

    done = certify("adapter", "--factory", f"{SEAMLESS}Seamless", "--known-gaps", str(gaps))

    assert done.exit_code == 2
    assert "gaps.yaml" in done.output


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--factory", "a.b:c", "--target", "127.0.0.1:1"),
        ("--factory", "no.such.module:create"),
        ("--factory", "not-dotted"),
        ("--factory", f"{SEAMLESS}Seamless", "--samples-from", "no.such:thing"),
    ],
)
def test_what_cannot_run_is_exit_2(arguments: tuple[str, ...]) -> None:
    assert certify("adapter", *arguments).exit_code == 2


def test_a_wallet_that_is_not_there_is_exit_2_before_any_case_runs() -> None:
    done = certify(
        "wallet", "--url", "http://127.0.0.1:1/brand", "--protocol", "swipegames", "--player", "p", "--token", "t"
    )

    assert done.exit_code == 2, done.output
    assert "nothing answers HTTP at http://127.0.0.1:1/brand" in done.output
    assert "balance-is-told" not in done.output


def test_a_protocol_that_is_not_there_is_exit_2() -> None:
    done = certify("wallet", "--url", "http://127.0.0.1:1", "--protocol", "nobody", "--player", "p", "--token", "t")

    assert done.exit_code == 2


def test_the_cases_are_listed() -> None:
    listed = json.loads(certify("cases", "--json").output)

    assert {"case_id", "must", "tier", "says", "atomic"} == set(listed[0])
    assert "same-spin-twice" in {row["case_id"] for row in listed}


@pytest.mark.parametrize("name", ["", "X", "a", "1abc", "with-dash", "../up", "a" * 41])
def test_a_name_that_is_no_package_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(NameRefused):
        new_adapter(name, tmp_path)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("class", "a word of Python itself"),
        ("json", "Python's own library"),
        ("adapters", "there already"),
        ("pytest", "there already"),
        ("tests", "there already"),
    ],
)
def test_a_name_that_could_not_be_imported_is_refused_and_nothing_is_written(
    tmp_path: Path, name: str, says: str
) -> None:
    done = CliRunner().invoke(adapter_app, ["new", name, "--in", str(tmp_path)])

    assert done.exit_code == 1
    assert says in done.output
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_holds_the_samples_name_is_written_as_it_is(tmp_path: Path) -> None:
    written = new_adapter("my_sample_studio", tmp_path)

    text = (tmp_path / "my_sample_studio" / "my_sample_studio" / "adapter.py").read_text()
    assert "from my_sample_studio.game import" in text
    assert not any("my_my_" in path.read_text() or "my_my_" in str(path) for path in written)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "blue_moon").mkdir()

    assert CliRunner().invoke(adapter_app, ["new", "blue_moon", "--in", str(tmp_path)]).exit_code == 1


@pytest.mark.timeout(120)
def test_a_new_adapter_passes_its_own_tests_and_the_kit(tmp_path: Path) -> None:
    made = CliRunner().invoke(adapter_app, ["new", "blue_moon", "--in", str(tmp_path)])
    assert made.exit_code == 0, made.output
    folder = tmp_path / "blue_moon"
    path = f"{folder}:{ROOT}:{ROOT / 'protos/gen'}"

    tests = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=folder, env={"PYTHONPATH": path, "PATH": ""}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert tests.returncode == 0, tests.stdout
    assert "5 passed" in tests.stdout
    left = [
        path for path in folder.rglob("*") if path.suffix in (".py", ".md", ".toml") and "ample_" in path.read_text()
    ]
    assert left == []


def test_a_factory_of_the_current_folder_is_found_and_a_missing_report_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my_house.py").write_text("def create_adapter(config):\n    return None\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path])

    done = certify("adapter", "--factory", "my_house:create_adapter")

    assert "my_house:create_adapter returned NoneType" in done.output
    assert "cannot verify" in certify("verify", "nowhere.json").output


@pytest.mark.parametrize("kept", [{"auth_token": "k"}, {"softswiss": {"auth_token": "k"}, "hub88": {"other": "x"}}])
def test_the_keys_of_a_wallet_come_flat_or_as_a_mock_server_keeps_them(kept: dict[str, Any]) -> None:
    assert _keys(kept, "softswiss") == (("auth_token", "k"),)


def test_credentials_of_another_protocol_are_exit_2(tmp_path: Path) -> None:
    (tmp_path / "k.json").write_text(json.dumps({"hub88": {"other": "x"}}))
    wallet = ("wallet", "--url", "http://127.0.0.1:1", "--protocol", "softswiss", "--player", "p", "--token", "t")

    done = certify(*wallet, "--credentials", str(tmp_path / "k.json"))

    assert done.exit_code == 2
    assert "no keys of softswiss" in done.output
