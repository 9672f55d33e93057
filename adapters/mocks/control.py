"""The control API of a tenant: set it up, force results, arm faults, play, move time, search the journal, verify."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from adapters.mocks.cassette import cassette_of, replay_cassette
from adapters.mocks.clock import Clock, RealClock, VirtualClock
from adapters.mocks.exchange import exchange, release_held
from adapters.mocks.faults import Fault, checked_fault
from adapters.mocks.host import MockHost, clock_named
from adapters.mocks.journal import Finding
from adapters.mocks.known_words import check_known
from adapters.mocks.link import is_http_address
from adapters.mocks.refusals import ControlRefused, answered
from adapters.mocks.rounds import RoundRun, deliver, finish_open, play_round, stake_of
from adapters.mocks.tenant import Tenant
from adapters.mocks.types import MockSession
from adapters.mocks.words import (
    OutcomeWords,
    ReplayWords,
    SpinWords,
    StepWords,
    TenantWords,
    VerifyWords,
    micros_of,
    span_ms_of,
)

Handler = Callable[[Tenant, Request], Awaitable[object]]


def configure(tenant: Tenant, words: TenantWords) -> None:
    """Set up a tenant; raises ``ValueError`` or ``ControlRefused``, and changes nothing then."""
    if words.wallet_url and not is_http_address(words.wallet_url):
        raise ControlRefused(f"wallet_url: {words.wallet_url!r} is no address such as http://HOST:PORT/PATH")
    options = tenant.checked_options(words.options)
    tenant.set_credentials(words.credentials)
    if words.wallet_url is not None:
        tenant.wallet_url = words.wallet_url
    if words.time is not None:
        _change_clock(tenant, clock_named(words.time))
    if words.seed is not None:
        tenant.reseed(words.seed)
    if words.maintenance is not None:
        tenant.maintenance = words.maintenance
    tenant.options.update(options)


def _change_clock(tenant: Tenant, clock: Clock) -> None:
    """Let time be another one; what is planned keeps its distance from now, so that no retry is lost."""
    if not isinstance(tenant.clock, RealClock | VirtualClock):
        raise ControlRefused("this mock's time cannot be changed")
    now_ms, planned = tenant.clock.now_ms(), tenant.clock.take_planned()
    tenant.clock = clock
    for due_ms, job in planned:
        clock.at(clock.now_ms() + max(0, due_ms - now_ms), job)


def describe(tenant: Tenant) -> dict[str, object]:
    """Return what a tester wants to see of a tenant; no secret is in it."""
    return {
        "tenant": tenant.tenant_id,
        "provider": tenant.dialect.provider_id,
        "base_url": tenant.base_url,
        "wallet_url": tenant.wallet_url,
        "now_ms": tenant.clock.now_ms(),
        "maintenance": tenant.maintenance,
        "options": {name: known[0] for name, known in tenant.dialect.options.items()} | tenant.options,
        "sessions": {kept.session_id: _session(kept) for kept in tenant.sessions.values()},
        "rounds": len(tenant.rounds),
        "grants": len(tenant.grants),
        "faults": tenant.faults.listed(),
        "journal": len(tenant.journal.entries),
    }


def session_of(tenant: Tenant, session_id: str) -> MockSession:
    """Return the named session, or the newest one when no name is given."""
    if session_id in tenant.sessions:
        return tenant.sessions[session_id]
    if session_id or not tenant.sessions:
        raise ControlRefused(
            f"no session {session_id!r}" if session_id else "no session yet: launch a game first (reelgate mock launch)"
        )
    return next(reversed(tenant.sessions.values()))


async def spin(tenant: Tenant, session: MockSession, words: SpinWords) -> RoundRun:
    """Play one round as the words say; a win said in bets is one of the stake, which a free round has of its own."""
    bet_micros = micros_of(words.bet)
    named = not words.draw and bool(words.model_fields_set - {"session", "bet", "draw"})
    outcome = words.outcome(stake_of(tenant, session, bet_micros)) if named else None
    return await play_round(tenant, session, bet_micros, outcome)


async def _put(tenant: Tenant, request: Request) -> object:
    configure(tenant, TenantWords.model_validate_json(await request.body() or b"{}"))
    return describe(tenant)


async def _get(tenant: Tenant, request: Request) -> object:
    return describe(tenant)


async def _get_session(tenant: Tenant, request: Request) -> object:
    """Tell what a wallet must be told to play on: the kit's words, the token among them (every call bears it)."""
    session = session_of(tenant, request.query_params.get("session", ""))
    if session.demo:
        raise ControlRefused(f"session {session.session_id!r} is a demo: it calls no wallet")
    return {
        "url": tenant.wallet_url,
        "player": session.player_id,
        "token": session.token,
        "currency": session.currency_code,
        "game": session.game_id,
    }


async def _reset(tenant: Tenant, request: Request) -> object:
    tenant.reset()
    return {"reset": True}


async def _force(tenant: Tenant, request: Request) -> object:
    words = OutcomeWords.model_validate_json(await request.body())
    words.outcome(1)  # what cannot be read is refused now, and not when the round is played
    tenant.outcomes.force(words.outcome)
    return {"forced": True}


async def _add_fault(tenant: Tenant, request: Request) -> object:
    return {"fault_id": tenant.faults.add(checked_fault(Fault.model_validate_json(await request.body())))}


async def _list_faults(tenant: Tenant, request: Request) -> object:
    return {"faults": tenant.faults.listed()}


async def _clear_faults(tenant: Tenant, request: Request) -> object:
    fault_id = request.query_params.get("fault_id")
    if fault_id:
        return {"removed": tenant.faults.remove(fault_id)}
    tenant.faults.clear()
    return {"removed": True}


async def _spin(tenant: Tenant, request: Request) -> object:
    words = SpinWords.model_validate_json(await request.body() or b"{}")
    return (await spin(tenant, session_of(tenant, words.session), words)).as_dict()


async def _step(tenant: Tenant, request: Request) -> object:
    words = StepWords.model_validate_json(await request.body())
    step = words.step(session_of(tenant, words.session).session_id)
    verdict = await exchange(tenant, step) if words.once else (await deliver(tenant, step))[0]
    return {"answer": verdict.answer.value, "code": verdict.code, "balance_micros": verdict.balance_micros}


def _movable(tenant: Tenant) -> Clock:
    """Return the tenant's clock, unless it is the one on the wall."""
    if isinstance(tenant.clock, RealClock):
        raise ControlRefused('time is real here: start with --virtual-time, or PUT {"time": "virtual"}')
    return tenant.clock


async def _advance(tenant: Tenant, request: Request) -> object:
    if "span" not in request.query_params:
        raise ControlRefused("advance needs ?span=, such as /advance?span=48h")
    span_ms = span_ms_of(request.query_params["span"])
    return {"jobs": await _movable(tenant).advance_ms(span_ms), "now_ms": tenant.clock.now_ms()}


async def _settle(tenant: Tenant, request: Request) -> object:
    span_ms = span_ms_of(request.query_params.get("span", "30d"))
    return {"jobs": await _movable(tenant).settle(span_ms), "now_ms": tenant.clock.now_ms()}


async def _release(tenant: Tenant, request: Request) -> object:
    return {"released": await release_held(tenant)}


async def _rounds(tenant: Tenant, request: Request) -> object:
    return {"rounds": [run.as_dict() for run in tenant.rounds.values() if isinstance(run, RoundRun)]}


async def _finish(tenant: Tenant, request: Request) -> object:
    run = await finish_open(tenant, request.query_params.get("round", ""))
    if run is None:
        raise ControlRefused("no such open round")
    return run.as_dict()


async def _journal(tenant: Tenant, request: Request) -> object:
    match = dict(request.query_params)
    entries = tenant.journal.find(match)
    found: dict[str, object] = {"entries": [entry.as_dict() for entry in entries]}
    if match and not entries:
        found["near_misses"] = _misses(Finding(False, "", tuple(tenant.journal.near_misses(match))))
    return found


async def _verify(tenant: Tenant, request: Request) -> object:
    finding = verify(tenant, VerifyWords.model_validate_json(await request.body()))
    return {"holds": finding.holds, "message": finding.message, "near_misses": _misses(finding)}


async def _cassette(tenant: Tenant, request: Request) -> object:
    return {"exchanges": [each.model_dump() for each in cassette_of(tenant.journal)]}


async def _replay(tenant: Tenant, request: Request) -> object:
    words = ReplayWords.model_validate_json(await request.body())
    return {"differences": await replay_cassette(tenant, words.exchanges, set(words.ignore))}


def verify(tenant: Tenant, words: VerifyWords) -> Finding:
    """Check the journal as the words say."""
    if words.order:
        return tenant.journal.verify_order(words.order)
    at_least = words.at_least if words.count is None else words.count
    return tenant.journal.verify_count(words.match, at_least, words.at_most if words.count is None else words.count)


QUERY_WORDS: Mapping[Handler, frozenset[str]] = {
    _get_session: frozenset({"session"}),
    _clear_faults: frozenset({"fault_id"}),
    _advance: frozenset({"span"}),
    _settle: frozenset({"span"}),
    _finish: frozenset({"round"}),
}
"""What may follow the ``?`` of an address; the journal's are conditions, which are checked as such."""
READING = (_get, _get_session, _list_faults, _rounds, _journal, _verify, _cassette)
"""Looks, and changes nothing: at a tenant that was never made there is nothing to see."""

HANDLERS: tuple[tuple[str, str, Handler], ...] = (
    ("PUT", "", _put),
    ("GET", "", _get),
    ("GET", "/session", _get_session),
    ("POST", "/reset", _reset),
    ("POST", "/outcomes", _force),
    ("POST", "/faults", _add_fault),
    ("GET", "/faults", _list_faults),
    ("DELETE", "/faults", _clear_faults),
    ("POST", "/spin", _spin),
    ("POST", "/step", _step),
    ("POST", "/advance", _advance),
    ("POST", "/settle", _settle),
    ("POST", "/release", _release),
    ("GET", "/rounds", _rounds),
    ("POST", "/finish", _finish),
    ("GET", "/journal", _journal),
    ("POST", "/verify", _verify),
    ("GET", "/cassette", _cassette),
    ("POST", "/replay", _replay),
)


def control_routes(host: MockHost) -> list[BaseRoute]:
    """Return the routes of the control API below ``/{provider}/{tenant}/control``."""
    mount = "/{provider}/{tenant}/control"

    async def close(request: Request) -> object:
        provider, tenant_id = request.path_params["provider"], request.path_params["tenant"]
        host.tenant(provider, tenant_id)  # one that is not there is not made for this
        host.close_tenant(provider, tenant_id)
        return {"closed": True}

    async def closed(request: Request) -> Response:
        return await answered(lambda: close(request))

    return [
        Route(mount, closed, methods=["DELETE"]),
        *(Route(mount + path, _endpoint(host, handler), methods=[verb]) for verb, path, handler in HANDLERS),
    ]


def _endpoint(host: MockHost, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def handled(tenant: Tenant, request: Request) -> object:
        if handler is not _journal:
            check_known("query", request.query_params, QUERY_WORDS.get(handler, frozenset()))
        return await handler(tenant, request)

    async def answer(request: Request) -> Response:
        provider, tenant_id = request.path_params["provider"], request.path_params["tenant"]
        if handler in READING:
            tenant = host.tenant(provider, tenant_id)
        else:
            tenant = host.open_tenant(provider, tenant_id, str(request.base_url))
        return await answered(lambda: handled(tenant, request))

    return answer


def _session(session: MockSession) -> dict[str, object]:
    return {
        "player": session.player_id,
        "game": session.game_id,
        "currency": session.currency_code,
        "demo": session.demo,
        "balance_micros": session.balance_micros,
    }


def _misses(finding: Finding) -> list[dict[str, object]]:
    return [
        {
            "sequence": miss.entry.sequence,
            "differences": [dict(zip(("name", "wanted", "found"), triple, strict=True)) for triple in miss.differences],
        }
        for miss in finding.near_misses
    ]
