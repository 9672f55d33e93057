"""From raw bytes to the wallet's words."""

from dataclasses import replace

import pytest

from adapters.contract.errors import MalformedCall, SignatureRefused
from adapters.contract.json_text import BODY_BYTES_MAX, write_json
from adapters.contract.wallet_calls import ActionKind
from adapters.hub88.mock import key_pair
from tests.unit.adapters.hub88.calls import CREDENTIAL, NOW_MS, TOKEN, a_bet, an_adapter, bet_fields, signed


def test_a_bet_becomes_one_bet_of_the_tokens_player() -> None:
    call = an_adapter().decode(a_bet(), CREDENTIAL)

    assert (call.brand_id, call.player_id, call.currency_code) == ("brand-1", "player-1", "EUR")
    assert (call.round_id, call.game_id, call.token) == ("round-1", "hub_golden_pyramids", "token-0001")
    assert [(action.kind, action.amount_micros) for action in call.actions] == [(ActionKind.BET, 1_500_000)]


def test_round_closed_closes_the_round_with_the_call() -> None:
    assert an_adapter().decode(a_bet(round_closed=True), CREDENTIAL).close_round


def test_a_win_names_its_bet() -> None:
    raw = signed(
        "/transaction/win", write_json(bet_fields(reference_transaction_uuid="bet-9", transaction_uuid="win-9"))
    )

    action = an_adapter().decode(raw, CREDENTIAL).actions[0]

    assert (action.kind, action.reference_transaction_id) == (ActionKind.WIN, "bet-9")


def test_a_win_without_its_bet_is_malformed_unless_it_is_a_promo() -> None:
    with pytest.raises(MalformedCall):
        an_adapter().decode(signed("/transaction/win", write_json(bet_fields())), CREDENTIAL)

    promo = signed("/transaction/win", write_json(bet_fields(is_supplier_promo=True)))
    assert an_adapter().decode(promo, CREDENTIAL).actions[0].kind is ActionKind.PROMO_WIN


def test_a_rollback_carries_no_amount_and_leaves_open_what_it_undoes() -> None:
    fields = bet_fields(reference_transaction_uuid="bet-9", transaction_uuid="rb-9", amount=None, currency=None)

    call = an_adapter().decode(signed("/transaction/rollback", write_json(fields)), CREDENTIAL)

    assert call.actions[0].reference_transaction_id == "bet-9"
    assert call.actions[0].reference_kind is None
    assert (call.actions[0].amount_micros, call.currency_code) == (0, "EUR")


def test_a_free_bet_of_a_reward_is_counted_against_it() -> None:
    action = an_adapter().decode(a_bet(is_free=True, reward_uuid="reward-1"), CREDENTIAL).actions[0]

    assert (action.grant_id, action.amount_micros) == ("reward-1", 1_500_000)


def test_a_free_bet_without_a_reward_costs_nothing() -> None:
    action = an_adapter().decode(a_bet(is_free=True), CREDENTIAL).actions[0]

    assert (action.grant_id, action.amount_micros) == (None, 0)


def test_a_jackpot_larger_than_the_win_is_malformed() -> None:
    fields = bet_fields(reference_transaction_uuid="bet-9", amount=100, jackpot_win=200)

    with pytest.raises(MalformedCall):
        an_adapter().decode(signed("/transaction/win", write_json(fields)), CREDENTIAL)


def test_ids_of_any_form_become_ids_of_ours_and_stay_distinct() -> None:
    first = an_adapter().decode(a_bet(transaction_uuid="a b/1"), CREDENTIAL).actions[0].transaction_id
    second = an_adapter().decode(a_bet(transaction_uuid="a b/2"), CREDENTIAL).actions[0].transaction_id

    assert first != second
    assert first == an_adapter().decode(a_bet(transaction_uuid="a b/1"), CREDENTIAL).actions[0].transaction_id


def test_a_token_of_another_make_leaves_the_player_to_the_fields() -> None:
    call = an_adapter().decode(a_bet(token="opaque-token-77", user="player-7"), CREDENTIAL)

    assert (call.player_id, call.currency_code, call.token) == ("player-7", "EUR", "opaque-token-77")


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"token": "not-ours", "user": None}, "RS_ERROR_INVALID_TOKEN"),
        ({"user": "player-2"}, "RS_ERROR_INVALID_TOKEN"),
        ({"currency": "USD"}, "RS_ERROR_WRONG_CURRENCY"),
        ({"amount": -5}, "RS_ERROR_WRONG_TYPES"),
        ({"amount": "5"}, "RS_ERROR_WRONG_TYPES"),
        ({"round": None}, "RS_ERROR_WRONG_SYNTAX"),
        ({"round_closed": "yes"}, "RS_ERROR_WRONG_SYNTAX"),
    ],
)
def test_what_is_wrong_with_a_call_has_its_own_status_and_echo(changes: dict[str, object], status: str) -> None:
    raw = a_bet(**changes)

    with pytest.raises(MalformedCall) as refused:
        an_adapter().decode(raw, CREDENTIAL)

    reply = an_adapter().encode_error(raw, refused.value)
    assert reply.status == 200
    assert reply.body == b'{"request_uuid":"req-1","status":"%s"}' % status.encode()


def test_the_signature_is_over_the_raw_bytes() -> None:
    raw = a_bet()

    with pytest.raises(SignatureRefused):
        an_adapter().decode(replace(raw, body=raw.body.replace(b":", b": ", 1)), CREDENTIAL)


def test_the_signature_is_checked_before_the_body_is_read() -> None:
    raw = replace(signed("/transaction/bet", b"\x00 not json"), headers=(("x-hub88-signature", "AAAA"),))

    with pytest.raises(SignatureRefused) as refused:
        an_adapter().decode(raw, CREDENTIAL)

    assert an_adapter().encode_error(raw, refused.value).status == 401


@pytest.mark.parametrize("header", ["", "not base64 !", "é", "AAAA", "A" * 5_000])
def test_a_signature_that_is_none_is_refused(header: str) -> None:
    with pytest.raises(SignatureRefused):
        an_adapter().decode(replace(a_bet(), headers=(("x-hub88-signature", header),)), CREDENTIAL)


def test_both_headers_of_the_two_houses_are_read() -> None:
    raw = a_bet()
    raw = replace(raw, path="/brand-1/wallet/bet", headers=(("x-auth-signature", raw.headers[0][1]),))

    assert an_adapter().decode(raw, CREDENTIAL).actions[0].kind is ActionKind.BET


def test_two_keys_live_during_a_rotation_and_a_strangers_never() -> None:
    both = replace(CREDENTIAL, provider_public_keys=(key_pair("next")[1].encode(), *CREDENTIAL.provider_public_keys))

    assert an_adapter().decode(a_bet(), both).token
    assert an_adapter().decode(signed("/transaction/bet", a_bet().body, key="next"), both).token
    with pytest.raises(SignatureRefused):
        an_adapter().decode(signed("/transaction/bet", a_bet().body, key="stranger"), both)


def test_a_body_above_the_cap_is_refused_unread() -> None:
    with pytest.raises(MalformedCall):
        an_adapter().decode(signed("/transaction/bet", b" " * (BODY_BYTES_MAX + 1)), CREDENTIAL)


def test_the_brand_is_the_first_part_of_the_path() -> None:
    assert an_adapter().identify(a_bet()).brand_ref == "brand-1"


@pytest.mark.parametrize(
    "stamp", [str(NOW_MS), "2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00"]
)
def test_the_timestamp_of_a_bet_is_told_and_that_of_a_win_is_not(stamp: str) -> None:
    fields = write_json(bet_fields(reference_transaction_uuid="b"))

    bet = an_adapter().decode(signed("/transaction/bet", fields, **{"x-msg-timestamp": stamp}), CREDENTIAL)
    win = an_adapter().decode(signed("/transaction/win", fields, **{"x-msg-timestamp": stamp}), CREDENTIAL)

    assert bet.facts["sent_time_ms"] == str(NOW_MS)
    assert "sent_time_ms" not in win.facts


def test_a_question_for_the_balance_needs_only_the_token() -> None:
    raw = signed("/user/balance", write_json({"token": TOKEN, "request_uuid": "r-1"}))

    call = an_adapter().decode(raw, CREDENTIAL)

    assert (call.actions, call.player_id, call.currency_code) == ((), "player-1", "EUR")
