"""The dialects in which we call an operator: what is sent is what the adapters of the same protocol would read."""

import json
from dataclasses import replace

import pytest

from adapters.contract.errors import InvalidCall
from adapters.contract.ids import BrandId
from adapters.contract.operator_wallet import AnswerClass, Movement
from adapters.contract.wallet_calls import ActionKind, Credential, OutcomeCode, RawCall
from adapters.hub88 import codes, wire
from adapters.hub88.mock import key_pair
from adapters.hub88.signing import check_signature
from adapters.operator_wallets import hub88, softswiss
from adapters.softswiss import signing as gcp_signing
from adapters.softswiss import wire as gcp

PRIVATE_KEY, PUBLIC_KEY = key_pair("dialect-tests")
HUB88 = hub88.create_dialect({"private_key": PRIVATE_KEY})
SOFTSWISS = softswiss.create_dialect({"auth_token": "test"})
SCOPES = ("", "a/b", "a/bc", "ab/c")
BET = Movement(ActionKind.BET, "r1", "p1", "EUR", 1_500_000, "", "reelgate:g", "r1", "s1")
WIN = Movement(ActionKind.WIN, "r1:0", "p1", "EUR", 2_500_000, "r1", "reelgate:g", "r1", "s1", closes_round=True)
ROLLBACK = Movement(ActionKind.ROLLBACK, "r1:undo", "p1", "EUR", 1_500_000, "r1", "reelgate:g", "r1", "s1")


def test_hub88_calls_are_signed_and_read_back_with_their_references() -> None:
    sent = {movement.kind: HUB88.render(movement, 1, 5) for movement in (BET, WIN, ROLLBACK)}
    for call in sent.values():
        raw = RawCall("POST", call.path, "", call.headers, call.body)
        check_signature(raw, Credential(BrandId("b"), (), (PUBLIC_KEY.encode(),)))
    bet = wire.read_request(wire.Method.BET, sent[ActionKind.BET].body)
    win = wire.read_request(wire.Method.WIN, sent[ActionKind.WIN].body)
    rollback = wire.read_request(wire.Method.ROLLBACK, sent[ActionKind.ROLLBACK].body)

    assert (bet.amount_micros, win.amount_micros, win.round_closed) == (1_500_000, 2_500_000, True)
    assert bet.transaction_uuid == win.reference_transaction_uuid == rollback.reference_transaction_uuid
    assert b"amount" not in sent[ActionKind.ROLLBACK].body


def test_softswiss_calls_are_signed_and_read_back_with_their_references() -> None:
    bet, win, rollback = (SOFTSWISS.render(movement, 1, 5) for movement in (BET, WIN, ROLLBACK))
    for call in (bet, win, rollback):
        raw = RawCall("POST", call.path, "", call.headers, call.body)
        gcp_signing.check_signature(raw, Credential(BrandId("b"), (b"test",)))
    placed = gcp.read_play(bet.body, ("bet",)).actions[0]
    undone = gcp.read_play(rollback.body, ("rollback",)).actions[0]

    assert (placed.amount, gcp.read_play(win.body, ("win",)).finished) == (150, True)
    assert undone.original_action_id == placed.action_id
    assert (bet.path, rollback.path) == ("/play", "/rollback")


def test_ids_of_another_scope_differ_and_those_without_one_are_as_they_ever_were() -> None:
    hub88_ids = [json.loads(HUB88.render(replace(BET, id_scope=scope), 1, 0).body) for scope in SCOPES]
    gcp_ids = [json.loads(SOFTSWISS.render(replace(BET, id_scope=scope), 1, 0).body) for scope in SCOPES]

    for name in ("transaction_uuid", "request_uuid", "round"):
        assert len({ids[name] for ids in hub88_ids}) == len(SCOPES)
    assert hub88_ids[0]["transaction_uuid"] == "a509ec6f-c450-5638-9400-631e3206ed5a"
    assert len({ids["actions"][0]["action_id"] for ids in gcp_ids}) == len(SCOPES)
    assert len({ids["game_id"] for ids in gcp_ids}) == len(SCOPES)
    assert gcp_ids[0]["actions"][0]["action_id"] == "bet:r1"
    assert hub88_ids[0]["round"] == gcp_ids[0]["game_id"] == "r1"


@pytest.mark.parametrize("dialect", [HUB88, SOFTSWISS])
def test_every_attempt_has_the_same_transaction_id(dialect: hub88.Hub88Wallet | softswiss.SoftswissWallet) -> None:
    name = "transaction_uuid" if dialect is HUB88 else "actions"
    first, second = (json.loads(dialect.render(BET, number, number).body)[name] for number in (1, 2))

    assert first == second


@pytest.mark.parametrize(("dialect", "micros"), [(HUB88, 1_000_001), (SOFTSWISS, 1_001_000)])
def test_an_amount_finer_than_the_unit_is_refused(
    dialect: hub88.Hub88Wallet | softswiss.SoftswissWallet, micros: int
) -> None:
    with pytest.raises(InvalidCall):
        dialect.render(Movement(ActionKind.WIN, "w", "p", "EUR", micros), 1, 0)


@pytest.mark.parametrize(
    ("kind", "status", "expected"),
    [
        (ActionKind.BET, codes.OK, AnswerClass.DONE),
        (ActionKind.BET, codes.NOT_ENOUGH_MONEY, AnswerClass.REFUSED),
        (ActionKind.BET, codes.UNKNOWN, AnswerClass.UNCERTAIN),
        (ActionKind.BET, codes.TIMEOUT, AnswerClass.UNCERTAIN),
        (ActionKind.BET, "RS_ERROR_OF_NEXT_YEAR", AnswerClass.UNCERTAIN),
        (ActionKind.WIN, codes.TOKEN_EXPIRED, AnswerClass.UNCERTAIN),
        (ActionKind.WIN, codes.TRANSACTION_DOES_NOT_EXIST, AnswerClass.REFUSED),
        (ActionKind.ROLLBACK, codes.INVALID_SIGNATURE, AnswerClass.REFUSED),
        (ActionKind.ROLLBACK, codes.WRONG_SYNTAX, AnswerClass.UNCERTAIN),
    ],
)
def test_hub88_answers_are_read_by_their_class(kind: ActionKind, status: str, expected: AnswerClass) -> None:
    body = wire.write_answer(wire.WalletAnswer("r", status, balance_micros=5_000_000))

    answer = HUB88.read(kind, "EUR", 200, body)

    assert (answer.answer_class, answer.balance_micros) == (expected, 5_000_000)
    assert (answer.code is OutcomeCode.UNAVAILABLE) == (expected is AnswerClass.UNCERTAIN)


@pytest.mark.parametrize(
    ("kind", "status", "body", "expected"),
    [
        (ActionKind.BET, 412, gcp.write_error(gcp.ErrorReply(100, "no", 500)), AnswerClass.REFUSED),
        (ActionKind.BET, 500, gcp.write_error(gcp.ErrorReply(500, "no")), AnswerClass.UNCERTAIN),
        (ActionKind.WIN, 403, gcp.write_error(gcp.ErrorReply(403, "no")), AnswerClass.UNCERTAIN),
        (ActionKind.WIN, 404, gcp.write_error(gcp.ErrorReply(404, "no")), AnswerClass.REFUSED),
        (ActionKind.BET, 200, gcp.write_reply(gcp.PlayReply(500, "r1", ())), AnswerClass.REFUSED),
        (ActionKind.WIN, 200, gcp.write_reply(gcp.PlayReply(500, "r1", ())), AnswerClass.DONE),
    ],
)
def test_softswiss_answers_are_read_by_their_class(
    kind: ActionKind, status: int, body: bytes, expected: AnswerClass
) -> None:
    assert SOFTSWISS.read(kind, "EUR", status, body).answer_class is expected


@pytest.mark.parametrize("dialect", [HUB88, SOFTSWISS])
@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b"[]", b"\xff", b'{"status":7}'])
@pytest.mark.parametrize("status", [200, 404, 502])
def test_nonsense_is_uncertain(
    dialect: hub88.Hub88Wallet | softswiss.SoftswissWallet, body: bytes, status: int
) -> None:
    answer = dialect.read(ActionKind.BET, "EUR", status, body)

    assert (answer.answer_class, answer.code) == (AnswerClass.UNCERTAIN, OutcomeCode.UNAVAILABLE)
