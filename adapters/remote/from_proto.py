"""The wire read as the contract: one function per type. What cannot be read raises ``InvalidCall`` naming the field.

A server lets that error out (the caller's mistake); a client turns it into ``OutcomeUnknown`` (the provider's mistake).
"""

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum
from functools import lru_cache
from typing import TypeVar

from google.protobuf.timestamp_pb2 import Timestamp
from reelgate.provider.v1 import manifest_pb2 as manifest_wire
from reelgate.provider.v1 import provider_service_pb2 as wire
from reelgate.type.v1 import money_pb2

from adapters.contract import wallet_calls as contract
from adapters.contract.errors import InvalidCall
from adapters.contract.free_rounds import FreeRoundsGrant, GrantReport
from adapters.contract.games import BetMode, Game, GameType, Page, Volatility
from adapters.contract.ids import (
    AdapterId,
    BrandId,
    GameId,
    GrantId,
    OperatorId,
    PlayerId,
    ProviderId,
    RoundId,
    SessionId,
    TransactionId,
    is_valid_id,
)
from adapters.contract.manifest import Manifest
from adapters.contract.money import Money
from adapters.contract.rounds import (
    RoundDetails,
    RoundDetailsRequest,
    RoundReport,
    RoundStatus,
    Session,
    SpinOutcome,
    SpinRequest,
)
from adapters.remote import words

_LIMITS = ("spin_timeout_ms", "in_flight_max", "win_multiplier_max", "callback_timeout_ms")
"""Fields of a manifest whose zero means the contract's default."""

Word = TypeVar("Word", bound=StrEnum)
Numbered = TypeVar("Numbered", bound=StrEnum)


def required_id(text: str, field: str) -> str:
    """Return ``text`` if it is an id."""
    if not is_valid_id(text):
        raise InvalidCall(f"{field} must be 1 to 64 of A-Z a-z 0-9 . _ : -", field=field)
    return text


def _word(words_of: type[Word], text: str, field: str, default: Word | None = None) -> Word:
    if not text and default is not None:
        return default
    try:
        return words_of(text)
    except ValueError as error:
        raise InvalidCall(f"{field}: {text[:64]!r} is not known", field=field) from error


def _numbered(table: words.Words[Numbered], number: int, field: str) -> Numbered:
    word = table.back(number)
    if word is None:
        raise InvalidCall(f"{field}: {number} is not known", field=field)
    return word


def money(message: money_pb2.Money, field: str) -> Money:
    """Read an amount."""
    if not message.currency_code:
        raise InvalidCall(f"{field}.currency_code is missing", field=f"{field}.currency_code")
    try:
        return Money(message.currency_code, message.micros)
    except ValueError as error:
        raise InvalidCall(f"{field}.micros is out of bounds", field=f"{field}.micros") from error


def milliseconds(time: Timestamp) -> int:
    """Read a time as milliseconds since the epoch."""
    return time.seconds * 1000 + time.nanos // 1_000_000


def manifest(message: manifest_wire.Manifest) -> Manifest:
    """Read a manifest; capabilities of a later version are left out."""
    known = (words.CAPABILITIES.back(number) for number in message.capabilities)
    described = Manifest(
        adapter_id=AdapterId(required_id(message.adapter_id, "manifest.adapter_id")),
        provider_id=ProviderId(required_id(message.provider_id, "manifest.provider_id")),
        display_name=message.display_name,
        adapter_version=message.adapter_version,
        contract_version=message.contract_version,
        capabilities=frozenset(capability for capability in known if capability is not None),
        settlement_mode=_numbered(words.SETTLEMENT_MODES, message.settlement_mode, "manifest.settlement_mode"),
        currency_codes=frozenset(message.currency_codes),
        replay_window_s=message.replay_window_s,
    )
    given = {name: getattr(message, name) for name in _LIMITS if getattr(message, name)}
    return replace(described, **given)


def game(message: wire.Game) -> Game:
    """Read a game."""
    return Game(
        game_id=GameId(required_id(message.game_id, "games.game_id")),
        display_name=message.display_name,
        studio=message.studio,
        game_type=_word(GameType, message.game_type, "games.game_type", GameType.SLOT),
        game_version=message.game_version,
        rtp_ppm=message.rtp_ppm,
        hit_frequency_ppm=message.hit_frequency_ppm,
        volatility=_word(Volatility, message.volatility, "games.volatility", Volatility.MEDIUM),
        sigma_ppm=message.sigma_ppm,
        win_multiplier_max=message.win_multiplier_max,
        features=frozenset(message.features),
        currency_codes=frozenset(message.currency_codes),
        stakes_micros=tuple(message.stakes_micros),
        stakes_micros_by_currency={
            currency_code: tuple(ladder.stakes_micros) for currency_code, ladder in message.stakes_by_currency.items()
        },
        bet_modes=tuple(
            BetMode(mode.bet_mode, mode.display_name, mode.cost_ppm, mode.rtp_ppm) for mode in message.bet_modes
        ),
        line_count=message.line_count,
        demo=message.demo,
        free_rounds=message.free_rounds,
        blocked_countries=frozenset(message.blocked_countries),
        facts=dict(message.facts),
    )


def games(message: wire.ListGamesResponse) -> Page[Game]:
    """Read a page of games."""
    return Page(
        tuple(game(item) for item in message.games),
        message.next_page_token,
        message.version,
        message.changes_only,
        tuple(message.removed_game_ids),
    )


def session(message: wire.Session) -> Session:
    """Read a session; every spin of it brings the same one."""
    return _session(message.SerializeToString())


@lru_cache(maxsize=4096)
def _session(raw: bytes) -> Session:
    message = wire.Session.FromString(raw)
    if not message.currency_code:
        raise InvalidCall("session.currency_code is missing", field="session.currency_code")
    return Session(
        session_id=SessionId(required_id(message.session_id, "session.session_id")),
        operator_id=OperatorId(required_id(message.operator_id, "session.operator_id")),
        brand_id=BrandId(required_id(message.brand_id, "session.brand_id")),
        player_id=PlayerId(required_id(message.player_id, "session.player_id")),
        currency_code=message.currency_code,
        country_code=message.country_code,
        language_code=message.language_code or "en",
        demo=message.demo,
        platform=message.platform or "desktop",
        ip_address=message.ip_address,
        lobby_url=message.lobby_url,
        deposit_url=message.deposit_url,
        token=message.token,
    )


def spin_request(message: wire.SpinRequest) -> SpinRequest:
    """Read a request to spin."""
    if message.step < 0:
        raise InvalidCall("step must not be negative", field="step")
    return SpinRequest(
        session=session(message.session),
        game_id=GameId(required_id(message.game_id, "game_id")),
        round_id=RoundId(required_id(message.round_id, "round_id")),
        stake=money(message.stake, "stake"),
        step=message.step,
        state=message.state,
        choice=message.choice,
        bet_mode=message.bet_mode,
        line_count=message.line_count,
        game_version=message.game_version,
    )


def outcome(message: wire.SpinOutcome) -> SpinOutcome:
    """Read an outcome."""
    return SpinOutcome(
        round_id=RoundId(required_id(message.round_id, "outcome.round_id")),
        step=message.step,
        win=money(message.win, "outcome.win"),
        round_complete=message.round_complete,
        presentation=message.presentation,
        state=message.state,
        record=message.record,
        choices=tuple(message.choices),
        game_version=message.game_version,
        provider_round_id=message.provider_round_id,
        jackpot_contribution_micros=message.jackpot_contribution_micros,
        jackpot_win_micros=message.jackpot_win_micros,
        price_micros=message.price_micros if message.HasField("price_micros") else None,
    )


def round_report(message: wire.GetRoundResponse, round_id: RoundId) -> RoundReport:
    """Read what is known about a round."""
    status = _numbered(words.ROUND_STATUSES, message.status, "status")
    if message.HasField("outcome") != (status is RoundStatus.COMPLETED):
        raise InvalidCall("outcome is there with COMPLETED and only then", field="outcome")
    return RoundReport(round_id, status, outcome(message.outcome) if message.HasField("outcome") else None)


def _headers(headers: Iterable[wire.Header]) -> tuple[tuple[str, str], ...]:
    return tuple((header.name, header.value) for header in headers)


def raw_call(message: wire.RawCall) -> contract.RawCall:
    """Read an HTTP request."""
    return contract.RawCall(
        method=message.method,
        path=message.path,
        query=message.query,
        headers=_headers(message.headers),
        body=message.body,
        received_time_ms=milliseconds(message.receive_time),
    )


def raw_reply(message: wire.EncodeReplyResponse) -> contract.RawReply:
    """Read an HTTP answer."""
    if not 200 <= message.status <= 599:
        raise InvalidCall(f"status {message.status} is none of HTTP's", field="status")
    return contract.RawReply(message.status, message.body, message.content_type, _headers(message.headers))


def credential(message: wire.Credential) -> contract.Credential:
    """Read a brand's keys."""
    return contract.Credential(
        brand_id=BrandId(message.brand_id),
        secrets=tuple(message.secrets),
        provider_public_keys=tuple(message.provider_public_keys),
        facts=dict(message.facts),
    )


def _action(message: wire.WalletAction) -> contract.Action:
    kind = contract.ActionKind
    return contract.Action(
        kind=_word(kind, message.kind, "actions.kind"),
        transaction_id=TransactionId(required_id(message.transaction_id, "actions.transaction_id")),
        amount_micros=message.amount_micros,
        reference_transaction_id=TransactionId(message.reference_transaction_id) or None,
        reference_kind=_word(kind, message.reference_kind, "reference_kind") if message.reference_kind else None,
        grant_id=GrantId(message.grant_id) or None,
        bonus_micros=message.bonus_micros,
        jackpot_contribution_micros=message.jackpot_contribution_micros,
        jackpot_id=message.jackpot_id,
        author=message.author,
        reason=message.reason,
        detail=message.detail,
    )


def wallet_call(message: wire.WalletCall) -> contract.WalletCall:
    """Read a wallet call."""
    return contract.WalletCall(
        brand_id=BrandId(message.brand_id),
        player_id=PlayerId(message.player_id),
        currency_code=message.currency_code,
        provider_id=ProviderId(message.provider_id),
        actions=tuple(_action(action) for action in message.actions),
        game_id=GameId(message.game_id) or None,
        round_id=RoundId(message.round_id) or None,
        session_id=SessionId(message.session_id) or None,
        close_round=message.close_round,
        one_unit=message.one_unit,
        exclusive_game=message.exclusive_game,
        token=message.token,
        facts=dict(message.facts),
        demo=message.demo,
        session_required=message.session_required,
    )


def _result(message: wire.WalletActionResult) -> contract.ActionResult:
    return contract.ActionResult(
        code=_word(contract.OutcomeCode, message.code, "results.code"),
        transaction_id=TransactionId(message.transaction_id),
        wallet_transaction_id=message.wallet_transaction_id,
        amount_micros=message.amount_micros,
        bonus_micros=message.bonus_micros,
        balance_micros=message.balance_micros if message.HasField("balance_micros") else None,
        replayed=message.replayed,
        processed_time_ms=message.processed_time_ms,
        field=message.field,
        reason=message.reason,
    )


def wallet_reply(message: wire.WalletReply) -> contract.WalletReply:
    """Read the wallet's answer."""
    return contract.WalletReply(
        certainty=contract.Certainty.CERTAIN if message.certain else contract.Certainty.UNCERTAIN,
        results=tuple(_result(result) for result in message.results),
        code=_word(contract.OutcomeCode, message.code, "reply.code"),
        balance_micros=message.balance_micros if message.HasField("balance_micros") else None,
        bonus_micros=message.bonus_micros if message.HasField("bonus_micros") else None,
        currency_code=message.currency_code,
        field=message.field,
        reason=message.reason,
        country_code=message.country_code,
    )


def grant_request(message: wire.GrantFreeRoundsRequest) -> FreeRoundsGrant:
    """Read a grant of free rounds."""
    stake = money(message.stake, "stake")
    return FreeRoundsGrant(
        grant_id=GrantId(required_id(message.grant_id, "grant_id")),
        brand_id=BrandId(required_id(message.brand_id, "brand_id")),
        player_id=PlayerId(required_id(message.player_id, "player_id")),
        game_ids=tuple(GameId(required_id(game_id, "game_ids")) for game_id in message.game_ids),
        currency_code=stake.currency_code,
        stake_micros=stake.micros,
        count=message.count,
        valid_from_ms=milliseconds(message.valid_from_time),
        valid_until_ms=milliseconds(message.valid_until_time),
    )


def grant_report(message: wire.GrantReport) -> GrantReport:
    """Read what is known about a grant."""
    return GrantReport(
        grant_id=GrantId(required_id(message.grant_id, "grant.grant_id")),
        status=_numbered(words.GRANT_STATUSES, message.status, "grant.status"),
        played_count=message.played_count,
        win_micros=message.win_micros,
        provider_grant_id=message.provider_grant_id,
    )


def round_details_request(message: wire.GetRoundDetailsRequest) -> RoundDetailsRequest:
    """Read which round somebody wants to see."""
    return RoundDetailsRequest(
        BrandId(required_id(message.brand_id, "brand_id")),
        PlayerId(required_id(message.player_id, "player_id")),
        message.currency_code,
        GameId(required_id(message.game_id, "game_id")),
        RoundId(required_id(message.round_id, "round_id")),
    )


def round_details(message: wire.GetRoundDetailsResponse) -> RoundDetails:
    """Read the view of a round."""
    return RoundDetails(message.url, message.document, message.content_type)
