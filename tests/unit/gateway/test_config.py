import pytest
from pydantic import ValidationError

from gateway.config import CONFIG_VARIABLE, Settings


def test_variables_set_limits_by_name(monkeypatch):
    monkeypatch.setenv("REELGATE_PLAY_WINDOW", "7")
    monkeypatch.setenv("REELGATE_ADAPTERS", '[{"factory": "a.b:c", "config": {"x": 1}}]')

    settings = Settings()

    assert (settings.play_window, settings.adapters[0].factory, settings.adapters[0].config) == (7, "a.b:c", {"x": 1})


def test_options_win_over_variables_and_variables_over_the_file(monkeypatch, tmp_path):
    file = tmp_path / "reelgate.toml"
    file.write_text('listen = "127.0.0.1:1"\nplay_window = 3\nworkers = 2\n[[adapters]]\nfactory = "x:y"\n')
    monkeypatch.setenv(CONFIG_VARIABLE, str(file))
    monkeypatch.setenv("REELGATE_PLAY_WINDOW", "4")

    settings = Settings(workers=5)

    assert (settings.listen, settings.play_window, settings.workers) == ("127.0.0.1:1", 4, 5)
    assert settings.adapters[0].factory == "x:y"


def test_a_limit_out_of_its_bounds_is_refused():
    with pytest.raises(ValidationError):
        Settings(play_window=0)
