"""The HTTP server of the mocks: operator API, game client and control API of every tenant.

::

    /{provider}/{tenant}/api/...         what an operator calls: launch, games, free rounds, by the protocol's own paths
    /{provider}/{tenant}/play/{session}  the game client; POST .../spin plays a round
    /{provider}/{tenant}/control/...     the control API
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from adapters.mocks.control import control_routes, session_of
from adapters.mocks.control import spin as play_spin
from adapters.mocks.exchange import exchange
from adapters.mocks.faults import ANSWER_FAULTS, FaultKind
from adapters.mocks.host import MockHost, UnknownTenant
from adapters.mocks.journal import OPERATOR_API
from adapters.mocks.page import game_page
from adapters.mocks.refusals import ControlRefused, no_such_control, plain
from adapters.mocks.replies import answer_with
from adapters.mocks.spoil import first_of
from adapters.mocks.tenant import Tenant
from adapters.mocks.types import HttpCall, HttpReply, Step, StepKind
from adapters.mocks.words import SpinWords, text_of_micros

BODY_BYTES_MAX = 1_000_000


def create_app(host: MockHost) -> Starlette:
    """Return the ASGI app."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await host.aclose()

    async def index(request: Request) -> Response:
        tenants = [{"provider": name, "tenant": kept.tenant_id} for (name, _), kept in host.tenants.items()]
        return JSONResponse({"providers": sorted(host.dialects), "tenants": tenants})

    async def page(request: Request) -> Response:
        tenant = _tenant(host, request)
        session = session_of(tenant, request.path_params["session"])
        if session.balance_micros is None and tenant.wallet_url:
            await exchange(tenant, Step(StepKind.BALANCE, session.session_id))  # as a game does when it opens
        return HTMLResponse(game_page(tenant, session))

    async def spin(request: Request) -> Response:
        tenant = _tenant(host, request)
        words = SpinWords.model_validate_json(await request.body() or b"{}")
        run = await play_spin(tenant, session_of(tenant, request.path_params["session"]), words)
        won = sum(run.outcome.wins_micros) if run.state not in ("refused", "rolled_back") else 0
        balance = "-" if run.balance_micros is None else text_of_micros(run.balance_micros)
        return JSONResponse(run.as_dict() | {"win": text_of_micros(won), "balance": balance})

    return Starlette(
        routes=[
            Route("/", index),
            *control_routes(host),
            Route("/{provider}/{tenant}/play/{session}", page),
            Route("/{provider}/{tenant}/play/{session}/spin", spin, methods=["POST"]),
            Route("/{provider}/{tenant}/api/{path:path}", _OperatorApi(host)),
        ],
        exception_handlers={
            UnknownTenant: _not_found,
            ControlRefused: _refused,
            ValueError: _refused,
            404: no_such_control,
            405: no_such_control,
        },
        lifespan=lifespan,
    )


class _OperatorApi:
    """Raw ASGI, because faults cut answers off."""

    def __init__(self, host: MockHost) -> None:
        self._host = host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        tenant = _tenant(self._host, request)
        body = await request.body()
        call = HttpCall(
            request.method,
            "/" + request.path_params["path"],
            body[:BODY_BYTES_MAX],
            request.url.query,
            tuple(request.headers.items()),
        )
        faults = tenant.faults.pick("operator_api", {"path": call.path, "method": call.method}, ANSWER_FAULTS)
        status = first_of(faults, FaultKind.STATUS, FaultKind.MAINTENANCE)
        if status is None and not tenant.maintenance:
            reply = await tenant.dialect.operate(tenant, call)
        else:
            reply = HttpReply(status.status if status else 503, b"")
        names = [fault.kind.value for fault in faults]
        tenant.journal.note(OPERATOR_API, OPERATOR_API, tenant.clock.now_ms(), call, reply, names)
        await answer_with(reply, faults, tenant.clock, tenant.faults.draw, send)


def _tenant(host: MockHost, request: Request) -> Tenant:
    return host.tenant(request.path_params["provider"], request.path_params["tenant"])


async def _not_found(request: Request, error: Exception) -> Response:
    text = f"no such tenant: {error} (a PUT to its control API makes one)"
    return JSONResponse({"error": text}, status_code=404)


async def _refused(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": plain(error)}, status_code=400)
