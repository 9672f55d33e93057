"""Pragmatic as QA sees it: a call for every step of a round, ``endRound`` after it, refunds for bets in doubt.

Policy: a bet without a clear answer (100, nothing, nonsense) is sent three times more, a second apart, then refunded;
all else is sent ten times more, then left to reconciliation; 120 and the other numbers are final. Open rounds end
within a day.
"""

from collections.abc import Mapping
from dataclasses import replace

from adapters.contract.amounts import micros_from_number
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
from adapters.pragmatic.hashing import FORM_TYPE, HashVariant, read_form, write_form
from adapters.pragmatic.mock_api import PragmaticApi
from adapters.pragmatic.wire import Method, Request, read_reply, write_amount, write_request

DAY_MS = 86_400_000
TIMEOUT_MS = 5_000
GAMES = (
    MockGame("vs20orchard", "Orchard of Fortune", 965_000),
    MockGame("vs5harbour", "Harbour Lights", 955_000),
    MockGame("vs1024dragons", "Paper Dragons", 945_000),
    MockGame("lg300wheel", "Live Wheel", 961_000, free_rounds=False),
)
_REPEATED = RetryRule(TIMEOUT_MS, 11, pause_ms=1_000, growth_percent=200, pause_max_ms=600_000)
_METHODS = {
    StepKind.CHECK: Method.AUTHENTICATE,
    StepKind.BALANCE: Method.BALANCE,
    StepKind.BET: Method.BET,
    StepKind.WIN: Method.RESULT,
    StepKind.FREE_ROUNDS_WIN: Method.BONUS_WIN,
    StepKind.JACKPOT_WIN: Method.JACKPOT_WIN,
    StepKind.PROMO_WIN: Method.PROMO_WIN,
    StepKind.CLOSE: Method.END_ROUND,
    StepKind.ROLLBACK: Method.REFUND,
    StepKind.ADJUST: Method.ADJUSTMENT,
}


def create_dialect() -> "PragmaticDialect":
    """Make the dialect."""
    return PragmaticDialect()


class PragmaticDialect:
    """How this provider speaks. Options: ``hash=encoded`` hashes the URL-encoded values."""

    provider_id = "pragmatic"
    games = GAMES
    options: Mapping[str, tuple[str, ...]] = {"hash": tuple(HashVariant)}
    credentials: Mapping[str, str] = {"secret": "test", "secure_login": "reelgate"}
    auto_finish_ms = DAY_MS
    rules: Mapping[StepKind, RetryRule] = {
        StepKind.BET: RetryRule(TIMEOUT_MS, 4, pause_ms=1_000, then=Afterwards.ROLL_BACK),
        **dict.fromkeys(
            (
                StepKind.WIN,
                StepKind.FREE_ROUNDS_WIN,
                StepKind.JACKPOT_WIN,
                StepKind.PROMO_WIN,
                StepKind.CLOSE,
                StepKind.ROLLBACK,
                StepKind.ADJUST,
            ),
            _REPEATED,
        ),
    }
    api = PragmaticApi()

    def plan(
        self, tenant: Tenant, session: MockSession, bet_micros: int, outcome: Outcome, grant: MockGrant | None
    ) -> list[Step]:
        """Bet, a result for each win (zero too), jackpot, the end of the round; a series pays at its end."""
        round_id = tenant.ids.number()
        bonus_code = grant.grant_id if grant else ""

        def step(kind: StepKind, amount_micros: int) -> Step:
            return Step(
                kind, session.session_id, round_id, tenant.ids.uuid(), amount_micros=amount_micros, grant_id=bonus_code
            )

        steps = [step(StepKind.BET, bet_micros)]
        steps += [replace(step(StepKind.BET, extra), grant_id="") for extra in outcome.extra_bets_micros]
        if outcome.left_open:
            return steps
        steps += [step(StepKind.WIN, win) for win in outcome.wins_micros]
        if outcome.jackpot_micros:
            steps.append(replace(step(StepKind.JACKPOT_WIN, outcome.jackpot_micros), grant_id=""))
        steps.append(step(StepKind.CLOSE, 0))
        if grant is not None and grant.left_count <= 1:
            steps.append(step(StepKind.FREE_ROUNDS_WIN, grant.win_micros + sum(outcome.wins_micros)))
        return steps

    def rollback_of(self, tenant: Tenant, step: Step) -> Step:
        """Refund a bet: a refund has no id of its own, it carries the bet's."""
        return Step(
            StepKind.ROLLBACK, step.session_id, step.round_id, step.transaction_id, step.transaction_id,
            amount_micros=step.amount_micros,
        )  # fmt: skip

    def finish_of(self, tenant: Tenant, session: MockSession, round_id: str, bet: Step | None) -> Step:
        """End an open round."""
        return Step(StepKind.CLOSE, session.session_id, round_id, tenant.ids.uuid())

    def render(self, tenant: Tenant, step: Step, attempt: int, now_ms: int) -> HttpCall:
        """Make the hashed call."""
        method = _METHODS[step.kind]
        form: dict[str, object] = {**write_request(self._request(tenant, step, method, now_ms)), **step.fields}
        variant = HashVariant.ENCODED if tenant.options.get("hash") == "encoded" else HashVariant.DECODED
        sent = {name: str(value) for name, value in form.items() if value is not None}
        body = write_form(sent, tenant.credentials["secret"].encode(), variant)
        return HttpCall("POST", f"/{method.value}.html", body, headers=(("content-type", FORM_TYPE),))

    def read(self, tenant: Tenant, step: Step, reply: HttpReply) -> Verdict:
        """Read an answer by its number: 0 done, the retry numbers in doubt, any other refused."""
        try:
            answer = read_reply(reply.body)
            parts = [part for part in (answer.cash, answer.bonus) if part is not None]
            balance_micros = sum(micros_from_number(part, "cash") for part in parts) if parts else None
        except MalformedCall:
            return Verdict(Answer.UNCERTAIN, f"unreadable {reply.status}")
        if reply.status != 200:
            return Verdict(Answer.UNCERTAIN, f"http {reply.status}")
        retried = answer.error == 100 or (answer.error == 130 and step.kind is StepKind.CLOSE)
        word = Answer.DONE if answer.error == 0 else Answer.UNCERTAIN if retried else Answer.REFUSED
        return Verdict(word, str(answer.error), balance_micros, answer.transaction_id)

    def credential(self, tenant: Tenant, brand_id: str) -> Credential:
        """The one key that both sides hash with."""
        return Credential(BrandId(brand_id), (tenant.credentials["secret"].encode(),))

    def adapter_config(self, tenant: Tenant, brand_id: str) -> dict[str, object]:
        """Our adapter against this tenant."""
        brand = {name: tenant.credentials[name] for name in ("secure_login", "secret")}
        variant = tenant.options.get("hash", HashVariant.DECODED.value)
        return {"base_url": f"{tenant.base_url}/api", "brands": {brand_id: brand}, "hash_variant": variant}

    def forge(self, call: HttpCall) -> HttpCall:
        """Hash with a key that nobody has."""
        return replace(call, body=write_form(read_form(call.body), b"forged"))

    async def operate(self, tenant: Tenant, call: HttpCall) -> HttpReply:
        """Answer the operator."""
        return self.api.answer(tenant, call)

    def _request(self, tenant: Tenant, step: Step, method: Method, now_ms: int) -> Request:
        session = tenant.sessions[step.session_id]
        request = Request(user_id=session.player_id, token=session.token)
        if method is Method.AUTHENTICATE:
            return Request(token=session.token)
        if method is Method.BALANCE:
            return request
        request = replace(request, game_id=session.game_id, round_id=step.round_id, bonus_code=step.grant_id)
        if method is Method.END_ROUND:
            return request
        request = replace(
            request,
            amount=write_amount(step.amount_micros),
            reference=step.reference_id if method is Method.REFUND else step.transaction_id,
            timestamp=str(now_ms),
        )
        match method:
            case Method.BET | Method.RESULT:
                return replace(request, round_details="spin", platform="WEB")
            case Method.JACKPOT_WIN:
                return replace(request, jackpot_id="daily")
            case Method.PROMO_WIN:
                promo = replace(request, game_id="", round_id="", campaign_id="7", campaign_type="T")
                return replace(promo, currency=session.currency_code)
            case Method.ADJUSTMENT:
                return replace(request, valid_bet_amount="0.00")
            case _:
                return request
