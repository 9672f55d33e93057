"""One function per request: a field that breaks the proto's rules is named in ``InvalidRequest``; nothing else
happens here.
"""

import re

from reelgate.gateway.v1 import round_service_pb2 as rounds_pb
from reelgate.type.v1.money_pb2 import Money

from adapters.contract.ids import is_valid_id
from adapters.contract.rounds import CHOICE_LENGTH_MAX
from gateway.errors import InvalidRequest
from gateway.rounds.ports import PlayerSession, SpinCommand
from gateway.rounds.transaction_ids import ROUND_ID_LENGTH_MAX, STEP_MAX

STAKE_MICROS_MAX = 10**15
AMOUNT_MICROS_MAX = 10**18
LINE_COUNT_MAX = 10_000
_CURRENCY = re.compile(r"[A-Za-z0-9]{2,12}\Z")
_ROUND_ID = re.compile(rf"[A-Za-z0-9._:-]{{1,{ROUND_ID_LENGTH_MAX}}}\Z").match


def require_id(field: str, value: str) -> str:
    """Return an id; raises ``InvalidRequest``."""
    if not is_valid_id(value):
        raise InvalidRequest(field, "must be 1 to 64 of A-Z a-z 0-9 . _ : -")
    return value


def optional_id(field: str, value: str) -> str:
    """Return an id or nothing."""
    return require_id(field, value) if value else ""


def require_round_id(value: str) -> str:
    """Return a round id."""
    if not _ROUND_ID(value):
        raise InvalidRequest("round_id", f"must be 1 to {ROUND_ID_LENGTH_MAX} of A-Z a-z 0-9 . _ : -")
    return value


def require_currency(field: str, value: str) -> str:
    """Return something that may be a currency code; the wallet's table knows whether it is one."""
    if not _CURRENCY.match(value):
        raise InvalidRequest(field, "must be a currency code such as EUR")
    return value


def optional_text(field: str, value: str, bytes_max: int) -> str:
    """Return a text within its length, without control characters."""
    if len(value.encode()) > bytes_max:
        raise InvalidRequest(field, f"must have at most {bytes_max} bytes")
    if value and not value.isprintable():
        raise InvalidRequest(field, "must not have control characters")
    return value


def optional_country(field: str, value: str) -> str:
    """Return a country code or nothing."""
    if value and not (len(value) == 2 and value.isascii() and value.isalpha() and value.isupper()):
        raise InvalidRequest(field, "must be an ISO 3166-1 alpha-2 code such as DE")
    return value


def page_size(value: int, default: int, largest: int) -> int:
    """Return how many items a page may have; too many are cut, negative refused."""
    if value < 0:
        raise InvalidRequest("page_size", "must not be negative")
    return min(value or default, largest)


def require_amount(field: str, money: Money, micros_max: int = AMOUNT_MICROS_MAX) -> tuple[str, int]:
    """Return currency and amount, which must be more than zero."""
    require_currency(f"{field}.currency_code", money.currency_code)
    if not 0 < money.micros <= micros_max:
        raise InvalidRequest(f"{field}.micros", f"must be 1 to {micros_max}")
    return money.currency_code, money.micros


def spin_command(
    request: rounds_pb.SpinRequest, session: PlayerSession, time_left_s: float | None = None
) -> SpinCommand:
    """Return the command of a ``SpinRequest``."""
    round_id, step, choice = request.round_id, request.step, request.choice
    if not _ROUND_ID(round_id):
        require_round_id(round_id)
    if not is_valid_id(request.game_id):
        require_id("game_id", request.game_id)
    currency_code, stake_micros = _stake(request, step)
    if choice and (step == 0 or len(choice.encode()) > CHOICE_LENGTH_MAX):
        raise InvalidRequest("choice", f"must be empty at step 0 and have at most {CHOICE_LENGTH_MAX} bytes")
    bet_mode, line_count = request.bet_mode, request.line_count
    if bet_mode or line_count:
        _check_mode(bet_mode, line_count, step)
    time_left_ms = None if time_left_s is None else max(0, int(time_left_s * 1000))
    return SpinCommand(
        session,
        round_id,
        request.game_id,
        stake_micros,
        currency_code,
        step,
        choice,
        bet_mode,
        line_count,
        time_left_ms,
    )


def _stake(request: rounds_pb.SpinRequest, step: int) -> tuple[str, int | None]:
    if not 0 <= step <= STEP_MAX:
        raise InvalidRequest("step", f"must be 0 to {STEP_MAX}")
    if request.HasField("stake"):
        return require_amount("stake", request.stake, STAKE_MICROS_MAX)
    if step == 0:
        raise InvalidRequest("stake", "is required at step 0")
    return "", None


def _check_mode(bet_mode: str, line_count: int, step: int) -> None:
    if step:
        raise InvalidRequest("bet_mode" if bet_mode else "line_count", "is chosen at step 0")
    optional_id("bet_mode", bet_mode)
    if not 0 <= line_count <= LINE_COUNT_MAX:
        raise InvalidRequest("line_count", f"must be 0 to {LINE_COUNT_MAX}")
