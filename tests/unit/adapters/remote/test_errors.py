"""Typed errors survive the wire by their reason; whatever else comes is an unknown outcome."""

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]
from reelgate.provider.v1.error_reason_pb2 import ErrorReason

from adapters.contract import errors
from adapters.remote.error_table import (
    ERROR_CLASSES,
    UNTYPED_FACT,
    error_from,
    error_of_status,
    reason_of,
    status_bytes,
)

ALL = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, errors.AdapterError)]


@pytest.mark.parametrize("error_class", [error for error in ALL if error is not errors.AdapterError])
def test_every_error_comes_back_as_itself_with_its_facts(error_class: type[errors.AdapterError]) -> None:
    error = error_class("why it failed", field="stake.micros")

    code, _, raw = status_bytes(error)
    again = error_of_status(raw)

    assert type(again) is error_class
    assert (again.message, again.facts) == ("why it failed", {"field": "stake.micros"})
    assert again.outcome_known is error.outcome_known
    assert code is not grpc.StatusCode.UNKNOWN


def test_every_reason_of_the_proto_has_an_error_and_the_other_way_round() -> None:
    assert set(ERROR_CLASSES) == set(ErrorReason.keys()) - {"ERROR_REASON_UNSPECIFIED"}
    assert set(ERROR_CLASSES.values()) == set(ALL) - {errors.AdapterError}


def test_an_error_of_a_subclass_travels_as_its_nearest_known_ancestor() -> None:
    class StakeTooHigh(errors.InvalidCall):
        pass

    assert reason_of(StakeTooHigh("no"))[0] == "ERROR_REASON_INVALID_CALL"


@pytest.mark.parametrize("error", [KeyError("secret"), errors.AdapterError("root")])
def test_whatever_else_is_an_unknown_outcome(error: Exception) -> None:
    code, message, raw = status_bytes(error)
    again = error_of_status(raw)

    assert code is grpc.StatusCode.INTERNAL
    assert isinstance(again, errors.OutcomeUnknown)
    assert "secret" not in message


def packed(reason: str, domain: str) -> bytes:
    status = status_pb2.Status(code=3, message="m")
    status.details.add().Pack(error_details_pb2.ErrorInfo(reason=reason, domain=domain))
    return bytes(status.SerializeToString())


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xff",
        packed("ERROR_REASON_INVALID_CALL", "another.domain"),
        packed("ERROR_REASON_OF_NEXT_YEAR", "provider.reelgate"),
        packed("ERROR_REASON_UNSPECIFIED", "provider.reelgate"),
        packed("INVALID_CALL", "provider.reelgate"),
    ],
)
def test_no_reason_of_the_contract_is_no_typed_error(raw: bytes) -> None:
    assert error_of_status(raw) is None


def test_an_unknown_reason_is_marked_as_untyped() -> None:
    error = error_from("ERROR_REASON_OF_NEXT_YEAR", "m", {})

    assert isinstance(error, errors.OutcomeUnknown)
    assert UNTYPED_FACT in error.facts


def test_long_texts_and_many_facts_are_cut() -> None:
    error = errors.InvalidCall("m" * 10_000, **{f"fact{number}": "x" * 10_000 for number in range(100)})

    _, message, raw = status_bytes(error)

    assert len(message) == 512
    assert len(raw) < 16 * 1024
