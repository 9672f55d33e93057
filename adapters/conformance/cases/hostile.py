"""Must 7: whatever comes in, only errors of the contract come out, and nothing was done."""

from typing import Any

import grpc
import grpc.aio
from reelgate.provider.v1 import provider_service_pb2 as wire

from adapters.conformance.bench import Bench, ended, refusal
from adapters.conformance.case import Case, Fault, Tier, require
from adapters.conformance.integrity import check_outcome
from adapters.conformance.subject import wait_until_ready
from adapters.contract.errors import AdapterError, GameNotFound, InvalidCall
from adapters.contract.ids import GameId, RoundId
from adapters.contract.manifest import Capability
from adapters.contract.money import MICROS_MAX, Money
from adapters.contract.rounds import CancelCause, RoundReport, RoundStatus, SpinOutcome, SpinRequest

SPIN = frozenset({Capability.SPIN})
LOOKUP = frozenset({Capability.ROUND_LOOKUP})
CANCEL = frozenset({Capability.CANCEL})
NOT_IDS = ("", " ", "a b", "x" * 65, "../../etc/passwd", "\N{SNOWMAN}", "a\x00b", "'; DROP TABLE rounds; --")
GARBAGE = (b"\xff" * 64, b"\x0a\xff\xff\xff\xff\x0f", b"\x00", b"{}" * 1000)
SERVICE = wire.DESCRIPTOR.services_by_name["ProviderService"]


async def _unknown_game(bench: Bench) -> None:
    request = bench.request(game_id=GameId("no-such-game"))
    await refusal(bench.spin(request), GameNotFound, what="an unknown game")


async def _unsound_amounts(bench: Bench) -> None:
    for micros in (0, -1, -1_000_000, -MICROS_MAX, MICROS_MAX):
        request = bench.request(stake=Money(bench.currency_code, micros))
        if micros in (0, MICROS_MAX) and not bench.game.stakes_for(bench.currency_code):
            continue
        await refusal(bench.spin(request), InvalidCall, what=f"a stake of {micros} micros")


async def _unknown_currency(bench: Bench) -> None:
    session = bench.session(currency_code="QQQ")
    if not (bench.manifest.currency_codes or bench.game.currency_codes):
        answer = await ended(bench.spin(bench.request(session=session, stake=Money("QQQ", bench.stake().micros))))
        require(not isinstance(answer, Exception) or isinstance(answer, AdapterError), f"{answer!r} left the adapter")
        return
    request = bench.request(session=session, stake=Money("QQQ", bench.stake().micros))
    await refusal(bench.spin(request), InvalidCall, what="an unknown currency")


async def _not_an_id(bench: Bench) -> None:
    for text in NOT_IDS:
        for name in ("round_id", "game_id"):
            request = bench.request(**{name: text})
            await _sound_or_refused(bench, request, await ended(bench.spin(request)), f"{name} {text!r}")


async def _sound_or_refused(bench: Bench, request: SpinRequest, answer: object, what: str) -> None:
    if isinstance(answer, SpinOutcome):
        check_outcome(request, answer, bench.manifest)
        return
    known = isinstance(answer, AdapterError) and answer.outcome_known
    require(known, f"{what}: expected an AdapterError that says that nothing was done, got {answer!r}")


async def _not_an_id_to_look_up(bench: Bench) -> None:
    for text in NOT_IDS:
        answer = await ended(bench.word("get_round", RoundId(text)))
        sound = isinstance(answer, RoundReport) and answer.status is RoundStatus.NOT_FOUND
        known = isinstance(answer, AdapterError) and answer.outcome_known
        require(sound or known, f"get_round of {text!r}: expected a refusal or NOT_FOUND, got {answer!r}")


async def _not_an_id_to_cancel(bench: Bench) -> None:
    for text in NOT_IDS:
        answer = await ended(bench.word("cancel_round", RoundId(text), CancelCause.BET_FAILED))
        known = isinstance(answer, AdapterError) and answer.outcome_known
        require(answer is None or known, f"cancelling {text!r}: expected a refusal or nothing, got {answer!r}")


async def _strange_options(bench: Bench) -> None:
    strange: dict[str, Any] = {
        "bet_mode": "no-such-mode",
        "line_count": 9_999,
        "game_version": "no-such-version",
        "step": 1_000_000,
    }
    for name, value in strange.items():
        await refusal(bench.spin(bench.request(**{name: value})), what=f"{name}={value!r}")
    for name, value in {"choice": "x" * 10_000, "state": b"\xff" * 1_000}.items():
        request = bench.request(**{name: value})
        await _sound_or_refused(bench, request, await ended(bench.spin(request)), f"an unexpected {name}")


async def _malformed_bytes(bench: Bench) -> None:
    """Over the wire: bytes that are no messages. In process there are none, so the strangest of values instead."""
    if bench.subject.target:
        await _send_garbage(bench.subject.target)
    else:
        await _not_an_id(bench) if bench.declares(Capability.SPIN) else None
    await wait_until_ready(bench.adapter, timeout_s=5)
    require(await bench.adapter.describe() == bench.manifest, "the manifest changed")


async def _send_garbage(target: str) -> None:
    async with grpc.aio.insecure_channel(target) as channel:
        for method in SERVICE.methods:
            send: Any = channel.unary_unary(f"/{SERVICE.full_name}/{method.name}")
            for garbage in GARBAGE:
                try:
                    await send(garbage, timeout=5)
                except grpc.aio.AioRpcError as error:
                    hung = error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
                    require(not hung, f"{method.name} hangs on malformed bytes")


CASES = (
    Case(
        "unknown-game-is-refused",
        7,
        Tier.PLAYABLE,
        "an unknown game is GameNotFound",
        _unknown_game,
        SPIN,
        rpcs=("Spin",),
    ),
    Case(
        "unsound-stake-is-refused",
        7,
        Tier.PLAYABLE,
        "a stake of zero, below zero or beyond reason is InvalidCall",
        _unsound_amounts,
        SPIN,
        rpcs=("Spin",),
        faults=(Fault.NEGATIVE_STAKE,),
    ),
    Case(
        "unknown-currency-is-refused",
        7,
        Tier.PLAYABLE,
        "a currency that is not offered is InvalidCall",
        _unknown_currency,
        SPIN,
        rpcs=("Spin",),
        faults=(Fault.WRONG_CURRENCY,),
    ),
    Case(
        "what-is-no-id-does-no-harm",
        7,
        Tier.RESILIENT,
        "an id of foreign characters or length is refused or answered soundly",
        _not_an_id,
        SPIN,
        rpcs=("Spin",),
    ),
    Case(
        "what-is-no-id-is-not-found",
        7,
        Tier.RESILIENT,
        "get_round refuses what is no id, or says NOT_FOUND",
        _not_an_id_to_look_up,
        LOOKUP,
        rpcs=("GetRound",),
    ),
    Case(
        "what-is-no-id-is-not-cancelled",
        7,
        Tier.RESILIENT,
        "cancel_round refuses what is no id, or returns",
        _not_an_id_to_cancel,
        CANCEL,
        rpcs=("CancelRound",),
    ),
    Case(
        "strange-options-are-refused",
        7,
        Tier.RESILIENT,
        "an unknown bet mode, version, line count or step is refused; nothing else than AdapterError comes out",
        _strange_options,
        SPIN,
        rpcs=("Spin",),
    ),
    Case(
        "malformed-bytes-do-no-harm",
        7,
        Tier.RESILIENT,
        "after malformed bytes to every method the adapter is ready and the same",
        _malformed_bytes,
        rpcs=tuple(method.name for method in SERVICE.methods),
        faults=(Fault.MALFORMED_BYTES,),
    ),
)
