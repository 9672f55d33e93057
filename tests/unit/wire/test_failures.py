import grpc
import grpc.aio
from google.rpc import status_pb2

from protos.wire.failures import STATUS_DETAILS_KEY, Failure, failure_of, from_status, to_status

FAILURE = Failure(
    grpc.StatusCode.OUT_OF_RANGE,
    "ERROR_REASON_BET_LIMIT",
    "gateway.reelgate",
    "no such stake",
    {"field": "stake.micros", "certainty": "certain"},
    "stake.micros",
    250,
)


def an_rpc_error(*trailing):
    metadata = grpc.aio.Metadata(*trailing)
    return grpc.aio.AioRpcError(grpc.StatusCode.INTERNAL, grpc.aio.Metadata(), metadata, details="bare")


def test_a_failure_survives_the_wire():
    assert from_status(to_status(FAILURE)) == FAILURE


def test_a_failed_call_says_what_its_details_say():
    error = an_rpc_error((STATUS_DETAILS_KEY, to_status(FAILURE).SerializeToString()))

    assert failure_of(error) == FAILURE


def test_a_failed_call_without_details_says_its_code():
    failure = failure_of(an_rpc_error())

    assert (failure.code, failure.reason, failure.message) == (grpc.StatusCode.INTERNAL, "", "bare")


def test_details_that_cannot_be_read_are_left_aside():
    failure = failure_of(an_rpc_error((STATUS_DETAILS_KEY, b"\xff\xff\xff")))

    assert failure.code is grpc.StatusCode.INTERNAL


def test_a_code_that_is_not_grpcs_is_unknown():
    assert from_status(status_pb2.Status(code=99)).code is grpc.StatusCode.UNKNOWN
