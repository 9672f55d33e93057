import pytest
from reelgate.gateway.v1 import game_service_pb2 as games_pb
from reelgate.gateway.v1 import player_service_pb2 as players_pb
from reelgate.gateway.v1 import round_service_pb2 as rounds_pb
from reelgate.gateway.v1 import session_service_pb2 as sessions_pb
from reelgate.type.v1.money_pb2 import Money

from gateway.errors import InvalidRequest
from gateway.rpc import validation, validation_of_operators
from tests.support.builders import a_session
from tests.support.fakes import FakeClock

SESSION = a_session(FakeClock())
STAKE = Money(currency_code="EUR", micros=1_000_000)


def a_request(**fields):
    facts = {"round_id": "r1", "game_id": "acme:fruit", "stake": STAKE}
    return rounds_pb.SpinRequest(**(facts | fields))


def test_a_sound_spin_becomes_a_command():
    command = validation.spin_command(a_request(bet_mode="ante", line_count=3), SESSION, 1.5)

    assert (command.round_id, command.stake_micros, command.currency_code) == ("r1", 1_000_000, "EUR")
    assert (command.bet_mode, command.line_count, command.time_left_ms) == ("ante", 3, 1_500)


def test_a_later_step_needs_no_stake():
    command = validation.spin_command(a_request(step=1, stake=None, choice="left"), SESSION)

    assert (command.stake_micros, command.choice, command.time_left_ms) == (None, "left", None)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"round_id": ""}, "round_id"),
        ({"round_id": "x" * 57}, "round_id"),
        ({"round_id": "a b"}, "round_id"),
        ({"round_id": "a\n"}, "round_id"),
        ({"round_id": "\N{SNOWMAN}"}, "round_id"),
        ({"game_id": ""}, "game_id"),
        ({"game_id": "x" * 65}, "game_id"),
        ({"stake": None}, "stake"),
        ({"stake": Money(currency_code="EUR", micros=0)}, "stake.micros"),
        ({"stake": Money(currency_code="EUR", micros=-1)}, "stake.micros"),
        ({"stake": Money(currency_code="EUR", micros=2**63 - 1)}, "stake.micros"),
        ({"stake": Money(currency_code="", micros=1)}, "stake.currency_code"),
        ({"stake": Money(currency_code="E" * 13, micros=1)}, "stake.currency_code"),
        ({"stake": Money(currency_code="€", micros=1)}, "stake.currency_code"),
        ({"step": -1}, "step"),
        ({"step": 10_000}, "step"),
        ({"choice": "left"}, "choice"),
        ({"step": 1, "choice": "x" * 257}, "choice"),
        ({"step": 1, "bet_mode": "ante"}, "bet_mode"),
        ({"step": 1, "line_count": 1}, "line_count"),
        ({"bet_mode": "a b"}, "bet_mode"),
        ({"line_count": -1}, "line_count"),
        ({"line_count": 10_001}, "line_count"),
    ],
)
def test_a_malformed_spin_names_its_field(fields, named):
    with pytest.raises(InvalidRequest) as refused:
        validation.spin_command(a_request(**fields), SESSION)

    assert refused.value.field == named


def a_session_request(**fields):
    facts = {
        "session_id": "s1",
        "brand_id": "b",
        "player_id": "p",
        "game_id": "acme:fruit",
        "currency_code": "EUR",
        "play_mode": sessions_pb.PLAY_MODE_REAL,
    }
    return sessions_pb.OpenSessionRequest(**(facts | fields))


def test_a_sound_session_request_has_its_defaults():
    command = validation_of_operators.open_session(a_session_request(), "operator-1")

    assert (command.language_code, command.platform, command.demo) == ("en", "desktop", False)


def test_a_demo_session_needs_no_player():
    request = a_session_request(player_id="", play_mode=sessions_pb.PLAY_MODE_DEMO)

    assert validation_of_operators.open_session(request, "operator-1").demo


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"session_id": ""}, "session_id"),
        ({"brand_id": "a/b"}, "brand_id"),
        ({"player_id": ""}, "player_id"),
        ({"game_id": ""}, "game_id"),
        ({"currency_code": "E"}, "currency_code"),
        ({"play_mode": 0}, "play_mode"),
        ({"play_mode": 9}, "play_mode"),
        ({"country_code": "de"}, "country_code"),
        ({"country_code": "DEU"}, "country_code"),
        ({"language_code": "x" * 17}, "language_code"),
        ({"lobby_url": "x" * 1025}, "lobby_url"),
        ({"deposit_url": "x\n"}, "deposit_url"),
        ({"ip_address": "x" * 46}, "ip_address"),
        ({"platform": "toaster"}, "platform"),
    ],
)
def test_a_malformed_session_request_names_its_field(fields, named):
    with pytest.raises(InvalidRequest) as refused:
        validation_of_operators.open_session(a_session_request(**fields), "operator-1")

    assert refused.value.field == named


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"query": "x" * 65}, "query"),
        ({"provider_id": "a b"}, "provider_id"),
        ({"game_type": 99}, "game_type"),
        ({"volatility": 99}, "volatility"),
        ({"rtp_ppm_min": -1}, "rtp_ppm_min"),
        ({"rtp_ppm_max": -1}, "rtp_ppm_max"),
        ({"features": ["x"] * 17}, "features"),
        ({"currency_code": "$"}, "currency_code"),
        ({"country_code": "1"}, "country_code"),
    ],
)
def test_a_malformed_filter_names_its_field(fields, named):
    with pytest.raises(InvalidRequest) as refused:
        validation_of_operators.game_filter(games_pb.ListGamesRequest(**fields), "b")

    assert refused.value.field == named


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"game_id": "acme:fruit", "reason": ""}, "reason"),
        ({"game_id": "acme:fruit", "reason": "x" * 257}, "reason"),
        ({"reason": "x"}, "target"),
        ({"game_id": "", "reason": "x"}, "game_id"),
        ({"provider_id": "a b", "reason": "x"}, "provider_id"),
        ({"brand_id": "", "reason": "x"}, "brand_id"),
    ],
)
def test_a_malformed_switch_names_its_field(fields, named):
    facts = {"brand_id": "b", "enabled": False} | fields

    with pytest.raises(InvalidRequest) as refused:
        validation_of_operators.switch_target(games_pb.SetGameAvailabilityRequest(**facts))

    assert refused.value.field == named


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"transaction_id": ""}, "transaction_id"),
        ({"amount": Money(currency_code="EUR", micros=-5)}, "amount.micros"),
        ({"amount": Money(currency_code="EUR", micros=10**18 + 1)}, "amount.micros"),
        ({"amount": None}, "amount.currency_code"),
        ({"player_id": ""}, "player_id"),
    ],
)
def test_a_malformed_deposit_names_its_field(fields, named):
    facts = {"brand_id": "b", "player_id": "p", "transaction_id": "t", "amount": STAKE} | fields

    with pytest.raises(InvalidRequest) as refused:
        validation_of_operators.deposit(players_pb.DepositRequest(**facts))

    assert refused.value.field == named


def test_a_page_size_has_a_default_and_a_largest_value():
    assert [validation.page_size(asked, 50, 200) for asked in (0, 1, 200, 10**6)] == [50, 1, 200, 200]
    with pytest.raises(InvalidRequest):
        validation.page_size(-1, 50, 200)
