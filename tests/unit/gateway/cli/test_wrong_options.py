"""What was typed wrongly, or is not there, is told in a sentence that names it, with exit code 2; no traceback."""

import shlex
import socket

import pytest
from typer.testing import CliRunner

from gateway.cli.edge import told
from gateway.cli.main import app
from protos.wire.addresses import AddressRefused, CannotListen, check_target, split_address

REELS = "adapters.reels.adapter:create_adapter"
WRONG = [
    # HOST:PORT
    ("serve --listen nonsense --database {db}", "--listen"),
    ("serve --listen nonsense --workers 2 --database {db}", "--listen"),
    ("serve --listen 127.0.0.1:99999 --database {db}", "--listen"),
    ("serve --listen 127.0.0.1:-5 --database {db}", "--listen"),
    ("serve --listen ::1:70 --database {db}", "--listen"),
    ("gateway serve --wallet nonsense --database {db}", "--wallet"),
    ("gateway serve --wallet 127.0.0.1:0 --database {db}", "--wallet"),
    ("wallet serve --listen nonsense --database {db}", "--listen"),
    ("wallet serve --listen 127.0.0.1:99999 --database {db}", "--listen"),
    ("play --address nonsense", "--address"),
    ("fair open --game x:y --address nonsense", "--address"),
    ("fair seed --token t --address 127.0.0.1:99999", "--address"),
    ("mock serve hub88 --listen nonsense", "--listen"),
    ("mock serve hub88 --listen 127.0.0.1:99999", "--listen"),
    (f"adapter serve --factory {REELS} --listen nonsense", "--listen"),
    ("certify adapter --target nonsense", "nonsense"),
    # taken
    ("serve --listen {taken} --database {db}", "--listen"),
    ("serve --listen {taken} --workers 2 --database {db}", "--listen"),
    ("wallet serve --listen {taken} --database {db}", "--listen"),
    ("mock serve hub88 --listen {taken}", "--listen"),
    (f"adapter serve --factory {REELS} --listen {{taken}}", "--listen"),
    # databases
    ("serve --database nonsense", "--database"),
    ("serve --database mysql://x", "--database"),
    ("serve --database {no_database} --listen 127.0.0.1:0", "--database"),
    ("serve --database {unreachable} --listen 127.0.0.1:0", "--database"),
    ("serve --database sqlite:///{folder}/none/x.db --listen 127.0.0.1:0", "--database"),
    ("serve --database sqlite:///{folder} --listen 127.0.0.1:0", "--database"),
    ("wallet serve --database {no_database} --listen 127.0.0.1:0", "--database"),
    ("wallet serve --database {unreachable} --listen 127.0.0.1:0", "--database"),
    ("round show r --database {no_database}", "--database"),
    ("round show r --database sqlite:///{folder}/none.db", "--database"),
    ("round verify r --database {unreachable}", "--database"),
    ("rounds open --database {no_database}", "--database"),
    ("free-rounds list --brand b --database {no_database}", "--database"),
    ("operator create o --database nonsense", "--database"),
    ("operator list --database {no_database}", "--database"),
    ("key revoke k --database {unreachable}", "--database"),
    ("game monitor --database {no_database}", "--database"),
    ("demo --rounds 10 --database nonsense", "--database"),
    # files and folders
    ("wallet serve --config {folder}/none.toml --database {db}", "--config"),
    ("wallet serve --config {nonsense} --database {db}", "--config"),
    (f"adapter serve --factory {REELS} --config {{nonsense}}", "--config"),
    (f"adapter serve --factory {REELS} --config {{folder}}/none.toml", "--config"),
    ("mock serve hub88 --keys {folder} --listen 127.0.0.1:0", "--keys"),
    ("mock serve hub88 --keys {nonsense} --listen 127.0.0.1:0", "--keys"),
    ("mock scenario {nonsense}", "PATHS"),
    ("wallet verify-receipt nonsense {folder}/none", "folder"),
    ("wallet export {nonsense} --database {ledger}", "nonsense.toml"),
    ("certify key {folder}/none/key.pem", "none"),
    ("game publish {game} --folder {nonsense}/below", "--folder"),
    # adapters
    ("adapter serve --factory nonsense", "--factory"),
    ("mock serve nonsense --listen 127.0.0.1:0", "nonsense"),
    # URLs
    ("mock launch hub88 --server nonsense", "--server"),
    ("mock spin hub88 --server ftp://127.0.0.1", "--server"),
    ("mock journal hub88 --server http://127.0.0.1:99999", "--server"),
    ("mock serve hub88 --wallet-url nonsense --listen 127.0.0.1:0", "--wallet-url"),
    ("certify wallet --url nonsense --protocol hub88 --player p --token t", "--url"),
    # numbers
    ("serve --workers -1", "--workers"),
    ("play --rounds -1", "--rounds"),
    ("play --stake -1", "--stake"),
    ("rounds open --older-than-minutes -1", "--older-than-minutes"),
    ("mock serve hub88 --seed -1", "--seed"),
    ("mock fault hub88 delay --delay-ms -1", "--delay-ms"),
    ("certify wallet --url http://x --protocol hub88 --player p --token t --bet-micros -1", "--bet-micros"),
]  # fmt: skip


@pytest.fixture
def places(tmp_path):
    (tmp_path / "nonsense.toml").write_text("= nonsense")
    (tmp_path / "no.db").write_text("this is no database " * 100)
    (tmp_path / "ledger.db").touch()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield {
            "folder": tmp_path,
            "nonsense": tmp_path / "nonsense.toml",
            "game": "adapters/reels/games/orchard-five.toml",
            "db": f"sqlite:///{tmp_path / 'x.db'}",
            "ledger": f"sqlite:///{tmp_path / 'ledger.db'}",
            "no_database": f"sqlite:///{tmp_path / 'no.db'}",
            "unreachable": "postgresql://u:p@127.0.0.1:1/x",
            "taken": f"127.0.0.1:{taken.getsockname()[1]}",
        }


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    """No games are compiled, no logs are set up for the process that runs the tests, and lines are long."""
    monkeypatch.setenv("REELGATE_ADAPTERS", "[]")
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setattr("protos.wire.logs.configure_logs", lambda *_, **__: None)
    monkeypatch.setattr("gateway.cli.rounds.log_to_stderr", lambda: None)
    monkeypatch.setattr("gateway.cli.game_returns.log_to_stderr", lambda: None)


@pytest.mark.parametrize(("line", "named"), WRONG, ids=[line for line, _ in WRONG])
def test_what_is_wrong_is_told_in_a_sentence_that_names_it(line, named, places):
    done = CliRunner().invoke(app, shlex.split(line.format(**places)))

    assert isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == 2, done.output
    assert named in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("REELGATE_LISTEN", "nonsense", "nonsense"),
        ("REELGATE_CALLBACKS_LISTEN", "nonsense", "callbacks_listen"),
        ("REELGATE_CALLBACKS_LISTEN", "{taken}", "callbacks_listen"),
        ("REELGATE_WALLET_LISTEN", "127.0.0.1:x", "wallet_listen"),
        ("REELGATE_WALLET_LISTEN", "{taken}", "wallet_listen"),
        ("REELGATE_WORKERS", "-1", "REELGATE_WORKERS"),
        ("REELGATE_DATABASE_URL", "nonsense", "database"),
        ("REELGATE_CONFIG", "{folder}/none.toml", "REELGATE_CONFIG"),
        ("REELGATE_CONFIG", "{nonsense}", "REELGATE_CONFIG"),
        ("REELGATE_ADAPTERS", '[{{"factory": "nonsense"}}]', "nonsense"),
    ],
)
def test_a_wrong_variable_is_named_as_well(name, value, named, places, monkeypatch):
    monkeypatch.setenv("REELGATE_LISTEN", "127.0.0.1:0")
    monkeypatch.setenv("REELGATE_DATABASE_URL", places["db"])
    monkeypatch.setenv(name, value.format(**places))

    done = CliRunner().invoke(app, ["serve"])

    assert isinstance(done.exception, SystemExit), done.exception
    assert (done.exit_code, named in done.output) == (2, True), done.output


def test_a_fault_of_our_own_keeps_its_traceback():
    with pytest.raises(KeyError), told(["serve"]):
        raise KeyError("a bug")
    with pytest.raises(ValueError, match="a bug"), told(["serve"]):
        raise ValueError("a bug")


def test_the_password_of_a_database_is_not_repeated():
    done = CliRunner().invoke(app, ["operator", "list", "--database", "nonsense:secret@host"])

    assert done.exit_code == 2
    assert "secret" not in done.output


@pytest.mark.parametrize(
    ("text", "read"),
    [("127.0.0.1:0", ("127.0.0.1", 0)), ("[::1]:65535", ("::1", 65_535)), (":80", ("", 80)), ("host:1", ("host", 1))],
)
def test_an_address_is_read(text, read):
    assert split_address(text) == read


@pytest.mark.parametrize(
    "text", ["", "host", "80", "host:", "h:65536", "h:-1", "h:1e3", "::1:80", "h:\N{SUPERSCRIPT TWO}", "http://h:1"]
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(AddressRefused):
        split_address(text)


@pytest.mark.parametrize("target", ["wallet:7201", "dns:///wallet:7201", "unix:/run/wallet.sock", "[::1]:1"])
def test_a_server_may_be_named_as_grpc_does(target):
    assert check_target(target) == target


def test_who_cannot_listen_says_where():
    assert isinstance(CannotListen("x"), OSError)
