"""What a fault does to bytes: requests and replies spoiled, without I/O."""

import json
import random
from collections.abc import Mapping
from dataclasses import replace

from adapters.mocks.faults import Fault, FaultKind
from adapters.mocks.types import HttpCall, HttpReply, Step

HTML_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body>upstream not available</body></html>"
GARBAGE = b"\x00\xff{not json\xfe"


def spoiled_step(step: Step, faults: list[Fault]) -> Step:
    """Return the step with the fields of every SET_FIELDS fault."""
    fields = dict(step.fields)
    for fault in faults:
        if fault.kind is FaultKind.SET_FIELDS:
            fields.update(fault.fields)
    return replace(step, fields=fields) if fields else step


def spoiled_call(call: HttpCall, faults: list[Fault]) -> HttpCall:
    """Return the call truncated or as garbage, where a fault says so (its signature no longer holds)."""
    for fault in faults:
        if fault.kind is FaultKind.TRUNCATED_REQUEST:
            call = replace(call, body=call.body[: len(call.body) // 2])
        elif fault.kind is FaultKind.GARBAGE_REQUEST:
            call = replace(call, body=GARBAGE)
    return call


def spoiled_reply(reply: HttpReply, faults: list[Fault]) -> HttpReply:
    """Return the answer as the faults leave it."""
    for fault in faults:
        match fault.kind:
            case FaultKind.TRUNCATED_REPLY:
                reply = replace(reply, body=reply.body[: len(reply.body) // 2])
            case FaultKind.NON_JSON_REPLY:
                reply = replace(reply, body=HTML_PAGE, content_type="text/html")
            case FaultKind.WRONG_CONTENT_TYPE:
                reply = replace(reply, content_type="text/html; charset=utf-8")
            case FaultKind.CHANGE_REPLY:
                reply = replace(reply, body=_changed(reply.body, fault.fields))
            case _:
                pass
    return reply


def delay_of(faults: list[Fault], draw: random.Random) -> int:
    """Return the sum of the delays in milliseconds."""
    delay_ms = 0
    for fault in faults:
        if fault.kind is FaultKind.DELAY:
            delay_ms += fault.delay_ms
        elif fault.kind is FaultKind.DELAY_LOGNORMAL:
            delay_ms += int(fault.delay_ms * draw.lognormvariate(0.0, fault.sigma_percent / 100))
    return delay_ms


def first_of(faults: list[Fault], *kinds: FaultKind) -> Fault | None:
    """Return the first fault of one of these kinds."""
    return next((fault for fault in faults if fault.kind in kinds), None)


def _changed(body: bytes, fields: Mapping[str, object]) -> bytes:
    try:
        data = json.loads(body)
    except ValueError:
        return body
    if not isinstance(data, dict):
        return body
    for name, value in fields.items():
        if value is None:
            data.pop(name, None)
        else:
            data[name] = value
    return json.dumps(data, separators=(",", ":")).encode()
