"""Every domain error has its row, and every reason of the proto has its error."""

import inspect

import grpc
import pytest
from reelgate.gateway.v1.error_reason_pb2 import ErrorReason

from gateway import errors
from gateway.rpc.error_codes import NEVER_MAPPED, REASON_PREFIX, TABLE, describe, internal, short_reason
from protos.wire.failures import from_status, to_status

ROOTS = {errors.GatewayError, errors.NotFound}
ERRORS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.GatewayError) and kind not in ROOTS
]


def an_error(kind):
    if kind is errors.InvalidRequest:
        return kind("stake.micros", "must be more than zero")
    if kind is errors.TooManyRequests:
        return kind("too many", 250)
    return kind("no", field="x")


@pytest.mark.parametrize("kind", ERRORS)
def test_every_domain_error_has_a_code_and_a_reason(kind):
    failure = describe(an_error(kind))

    assert failure is not None
    assert failure.code not in (grpc.StatusCode.OK, grpc.StatusCode.UNKNOWN)
    assert failure.reason.startswith(REASON_PREFIX)
    assert failure.metadata["certainty"] == ("certain" if an_error(kind).certain else "uncertain")


def test_every_reason_of_the_proto_has_its_error():
    mapped = {row.reason for row in TABLE.values()}

    assert mapped | NEVER_MAPPED == set(ErrorReason.values())
    assert not mapped & NEVER_MAPPED


def test_no_two_errors_share_a_reason():
    # A game that is not there has one reason: NOT_FOUND where it is asked for, a bad field where it is only named.
    reasons = [row.reason for error, row in TABLE.items() if error is not errors.GameUnknown]

    assert len(reasons) == len(set(reasons))


def test_a_malformed_field_is_named_in_the_details():
    failure = from_status(to_status(describe(errors.InvalidRequest("stake.micros", "must be more than zero"))))

    assert (failure.code, failure.bad_field) == (grpc.StatusCode.INVALID_ARGUMENT, "stake.micros")


def test_an_overload_says_when_to_come_back():
    failure = from_status(to_status(describe(errors.TooManyRequests("too many", 250))))

    assert (failure.code, failure.retry_after_ms) == (grpc.StatusCode.RESOURCE_EXHAUSTED, 250)


def test_only_uncertain_errors_may_follow_a_movement_of_money():
    uncertain = {kind for kind in ERRORS if not an_error(kind).certain}

    assert uncertain == {
        errors.RoundInDoubt,
        errors.AdapterContractBroken,
        errors.WalletUnavailable,
        errors.SessionExpired,
        errors.FairSeedEnded,
    }


def test_a_fault_of_ours_is_not_described_and_tells_nothing_but_its_id():
    assert describe(ValueError("secret")) is None
    failure = internal("id-1")
    assert (failure.code, failure.certain, short_reason(failure)) == (grpc.StatusCode.INTERNAL, False, "INTERNAL")


def test_what_a_provider_wrote_reaches_callers_as_short_printable_text():
    failure = describe(errors.ProviderRefused("grüße\n" * 200, provider_code="ü"))

    assert failure.message.isascii()
    assert len(failure.message) <= 1_000
    assert failure.metadata["provider_code"] == "\\xfc"
