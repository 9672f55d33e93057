"""SwipeGames as QA sees it: bets never repeated, refunded after a 500 or silence; wins and refunds without end."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode

from adapters.contract.errors import MalformedCall
from adapters.contract.ids import BrandId
from adapters.contract.wallet_calls import Credential
from adapters.mocks.tenant import Tenant
from adapters.mocks.types import (
    Afterwards,
    Answer,
    HttpCall,
    HttpReply,
    MockGame,
    MockGrant,
    MockSession,
    Outcome,
    RetryRule,
    Step,
    StepKind,
    Verdict,
)
from adapters.swipegames.mock_api import operate
from adapters.swipegames.signing import SIGNATURE_HEADER, canonical, sign, sign_query
from adapters.swipegames.wire import BetType, Method, ReverseCall, read_answer, read_error, write_call

TIMEOUT_MS = 5_000
PAUSES_MS = (1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 300_000, 600_000)
GAMES = (
    MockGame("sg_comet_rush", "Comet Rush", 970_000),
    MockGame("sg_lucky_kiosk", "Lucky Kiosk", 950_000),
)
_METHODS = {
    StepKind.CHECK: Method.BALANCE,
    StepKind.INFO: Method.BALANCE,
    StepKind.BALANCE: Method.BALANCE,
    StepKind.BET: Method.BET,
    StepKind.WIN: Method.WIN,
    StepKind.JACKPOT_WIN: Method.WIN,
    StepKind.FREE_ROUNDS_WIN: Method.WIN,
    StepKind.CLOSE: Method.WIN,
    StepKind.ROLLBACK: Method.REFUND,
}
_FOR_EVER = RetryRule(TIMEOUT_MS, 0, pauses_ms=PAUSES_MS)


class SwipeGamesDialect:
    """How this provider speaks. A loss sends no win; the last of a series of free rounds sends one win that pays."""

    provider_id = "swipegames"
    games = GAMES
    options: Mapping[str, tuple[str, ...]] = {}
    auto_finish_ms = 0
    rules: Mapping[StepKind, RetryRule] = {
        StepKind.BET: RetryRule(TIMEOUT_MS, 1, then=Afterwards.ROLL_BACK),
        StepKind.WIN: _FOR_EVER,
        StepKind.JACKPOT_WIN: _FOR_EVER,
        StepKind.FREE_ROUNDS_WIN: _FOR_EVER,
        StepKind.CLOSE: _FOR_EVER,
        StepKind.ROLLBACK: _FOR_EVER,
    }
    credentials: Mapping[str, str] = {
        "c_id": "reelgate",
        "ext_c_id": "brand",
        "api_key": "mock-api-key",
        "integration_api_key": "mock-integration-api-key",
    }

    def plan(
        self, tenant: Tenant, session: MockSession, bet_micros: int, outcome: Outcome, grant: MockGrant | None
    ) -> list[Step]:
        """Bet (and further bets), then each win that is more than nothing."""
        ids = tenant.ids.uuid(), tenant.ids.uuid()
        grant_id = grant.grant_id if grant else ""
        bet = Step(StepKind.BET, session.session_id, *ids, amount_micros=bet_micros, grant_id=grant_id)
        further = [
            replace(bet, transaction_id=tenant.ids.uuid(), amount_micros=extra, grant_id="")
            for extra in outcome.extra_bets_micros
        ]
        steps = [bet, *further]
        if outcome.left_open:
            return steps
        steps += [self._win(tenant, bet, StepKind.WIN, win) for win in outcome.wins_micros if win]
        if grant is not None and grant.played_count + 1 >= grant.count:
            total = grant.win_micros + sum(outcome.wins_micros)
            steps.append(self._win(tenant, bet, StepKind.FREE_ROUNDS_WIN, total))
        return steps

    def rollback_of(self, tenant: Tenant, step: Step) -> Step:
        """Refund a whole bet."""
        return Step(
            StepKind.ROLLBACK,
            step.session_id,
            step.round_id,
            tenant.ids.uuid(),
            step.transaction_id,
            amount_micros=step.amount_micros,
        )

    def finish_of(self, tenant: Tenant, session: MockSession, round_id: str, bet: Step | None) -> Step:
        """End an open round with a win of zero."""
        return Step(StepKind.CLOSE, session.session_id, round_id, tenant.ids.uuid())

    def render(self, tenant: Tenant, step: Step, attempt: int, now_ms: int) -> HttpCall:
        """Make the signed call: canonical JSON, of a balance the query."""
        method = _METHODS[step.kind]
        fields = write_call(self._reverse_call(tenant, step, method)) | dict(step.fields)
        fields = {name: value for name, value in fields.items() if value is not None}
        secret = tenant.credentials["integration_api_key"].encode()
        if method is Method.BALANCE:
            query = {name: str(value) for name, value in fields.items()}
            return HttpCall("GET", "/balance", b"", urlencode(query), ((SIGNATURE_HEADER, sign_query(secret, query)),))
        body = canonical(fields)
        headers = (("content-type", "application/json"), (SIGNATURE_HEADER, sign(secret, body)))
        return HttpCall("POST", f"/{method.value}", body, headers=headers)

    def read(self, tenant: Tenant, step: Step, reply: HttpReply) -> Verdict:
        """Read an answer by its class: a bet by 500 or not, everything else by 200 or not."""
        try:
            if reply.status == 200:
                answer = read_answer(reply.body)
                return Verdict(Answer.DONE, "200", answer.balance_micros, answer.transaction_id)
            error = read_error(reply.body)
        except MalformedCall:
            return Verdict(Answer.UNCERTAIN, f"http {reply.status}")
        code = f"{reply.status} {error.code}".strip()
        certain = 400 <= reply.status < 600 and reply.status != 500
        repeated = step.kind not in (StepKind.BET, StepKind.BALANCE, StepKind.CHECK)
        return Verdict(Answer.UNCERTAIN if repeated or not certain else Answer.REFUSED, code)

    def credential(self, tenant: Tenant, brand_id: str) -> Credential:
        """The key of the reverse calls."""
        return Credential(BrandId(brand_id), (tenant.credentials["integration_api_key"].encode(),))

    def adapter_config(self, tenant: Tenant, brand_id: str) -> dict[str, object]:
        """Our adapter against this tenant."""
        names = ("c_id", "ext_c_id", "api_key")
        brand = {name: tenant.credentials[name] for name in names}
        return {"base_url": f"{tenant.base_url}/api", "brands": {brand_id: brand}}

    def forge(self, call: HttpCall) -> HttpCall:
        """Sign with another key."""
        return call.with_header(SIGNATURE_HEADER, sign(b"stranger", call.body))

    async def operate(self, tenant: Tenant, call: HttpCall) -> HttpReply:
        """Answer a call of the operator."""
        return operate(tenant, call)

    def _win(self, tenant: Tenant, bet: Step, kind: StepKind, amount_micros: int) -> Step:
        return replace(bet, kind=kind, transaction_id=tenant.ids.uuid(), amount_micros=amount_micros)

    def _reverse_call(self, tenant: Tenant, step: Step, method: Method) -> ReverseCall:
        is_free = bool(step.grant_id) and step.kind is not StepKind.FREE_ROUNDS_WIN and method is not Method.REFUND
        return ReverseCall(
            method=method,
            session_id=tenant.sessions[step.session_id].token,
            transaction_id=step.transaction_id or tenant.ids.uuid(),
            original_transaction_id=step.reference_id if method is Method.REFUND else "",
            round_id=step.round_id or ("" if method is Method.REFUND else tenant.ids.uuid()),
            amount_micros=step.amount_micros,
            bet_type=BetType.FREE if is_free else BetType.REGULAR,
            free_rounds_id="" if method is Method.REFUND else step.grant_id,
        )


def create_dialect() -> SwipeGamesDialect:
    """Make the dialect."""
    return SwipeGamesDialect()
