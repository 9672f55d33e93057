"""What is written for the wire is read back equal, for every type of the contract."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reelgate.provider.v1 import provider_service_pb2 as wire

from adapters.contract import wallet_calls as calls
from adapters.contract.errors import InvalidCall
from adapters.contract.free_rounds import FreeRoundsGrant, GrantReport
from adapters.contract.games import BetMode, Game, Page
from adapters.contract.ids import RoundId
from adapters.contract.manifest import Capability, Manifest, SettlementMode
from adapters.contract.money import Money
from adapters.contract.rounds import CancelCause, RoundReport, RoundStatus, Session, SpinOutcome, SpinRequest
from adapters.remote import from_proto, to_proto, words

IDS = st.from_regex(r"\A[A-Za-z0-9._:-]{1,64}\Z")
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
INTS = st.integers(0, 2**63 - 1)
SMALL_INTS = st.integers(0, 2**31 - 1)
CURRENCIES = st.sampled_from(("EUR", "JPY", "mBTC"))
MONEY = st.builds(Money, CURRENCIES, INTS)
FACTS = st.dictionaries(TEXTS, TEXTS, max_size=3)
SESSIONS = st.builds(
    Session,
    IDS,
    IDS,
    IDS,
    IDS,
    CURRENCIES,
    TEXTS,
    TEXTS.filter(bool),
    st.booleans(),
    TEXTS.filter(bool),
    TEXTS,
    TEXTS,
    TEXTS,
    TEXTS,
)
OUTCOMES = st.builds(
    SpinOutcome,
    IDS,
    SMALL_INTS,
    MONEY,
    st.booleans(),
    st.binary(max_size=20),
    st.binary(max_size=20),
    st.binary(max_size=20),
    st.lists(TEXTS, max_size=3).map(tuple),
    TEXTS,
    TEXTS,
    INTS,
    INTS,
    st.none() | INTS,
)
ACTIONS = st.builds(
    calls.Action,
    kind=st.sampled_from(calls.ActionKind),
    transaction_id=IDS,
    amount_micros=st.integers(-(2**63), 2**63 - 1),
    reference_transaction_id=st.none() | IDS,
    reference_kind=st.none() | st.sampled_from(calls.ActionKind),
    grant_id=st.none() | IDS,
    bonus_micros=INTS,
    jackpot_contribution_micros=INTS,
    jackpot_id=TEXTS,
    author=TEXTS,
    reason=TEXTS,
    detail=st.binary(max_size=20),
)
WALLET_CALLS = st.builds(
    calls.WalletCall,
    brand_id=IDS,
    player_id=IDS,
    currency_code=CURRENCIES,
    provider_id=IDS,
    actions=st.lists(ACTIONS, max_size=3).map(tuple),
    game_id=st.none() | IDS,
    round_id=st.none() | IDS,
    session_id=st.none() | IDS,
    close_round=st.booleans(),
    one_unit=st.booleans(),
    exclusive_game=st.booleans(),
    demo=st.booleans(),
    token=TEXTS,
    session_required=st.booleans(),
    facts=FACTS,
)
RESULTS = st.builds(
    calls.ActionResult,
    code=st.sampled_from(calls.OutcomeCode),
    transaction_id=IDS,
    wallet_transaction_id=TEXTS,
    amount_micros=INTS,
    bonus_micros=INTS,
    balance_micros=st.none() | INTS,
    replayed=st.booleans(),
    processed_time_ms=INTS,
    field=TEXTS,
    reason=TEXTS,
)
REPLIES = st.builds(
    calls.WalletReply,
    certainty=st.sampled_from(calls.Certainty),
    results=st.lists(RESULTS, max_size=3).map(tuple),
    code=st.sampled_from(calls.OutcomeCode),
    balance_micros=st.none() | INTS,
    bonus_micros=st.none() | INTS,
    currency_code=CURRENCIES,
    country_code=TEXTS,
    field=TEXTS,
    reason=TEXTS,
)
GATEWAY_OWN_FIELDS = {"round_state", "game_version", "with_receipt", "refuse_new_bets"}
"""Set by the gateway towards the wallet, never by a provider: they do not cross this wire."""


@given(
    st.builds(
        Manifest,
        IDS,
        IDS,
        TEXTS,
        TEXTS,
        st.frozensets(st.sampled_from(Capability)),
        st.sampled_from(SettlementMode),
        st.frozensets(CURRENCIES),
        TEXTS,
        st.integers(1, 10**6),
        st.integers(1, 10**6),
        INTS,
        st.integers(1, 10**9),
        st.integers(1, 10**6),
    )
)
def test_manifest(manifest: Manifest) -> None:
    assert from_proto.manifest(to_proto.manifest(manifest)) == manifest


@given(
    st.builds(
        Game,
        game_id=IDS,
        display_name=TEXTS,
        studio=TEXTS,
        rtp_ppm=SMALL_INTS,
        sigma_ppm=INTS,
        features=st.frozensets(TEXTS, max_size=3),
        currency_codes=st.frozensets(CURRENCIES),
        stakes_micros=st.lists(INTS, max_size=3).map(tuple),
        stakes_micros_by_currency=st.dictionaries(CURRENCIES, st.lists(INTS, max_size=3).map(tuple)),
        bet_modes=st.lists(st.builds(BetMode, TEXTS, TEXTS, INTS, SMALL_INTS), max_size=2).map(tuple),
        blocked_countries=st.frozensets(TEXTS, max_size=3),
        facts=FACTS,
        line_count=SMALL_INTS,
    ),
    TEXTS,
)
def test_games(game: Game, token: str) -> None:
    assert from_proto.games(to_proto.games(Page((game,), token))) == Page((game,), token)


@given(
    st.builds(
        SpinRequest,
        SESSIONS,
        IDS,
        IDS,
        MONEY,
        SMALL_INTS,
        st.binary(max_size=20),
        TEXTS,
        TEXTS,
        SMALL_INTS,
        TEXTS,
    )
)
def test_spin_request(request: SpinRequest) -> None:
    assert from_proto.spin_request(to_proto.spin_request(request)) == request


@given(OUTCOMES)
def test_outcome_and_report(outcome: SpinOutcome) -> None:
    report = RoundReport(outcome.round_id, RoundStatus.COMPLETED, outcome)

    assert from_proto.outcome(to_proto.outcome(outcome)) == outcome
    assert from_proto.round_report(to_proto.round_report(report), outcome.round_id) == report


@given(WALLET_CALLS, REPLIES)
def test_wallet_call_and_reply(call: calls.WalletCall, reply: calls.WalletReply) -> None:
    assert from_proto.wallet_call(to_proto.wallet_call(call)) == call
    assert from_proto.wallet_reply(to_proto.wallet_reply(reply)) == reply


def test_every_field_of_a_wallet_call_crosses_but_the_gateways_own() -> None:
    names = {field.name for field in fields(calls.WalletCall)}
    wired = {field.name for field in wire.WalletCall.DESCRIPTOR.fields}

    assert names - wired == GATEWAY_OWN_FIELDS


@given(
    st.builds(
        calls.RawCall,
        TEXTS,
        TEXTS,
        TEXTS,
        st.lists(st.tuples(TEXTS, TEXTS), max_size=3).map(tuple),
        st.binary(max_size=30),
        st.integers(0, 4 * 10**12),
    ),
    st.builds(calls.Credential, IDS, st.lists(st.binary(max_size=9), max_size=2).map(tuple), facts=FACTS),
    st.builds(calls.RawReply, st.integers(200, 599), st.binary(max_size=30), TEXTS),
)
def test_raw_bytes_and_keys(call: calls.RawCall, credential: calls.Credential, reply: calls.RawReply) -> None:
    assert from_proto.raw_call(to_proto.raw_call(call)) == call
    assert from_proto.credential(to_proto.credential(credential)) == credential
    assert from_proto.raw_reply(to_proto.raw_reply(reply)) == reply


@given(
    st.builds(
        FreeRoundsGrant,
        IDS,
        IDS,
        IDS,
        st.lists(IDS, max_size=3).map(tuple),
        CURRENCIES,
        INTS,
        SMALL_INTS,
        st.integers(0, 4 * 10**12),
        st.integers(0, 4 * 10**12),
    ),
    st.builds(
        GrantReport, IDS, played_count=SMALL_INTS, win_micros=INTS, status=st.sampled_from(list(words.GRANT_STATUSES))
    ),
)
def test_free_rounds(grant: FreeRoundsGrant, report: GrantReport) -> None:
    assert from_proto.grant_request(to_proto.grant_request(grant)) == grant
    assert from_proto.grant_report(to_proto.grant_report(report)) == report


@pytest.mark.parametrize(
    "table", [words.CAPABILITIES, words.SETTLEMENT_MODES, words.READINESS, words.ROUND_STATUSES, words.GRANT_STATUSES]
)
def test_words_are_their_own_inverse_and_zero_is_none_of_them(table: words.Words[CancelCause]) -> None:
    assert all(table.back(number) is word for word, number in table.items())
    assert table.back(0) is None


def test_an_outcome_is_there_with_completed_and_only_then() -> None:
    running = wire.GetRoundResponse(status=wire.ROUND_STATUS_RUNNING, outcome=wire.SpinOutcome(round_id="r"))
    completed = wire.GetRoundResponse(status=wire.ROUND_STATUS_COMPLETED)

    for message in (running, completed):
        with pytest.raises(InvalidCall, match="only then"):
            from_proto.round_report(message, RoundId("r"))


def test_a_number_of_a_later_version_is_refused_and_a_later_capability_ignored() -> None:
    message = to_proto.manifest(Manifest("a", "p", "d", "1", frozenset(), SettlementMode.ATOMIC))  # type: ignore[arg-type]
    message.capabilities.append(99)  # type: ignore[arg-type]

    assert from_proto.manifest(message) == replace(from_proto.manifest(message), capabilities=frozenset())
    with pytest.raises(InvalidCall):
        from_proto.grant_report(wire.GrantReport(grant_id="g", status=77))  # type: ignore[arg-type]
