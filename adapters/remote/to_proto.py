"""The contract written down for the wire: one function per type, nothing else."""

from functools import lru_cache

from google.protobuf.timestamp_pb2 import Timestamp
from reelgate.provider.v1 import manifest_pb2 as manifest_wire
from reelgate.provider.v1 import provider_service_pb2 as wire
from reelgate.type.v1 import money_pb2

from adapters.contract.free_rounds import FreeRoundsGrant, GrantReport
from adapters.contract.games import Game, Page
from adapters.contract.manifest import Manifest
from adapters.contract.money import Money
from adapters.contract.rounds import RoundDetails, RoundDetailsRequest, RoundReport, Session, SpinOutcome, SpinRequest
from adapters.contract.wallet_calls import (
    Action,
    ActionResult,
    Certainty,
    Credential,
    RawCall,
    RawReply,
    WalletCall,
    WalletReply,
)
from adapters.remote import words


def money(amount: Money) -> money_pb2.Money:
    """Write an amount."""
    return money_pb2.Money(currency_code=amount.currency_code, micros=amount.micros)


def time(milliseconds: int) -> Timestamp:
    """Write milliseconds since the epoch."""
    seconds, rest = divmod(milliseconds, 1000)
    return Timestamp(seconds=seconds, nanos=rest * 1_000_000)


def manifest(value: Manifest) -> manifest_wire.Manifest:
    """Write a manifest."""
    return manifest_wire.Manifest(
        adapter_id=value.adapter_id,
        provider_id=value.provider_id,
        display_name=value.display_name,
        adapter_version=value.adapter_version,
        contract_version=value.contract_version,
        currency_codes=sorted(value.currency_codes),
        spin_timeout_ms=value.spin_timeout_ms,
        in_flight_max=value.in_flight_max,
        replay_window_s=value.replay_window_s,
        win_multiplier_max=value.win_multiplier_max,
        callback_timeout_ms=value.callback_timeout_ms,
        settlement_mode=words.SETTLEMENT_MODES[value.settlement_mode],
        capabilities=sorted(words.CAPABILITIES[capability] for capability in value.capabilities),
    )


def game(value: Game) -> wire.Game:
    """Write a game."""
    message = wire.Game(
        game_id=value.game_id,
        display_name=value.display_name,
        studio=value.studio,
        game_type=value.game_type.value,
        game_version=value.game_version,
        rtp_ppm=value.rtp_ppm,
        hit_frequency_ppm=value.hit_frequency_ppm,
        volatility=value.volatility.value,
        sigma_ppm=value.sigma_ppm,
        win_multiplier_max=value.win_multiplier_max,
        features=sorted(value.features),
        currency_codes=sorted(value.currency_codes),
        stakes_micros=value.stakes_micros,
        bet_modes=[
            wire.BetMode(
                bet_mode=mode.bet_mode, display_name=mode.display_name, cost_ppm=mode.cost_ppm, rtp_ppm=mode.rtp_ppm
            )
            for mode in value.bet_modes
        ],
        line_count=value.line_count,
        demo=value.demo,
        free_rounds=value.free_rounds,
        blocked_countries=sorted(value.blocked_countries),
        facts=value.facts,
    )
    for currency_code, stakes in value.stakes_micros_by_currency.items():
        message.stakes_by_currency[currency_code].stakes_micros.extend(stakes)
    return message


def games(page: Page[Game]) -> wire.ListGamesResponse:
    """Write a page of games."""
    return wire.ListGamesResponse(
        games=[game(item) for item in page.items],
        next_page_token=page.next_page_token,
        version=page.version,
        changes_only=page.changes_only,
        removed_game_ids=page.removed_ids,
    )


@lru_cache(maxsize=4096)
def session(value: Session) -> wire.Session:
    """Write a session: the same message for every spin of it, not to be changed."""
    return wire.Session(
        session_id=value.session_id,
        operator_id=value.operator_id,
        brand_id=value.brand_id,
        player_id=value.player_id,
        currency_code=value.currency_code,
        country_code=value.country_code,
        language_code=value.language_code,
        demo=value.demo,
        platform=value.platform,
        ip_address=value.ip_address,
        lobby_url=value.lobby_url,
        deposit_url=value.deposit_url,
        token=value.token,
    )


def spin_request(value: SpinRequest) -> wire.SpinRequest:
    """Write a request to spin."""
    return wire.SpinRequest(
        session=session(value.session),
        game_id=value.game_id,
        round_id=value.round_id,
        stake=money(value.stake),
        step=value.step,
        state=value.state,
        choice=value.choice,
        bet_mode=value.bet_mode,
        line_count=value.line_count,
        game_version=value.game_version,
    )


def outcome(value: SpinOutcome) -> wire.SpinOutcome:
    """Write an outcome."""
    return wire.SpinOutcome(
        round_id=value.round_id,
        step=value.step,
        win=money(value.win),
        round_complete=value.round_complete,
        presentation=value.presentation,
        state=value.state,
        record=value.record,
        choices=value.choices,
        game_version=value.game_version,
        provider_round_id=value.provider_round_id,
        jackpot_contribution_micros=value.jackpot_contribution_micros,
        jackpot_win_micros=value.jackpot_win_micros,
        price_micros=value.price_micros,
    )


def round_report(value: RoundReport) -> wire.GetRoundResponse:
    """Write what is known about a round."""
    return wire.GetRoundResponse(
        status=words.ROUND_STATUSES[value.status], outcome=outcome(value.outcome) if value.outcome else None
    )


def raw_call(value: RawCall) -> wire.RawCall:
    """Write an HTTP request as it came."""
    return wire.RawCall(
        method=value.method,
        path=value.path,
        query=value.query,
        headers=[wire.Header(name=name, value=text) for name, text in value.headers],
        body=value.body,
        receive_time=time(value.received_time_ms),
    )


def raw_reply(value: RawReply) -> wire.EncodeReplyResponse:
    """Write an HTTP answer."""
    return wire.EncodeReplyResponse(
        status=value.status,
        body=value.body,
        content_type=value.content_type,
        headers=[wire.Header(name=name, value=text) for name, text in value.headers],
    )


def credential(value: Credential) -> wire.Credential:
    """Write a brand's keys."""
    return wire.Credential(
        brand_id=value.brand_id,
        secrets=value.secrets,
        provider_public_keys=value.provider_public_keys,
        facts=value.facts,
    )


def _action(value: Action) -> wire.WalletAction:
    return wire.WalletAction(
        kind=value.kind.value,
        transaction_id=value.transaction_id,
        amount_micros=value.amount_micros,
        reference_transaction_id=value.reference_transaction_id or "",
        reference_kind=value.reference_kind.value if value.reference_kind else "",
        grant_id=value.grant_id or "",
        bonus_micros=value.bonus_micros,
        jackpot_contribution_micros=value.jackpot_contribution_micros,
        jackpot_id=value.jackpot_id,
        author=value.author,
        reason=value.reason,
        detail=value.detail,
    )


def wallet_call(value: WalletCall) -> wire.WalletCall:
    """Write a wallet call (what only the gateway itself sets, such as ``round_state``, does not cross the wire)."""
    return wire.WalletCall(
        brand_id=value.brand_id,
        player_id=value.player_id,
        currency_code=value.currency_code,
        provider_id=value.provider_id,
        actions=[_action(action) for action in value.actions],
        game_id=value.game_id or "",
        round_id=value.round_id or "",
        session_id=value.session_id or "",
        close_round=value.close_round,
        one_unit=value.one_unit,
        exclusive_game=value.exclusive_game,
        token=value.token,
        facts=value.facts,
        demo=value.demo,
        session_required=value.session_required,
    )


def _result(value: ActionResult) -> wire.WalletActionResult:
    return wire.WalletActionResult(
        code=value.code.value,
        transaction_id=value.transaction_id,
        wallet_transaction_id=value.wallet_transaction_id,
        amount_micros=value.amount_micros,
        bonus_micros=value.bonus_micros,
        balance_micros=value.balance_micros,
        replayed=value.replayed,
        processed_time_ms=value.processed_time_ms,
        field=value.field,
        reason=value.reason,
    )


def wallet_reply(value: WalletReply) -> wire.WalletReply:
    """Write the wallet's answer."""
    return wire.WalletReply(
        certain=value.certainty is Certainty.CERTAIN,
        results=[_result(result) for result in value.results],
        code=value.code.value,
        balance_micros=value.balance_micros,
        bonus_micros=value.bonus_micros,
        currency_code=value.currency_code,
        field=value.field,
        reason=value.reason,
        country_code=value.country_code,
    )


def grant_request(value: FreeRoundsGrant) -> wire.GrantFreeRoundsRequest:
    """Write a grant of free rounds."""
    return wire.GrantFreeRoundsRequest(
        grant_id=value.grant_id,
        brand_id=value.brand_id,
        player_id=value.player_id,
        game_ids=value.game_ids,
        stake=money_pb2.Money(currency_code=value.currency_code, micros=value.stake_micros),
        count=value.count,
        valid_from_time=time(value.valid_from_ms),
        valid_until_time=time(value.valid_until_ms),
    )


def grant_report(value: GrantReport) -> wire.GrantReport:
    """Write what is known about a grant."""
    return wire.GrantReport(
        grant_id=value.grant_id,
        status=words.GRANT_STATUSES[value.status],
        played_count=value.played_count,
        win_micros=value.win_micros,
        provider_grant_id=value.provider_grant_id,
    )


def round_details_request(value: RoundDetailsRequest) -> wire.GetRoundDetailsRequest:
    """Write which round somebody wants to see."""
    return wire.GetRoundDetailsRequest(
        brand_id=value.brand_id,
        player_id=value.player_id,
        currency_code=value.currency_code,
        game_id=value.game_id,
        round_id=value.round_id,
    )


def round_details(value: RoundDetails) -> wire.GetRoundDetailsResponse:
    """Write the view of a round."""
    if value.url:
        return wire.GetRoundDetailsResponse(url=value.url)
    return wire.GetRoundDetailsResponse(document=value.document, content_type=value.content_type)
