"""A mock of an operator's wallet: answers in a provider's dialect, rightly by default and wrongly on demand.

It speaks through the adapter of the dialect (``decode`` and ``encode``), so it understands exactly what we understand.
"""

from dataclasses import dataclass, field
from typing import Protocol

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from adapters.contract.errors import AdapterError, OutcomeUnknown
from adapters.contract.wallet_calls import (
    Certainty,
    Credential,
    OutcomeCode,
    RawCall,
    RawReply,
    WalletCall,
    WalletReply,
)
from adapters.mocks.clock import Clock, RealClock
from adapters.mocks.faults import FaultBox, FaultKind
from adapters.mocks.journal import Journal
from adapters.mocks.play_wallet import PlayWallet
from adapters.mocks.replies import answer_with
from adapters.mocks.spoil import first_of
from adapters.mocks.types import HttpReply

SENT_TIME_FACT = "sent_time_ms"
"""What an adapter calls the time that a call was stamped with, where its protocol has one."""
TIMESTAMP_WINDOW_MS = 120_000


class WalletDialect(Protocol):
    """The wallet side of an adapter, in this process."""

    def decode(self, call: RawCall, credential: Credential) -> WalletCall:
        """Check and parse."""
        ...

    def encode(self, call: WalletCall, reply: WalletReply) -> RawReply:
        """Render."""
        ...

    def encode_error(self, call: RawCall, error: Exception) -> RawReply:
        """Render a failure."""
        ...


@dataclass(slots=True)
class OperatorMock:
    """An ASGI app: every path below it is a wallet call. ``faults`` with ``on="wallet"`` spoil the answers.

    A call that was not stamped about now is refused, as a sound wallet does.
    CHANGE_REPLY sets or drops fields of the answer (a wrong echo, a stale balance, an error inside a 200), LOST_REPLY
    and RESET act and then break the connection, STATUS answers without acting, DELAY answers late.
    """

    dialect: WalletDialect
    credential: Credential
    wallet: PlayWallet = field(default_factory=PlayWallet)
    faults: FaultBox = field(default_factory=FaultBox)
    journal: Journal = field(default_factory=lambda: Journal(values={}))  # kinds are the protocol's own
    clock: Clock = field(default_factory=RealClock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
        query = scope.get("query_string", b"").decode("latin-1")
        call = RawCall(scope["method"], path, query, headers, await request.body(), self.clock.now_ms())
        faults = self.faults.pick("wallet", {"path": path, "method": call.method})
        status = first_of(faults, FaultKind.STATUS, FaultKind.MAINTENANCE)
        reply = HttpReply(status.status, b"") if status else await self.answer(call)
        kind, names = call.path.rsplit("/", 1)[-1], [fault.kind.value for fault in faults]
        self.journal.note("wallet", kind, call.received_time_ms, call, reply, names)
        await answer_with(reply, faults, self.clock, self.faults.draw, send)

    async def answer(self, call: RawCall) -> HttpReply:
        """Answer one call rightly."""
        try:
            decoded = self.dialect.decode(call, self.credential)
            _refuse_stale(decoded, call.received_time_ms)
        except AdapterError as refused:
            return _http(self.dialect.encode_error(call, refused))
        reply = await self.wallet.apply(decoded)
        return _http(self.dialect.encode(decoded, reply))


def _refuse_stale(call: WalletCall, now_ms: int) -> None:
    sent = call.facts.get(SENT_TIME_FACT)
    if sent is not None and not (sent.isdecimal() and abs(now_ms - int(sent)) <= TIMESTAMP_WINDOW_MS):
        raise OutcomeUnknown("stale_timestamp")  # as the callback server has it: an earlier try may have been booked


def unavailable() -> WalletReply:
    """Return the reply of a wallet that cannot say whether it committed."""
    return WalletReply(Certainty.UNCERTAIN, code=OutcomeCode.UNAVAILABLE)


def _http(reply: RawReply) -> HttpReply:
    return HttpReply(reply.status, reply.body, reply.content_type, reply.headers)
