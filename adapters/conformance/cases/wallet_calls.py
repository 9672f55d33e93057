"""Must 11 and its neighbours: a provider's wallet calls are checked over raw bytes, read exactly and answered in class.

Only the author of a protocol can sign a call, so these cases work on samples that come with the adapter.
"""

from dataclasses import replace
from typing import Any

from adapters.conformance.bench import Bench, ended, refusal
from adapters.conformance.case import Case, CaseFailed, Fault, Tier, require
from adapters.conformance.integrity import inexact_fields
from adapters.conformance.samples import WalletCallSample
from adapters.contract.errors import (
    AdapterError,
    InvalidCall,
    MalformedCall,
    OutcomeUnknown,
    ProviderUnavailable,
    SignatureRefused,
)
from adapters.contract.ids import is_valid_id
from adapters.contract.manifest import Capability
from adapters.contract.wallet_calls import (
    ActionResult,
    CallIdentity,
    Certainty,
    OutcomeCode,
    RawCall,
    RawReply,
    WalletCall,
    WalletReply,
)

WALLET_CALLS = frozenset({Capability.WALLET_CALLS})
GARBAGE = (b"", b"\xff\xfe\x00", b"{", b"null", b"[]", b'{"a":1e999}', b"&&&===", b"\x00" * 100, b"[" * 10_000)
BALANCE_MICROS = 123_456_789
TIME_MS = 1_800_000_000_000


def _samples(bench: Bench) -> tuple[WalletCallSample, ...]:
    if not bench.setup.samples:
        raise CaseFailed("wallet_calls is declared: give signed samples of the protocol (--samples FILE)")
    return bench.setup.samples


async def _decode(bench: Bench, sample: WalletCallSample, call: RawCall | None = None) -> WalletCall:
    decoded: WalletCall = await bench.word("decode", call or sample.call, sample.credential)
    return decoded


async def _refused(bench: Bench, sample: WalletCallSample, call: RawCall, what: str, *allowed: Any) -> None:
    await refusal(_decode(bench, sample, call), *allowed, what=f"{sample.name} with {what}")


async def _samples_are_read(bench: Bench) -> None:
    for sample in _samples(bench):
        identity = await bench.word("identify", sample.call)
        require(isinstance(identity, CallIdentity) and bool(identity.brand_ref), f"{sample.name}: no brand_ref")
        call = await _decode(bench, sample)
        require(call.brand_id == sample.credential.brand_id, f"{sample.name}: brand_id {call.brand_id!r}")
        require(call.provider_id == bench.manifest.provider_id, f"{sample.name}: provider_id {call.provider_id!r}")
        kinds = tuple(dict.fromkeys(action.kind for action in call.actions))
        require(kinds == sample.kinds, f"{sample.name}: decoded to {kinds}, expected {sample.kinds}")
        require(await _decode(bench, sample) == call, f"{sample.name}: decodes differently the second time")


async def _samples_are_exact(bench: Bench) -> None:
    for sample in _samples(bench):
        call = await _decode(bench, sample)
        wrong = list(inexact_fields(call))
        require(not wrong, f"{sample.name}: {', '.join(wrong)}; expected whole micros")
        for action in call.actions:
            require(is_valid_id(action.transaction_id), f"{sample.name}: transaction_id is not an id")
            require(action.amount_micros >= 0 or action.kind == "adjust", f"{sample.name}: a negative amount")


def _other_digit(data: bytes) -> bytes:
    """Change one digit (the last): other content, and still well-formed in most protocols."""
    for place in range(len(data) - 1, -1, -1):
        if chr(data[place]).isdigit():
            return data[:place] + (b"1" if data[place : place + 1] != b"1" else b"2") + data[place + 1 :]
    return data + b" "


async def _changed_body_is_refused(bench: Bench) -> None:
    for sample in _samples(bench):
        if sample.call.body and sample.body_is_signed:
            changed = replace(sample.call, body=_other_digit(sample.call.body))
            await _refused(bench, sample, changed, "one digit of the body changed", SignatureRefused)
        elif sample.call.query:
            changed = replace(sample.call, query=_other_digit(sample.call.query.encode()).decode())
            await _refused(bench, sample, changed, "one digit of the query changed", SignatureRefused)


async def _wrong_key_is_refused(bench: Bench) -> None:
    for sample in _samples(bench):
        keys = sample.credential
        other = replace(keys, secrets=tuple(b"not-" + secret for secret in keys.secrets), provider_public_keys=())
        attempt = _decode(bench, replace(sample, credential=other))
        await refusal(attempt, SignatureRefused, what=f"{sample.name} under another key")


async def _older_key_is_accepted(bench: Bench) -> None:
    for sample in _samples(bench):
        keys = sample.credential
        two = replace(
            keys,
            secrets=(b"newer-" + keys.secrets[0], *keys.secrets) if keys.secrets else (),
            provider_public_keys=keys.provider_public_keys * 2,
        )
        call = await _decode(bench, replace(sample, credential=two))
        require(call == await _decode(bench, sample), f"{sample.name}: reads differently under two live keys")


async def _forged_header_is_refused(bench: Bench) -> None:
    for sample in _samples(bench):
        if not sample.signature_header:
            continue
        for what, value in (("no signature", None), ("an empty signature", ""), ("a forged signature", "A" * 64)):
            headers = [header for header in sample.call.headers if header[0] != sample.signature_header]
            if value is not None:
                headers.append((sample.signature_header, value))
            forged = replace(sample.call, headers=tuple(headers))
            await _refused(bench, sample, forged, what, SignatureRefused)


async def _signature_comes_before_parsing(bench: Bench) -> None:
    for sample in _samples(bench):
        if not (sample.signature_header and sample.call.body and sample.body_is_signed):
            continue
        for garbage in GARBAGE:
            broken = replace(sample.call, body=garbage)
            await _refused(bench, sample, broken, f"the body {garbage[:12]!r}", SignatureRefused)


async def _garbage_is_typed(bench: Bench) -> None:
    for sample in _samples(bench):
        for garbage in GARBAGE:
            for call in (replace(sample.call, body=garbage), replace(sample.call, query=garbage.decode("latin-1"))):
                for attempt in (bench.word("identify", call), _decode(bench, sample, call)):
                    answer = await ended(attempt)
                    typed = isinstance(answer, AdapterError) and not isinstance(answer, OutcomeUnknown)
                    sound = typed or isinstance(answer, CallIdentity | WalletCall)
                    require(sound, f"{sample.name} with {garbage[:12]!r}: {answer!r} left the adapter")


def _reply(call: WalletCall, code: OutcomeCode, certainty: Certainty = Certainty.CERTAIN) -> WalletReply:
    results = tuple(
        ActionResult(
            code, action.transaction_id, "w-1", action.amount_micros, 0, BALANCE_MICROS, processed_time_ms=TIME_MS
        )
        for action in call.actions
    )
    accepted = code in (OutcomeCode.OK, OutcomeCode.NO_EFFECT)
    return WalletReply(certainty, results, OutcomeCode.OK if accepted else code, BALANCE_MICROS, 0, call.currency_code)


async def _encode(bench: Bench, call: WalletCall, reply: WalletReply, what: str) -> RawReply:
    raw = await ended(bench.word("encode", call, reply))
    require(isinstance(raw, RawReply), f"{what}: expected an HTTP answer, got {raw!r}")
    return raw  # type: ignore[no-any-return]


async def _echoes(bench: Bench) -> None:
    for sample in _samples(bench):
        call = await _decode(bench, sample)
        raw = await _encode(bench, call, _reply(call, OutcomeCode.OK), sample.name)
        answer = raw.body.decode("utf-8", "replace") + repr(raw.headers)
        missing = [echo for echo in sample.echoes if echo not in answer]
        require(not missing, f"{sample.name}: the answer lost the correlation ids {missing}")


async def _every_outcome_is_rendered(bench: Bench) -> None:
    for sample in _samples(bench):
        call = await _decode(bench, sample)
        for code in OutcomeCode:
            raw = await _encode(bench, call, _reply(call, code), f"{sample.name} answered {code}")
            require(100 < raw.status < 600, f"{sample.name} answered {code}: status {raw.status}")
        without = replace(_reply(call, OutcomeCode.INVALID), balance_micros=None, bonus_micros=None, results=())
        await _encode(bench, call, without, f"{sample.name} without a balance")


async def _uncertain_looks_different(bench: Bench) -> None:
    for sample in _samples(bench):
        call = await _decode(bench, sample)
        for doubt in (OutcomeCode.UNAVAILABLE, OutcomeCode.BATCH_REFUSED):
            uncertain = WalletReply(Certainty.UNCERTAIN, code=doubt)
            doubtful = await _encode(bench, call, uncertain, f"{sample.name} answered uncertain")
            for code in (OutcomeCode.OK, OutcomeCode.INSUFFICIENT_FUNDS, OutcomeCode.KEY_REUSED):
                certain = await _encode(bench, call, _reply(call, code), f"{sample.name} answered {code}")
                same = (doubtful.status, doubtful.body) == (certain.status, certain.body)
                require(not same, f"{sample.name}: an uncertain answer looks like {code}")


async def _failures_are_rendered(bench: Bench) -> None:
    errors = (SignatureRefused("no"), MalformedCall("no"), InvalidCall("no"), ProviderUnavailable("no"))
    for sample in _samples(bench):
        for broken in (sample.call, replace(sample.call, body=b"\xff{", query="", headers=())):
            for error in (*errors, OutcomeUnknown("?"), RuntimeError("fault"), TimeoutError()):
                raw = await ended(bench.word("encode_error", broken, error))
                require(isinstance(raw, RawReply), f"encode_error of {type(error).__name__}: got {raw!r}")
        refused = await bench.word("encode_error", sample.call, SignatureRefused("no"))
        fault = await bench.word("encode_error", sample.call, RuntimeError("fault"))
        differs = (refused.status, refused.body) != (fault.status, fault.body)
        require(differs, f"{sample.name}: an internal fault looks like a refused signature")


def _case(case_id: str, must: int, tier: Tier, says: str, check: Any, *rpcs: str, fault: Fault = Fault.NONE) -> Case:
    return Case(case_id, must, tier, says, check, WALLET_CALLS, rpcs=rpcs, faults=(fault,) if fault else ())


CASES = (
    _case(
        "wallet-calls-are-read",
        9,
        Tier.PLAYABLE,
        "every sample decodes to its actions, always the same",
        _samples_are_read,
        "IdentifyCall",
        "DecodeCall",
    ),
    _case(
        "wallet-calls-are-exact",
        10,
        Tier.PLAYABLE,
        "amounts of wallet calls are whole micros",
        _samples_are_exact,
        "DecodeCall",
    ),
    _case(
        "changed-content-is-refused",
        11,
        Tier.PLAYABLE,
        "a call with one digit changed is SignatureRefused",
        _changed_body_is_refused,
        "DecodeCall",
        fault=Fault.FORGED_SIGNATURE,
    ),
    _case(
        "wrong-key-is-refused",
        11,
        Tier.PLAYABLE,
        "a call under another key is SignatureRefused",
        _wrong_key_is_refused,
        "DecodeCall",
        fault=Fault.FORGED_SIGNATURE,
    ),
    _case(
        "forged-signature-is-refused",
        11,
        Tier.PLAYABLE,
        "a missing, empty or forged signature is SignatureRefused",
        _forged_header_is_refused,
        "DecodeCall",
        fault=Fault.FORGED_SIGNATURE,
    ),
    _case(
        "signature-comes-before-parsing",
        11,
        Tier.RESILIENT,
        "bytes that cannot be read are SignatureRefused first",
        _signature_comes_before_parsing,
        "DecodeCall",
        fault=Fault.MALFORMED_BYTES,
    ),
    _case(
        "older-live-key-is-accepted",
        11,
        Tier.RESILIENT,
        "while keys rotate, both are accepted",
        _older_key_is_accepted,
        "DecodeCall",
    ),
    _case(
        "correlation-ids-are-kept",
        11,
        Tier.PLAYABLE,
        "the answer holds the provider's correlation ids",
        _echoes,
        "EncodeReply",
    ),
    _case(
        "malformed-calls-are-typed",
        7,
        Tier.RESILIENT,
        "malformed bodies and queries end in typed errors",
        _garbage_is_typed,
        "IdentifyCall",
        "DecodeCall",
        fault=Fault.MALFORMED_BYTES,
    ),
    _case(
        "every-outcome-is-rendered",
        7,
        Tier.RESILIENT,
        "every outcome of the wallet has an answer in the protocol",
        _every_outcome_is_rendered,
        "EncodeReply",
    ),
    _case(
        "uncertain-looks-different",
        11,
        Tier.RESILIENT,
        "an uncertain answer is none of the certain ones: it decides whether money moves back",
        _uncertain_looks_different,
        "EncodeReply",
        fault=Fault.LOST_ANSWER,
    ),
    _case(
        "failures-are-rendered",
        7,
        Tier.RESILIENT,
        "failures around decode have an answer in the protocol, faults another than refusals",
        _failures_are_rendered,
        "EncodeReply",
    ),
)
