"""Hub88's supplier as QA sees it: retries three times a second apart, classes of answers, rollbacks without end.

Policy (wallet-semantics 2.4 and 2.5): a bet that stays uncertain after the retries is rolled back, up to 500 times with
growing pauses; wins and rollbacks stop only at ``RS_OK`` or a final status; rounds left open end after 48 hours.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from adapters.contract.errors import MalformedCall
from adapters.contract.ids import BrandId
from adapters.contract.json_text import write_json
from adapters.contract.wallet_calls import Credential
from adapters.hub88.codes import OK, UNCERTAIN_STATUSES, is_final
from adapters.hub88.mock_api import operate
from adapters.hub88.signing import sign
from adapters.hub88.wire import Method, WalletRequest, read_answer, write_request
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

HOUR_MS = 3_600_000
TIMEOUT_MS = 5_000
GAMES = (
    MockGame("hub_golden_pyramids", "Golden Pyramids", 963_000),
    MockGame("hub_neon_harbour", "Neon Harbour", 951_000),
    MockGame("hub_bingo_garden", "Bingo Garden", 940_000, free_rounds=False),
)
_METHODS = {
    StepKind.CHECK: Method.CHECK,
    StepKind.INFO: Method.INFO,
    StepKind.BALANCE: Method.BALANCE,
    StepKind.BET: Method.BET,
    StepKind.WIN: Method.WIN,
    StepKind.PROMO_WIN: Method.WIN,
    StepKind.JACKPOT_WIN: Method.WIN,
    StepKind.CLOSE: Method.WIN,
    StepKind.ROLLBACK: Method.ROLLBACK,
}
_HUB88_PATHS = {
    Method.INFO: "/user/info",
    Method.CHECK: "/wallet/check",
    Method.BALANCE: "/user/balance",
    Method.BET: "/transaction/bet",
    Method.WIN: "/transaction/win",
    Method.ROLLBACK: "/transaction/rollback",
}


@cache
def key_pair(name: str) -> tuple[str, str]:
    """Return (private, public) RSA keys in PEM, made once per process and name."""
    key = generate_private_key(65_537, 2_048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


class Hub88Dialect:
    """How this provider speaks. Options: ``paths=caleta`` uses Caleta's paths and header, ``loss=silent`` sends
    no win of zero (the bet then closes the round).
    """

    provider_id = "hub88"
    games = GAMES
    options: Mapping[str, tuple[str, ...]] = {"paths": ("hub88", "caleta"), "loss": ("told", "silent")}
    auto_finish_ms = 48 * HOUR_MS
    rules: Mapping[StepKind, RetryRule] = {
        StepKind.BET: RetryRule(TIMEOUT_MS, 4, pause_ms=1_000, then=Afterwards.ROLL_BACK),
        StepKind.WIN: RetryRule(TIMEOUT_MS, 0, pauses_ms=(1_000, 1_000, 1_000, 10_000, 60_000, 600_000)),
        StepKind.PROMO_WIN: RetryRule(TIMEOUT_MS, 0, pauses_ms=(1_000, 1_000, 1_000, 10_000, 60_000, 600_000)),
        StepKind.CLOSE: RetryRule(TIMEOUT_MS, 0, pauses_ms=(1_000, 1_000, 1_000, 10_000, 60_000, 600_000)),
        StepKind.ROLLBACK: RetryRule(TIMEOUT_MS, 500, pause_ms=1_000, growth_percent=200, pause_max_ms=HOUR_MS),
    }

    @property
    def credentials(self) -> Mapping[str, str]:
        """Fresh keys of both sides; a tenant that plays against a configured operator overrides them."""
        provider_private, provider_public = key_pair("provider")
        operator_private, operator_public = key_pair("operator")
        return {
            "provider_private_key": provider_private,
            "provider_public_key": provider_public,
            "operator_private_key": operator_private,
            "operator_public_key": operator_public,
            "operator_id": "reelgate",
            "sub_partner_id": "brand",
        }

    def plan(
        self, tenant: Tenant, session: MockSession, bet_micros: int, outcome: Outcome, grant: MockGrant | None
    ) -> list[Step]:
        """Bet (and further bets), then each win; the last call closes the round."""
        reward = grant.grant_id if grant else ""
        ids = tenant.ids.uuid(), tenant.ids.uuid()
        bet = Step(StepKind.BET, session.session_id, *ids, amount_micros=bet_micros, grant_id=reward)
        further = [
            replace(bet, transaction_id=tenant.ids.uuid(), amount_micros=extra, grant_id="")
            for extra in outcome.extra_bets_micros
        ]
        wins = [self._win(tenant, bet, win, outcome) for win in outcome.wins_micros]
        if outcome.left_open:
            return [bet, *further]
        if tenant.options.get("loss") == "silent" and not any(outcome.wins_micros):
            wins = []
        steps = [bet, *further, *wins]
        steps[-1] = replace(steps[-1], round_closed=True)
        return steps

    def rollback_of(self, tenant: Tenant, step: Step) -> Step:
        """Undo one transaction; no amount is sent."""
        return Step(
            StepKind.ROLLBACK, step.session_id, step.round_id, tenant.ids.uuid(), step.transaction_id, round_closed=True
        )

    def finish_of(self, tenant: Tenant, session: MockSession, round_id: str, bet: Step | None) -> Step:
        """End an open round with a win of zero that closes it."""
        reference = bet.transaction_id if bet else ""
        return Step(StepKind.CLOSE, session.session_id, round_id, tenant.ids.uuid(), reference, round_closed=True)

    def render(self, tenant: Tenant, step: Step, attempt: int, now_ms: int) -> HttpCall:
        """Make the signed call; every attempt has a request id of its own."""
        method = _METHODS[step.kind]
        fields = write_request(self._request(tenant, step, method))
        fields |= step.fields
        body = write_json({name: value for name, value in fields.items() if value is not None})
        caleta = tenant.options.get("paths") == "caleta"
        path = f"/wallet/{method.value}" if caleta else _HUB88_PATHS[method]
        signature = sign(tenant.credentials["provider_private_key"].encode(), body)
        header = "X-Auth-Signature" if caleta else "X-Hub88-Signature"
        headers = (("content-type", "application/json"), (header, signature), ("X-Msg-Timestamp", str(now_ms)))
        return HttpCall("POST", path, body, headers=headers)

    def read(self, tenant: Tenant, step: Step, reply: HttpReply) -> Verdict:
        """Read an answer by its class; what cannot be read is uncertain."""
        try:
            answer = read_answer(reply.body)
        except MalformedCall:
            return Verdict(Answer.UNCERTAIN, f"http {reply.status}")
        verdict = Verdict(Answer.DONE, answer.status, answer.balance_micros)
        if answer.status in UNCERTAIN_STATUSES or reply.status not in (200, 401):
            return replace(verdict, answer=Answer.UNCERTAIN)
        if not is_final(_METHODS[step.kind], answer.status):
            return replace(verdict, answer=Answer.UNCERTAIN)
        return verdict if answer.status == OK else replace(verdict, answer=Answer.REFUSED)

    def credential(self, tenant: Tenant, brand_id: str) -> Credential:
        """The public key of this supplier."""
        public_key = tenant.credentials["provider_public_key"].encode()
        return Credential(BrandId(brand_id), secrets=(), provider_public_keys=(public_key,))

    def adapter_config(self, tenant: Tenant, brand_id: str) -> dict[str, object]:
        """Our adapter against this tenant."""
        brand = {
            "operator_id": tenant.credentials["operator_id"],
            "sub_partner_id": tenant.credentials["sub_partner_id"],
            "private_key": tenant.credentials["operator_private_key"],
        }
        return {"base_url": f"{tenant.base_url}/api", "brands": {brand_id: brand}}

    def forge(self, call: HttpCall) -> HttpCall:
        """Sign with a key that nobody knows."""
        header = "X-Auth-Signature" if call.header("x-auth-signature") else "X-Hub88-Signature"
        return call.with_header(header, sign(key_pair("stranger")[0].encode(), call.body))

    async def operate(self, tenant: Tenant, call: HttpCall) -> HttpReply:
        """Answer a call of the operator."""
        return operate(tenant, call)

    def _win(self, tenant: Tenant, bet: Step, win_micros: int, outcome: Outcome) -> Step:
        jackpot = min(outcome.jackpot_micros, win_micros)
        return replace(
            bet,
            kind=StepKind.WIN,
            transaction_id=tenant.ids.uuid(),
            reference_id=bet.transaction_id,
            amount_micros=win_micros,
            jackpot_micros=jackpot,
        )

    def _request(self, tenant: Tenant, step: Step, method: Method) -> WalletRequest:
        session = tenant.sessions[step.session_id]
        return WalletRequest(
            method=method,
            request_uuid=tenant.ids.uuid(),
            token=session.token,
            user=session.player_id,
            supplier_user=f"supplier-{session.player_id}",
            game_code=session.game_id,
            transaction_uuid=step.transaction_id or tenant.ids.uuid(),
            reference_transaction_uuid=step.reference_id,
            round=step.round_id or tenant.ids.uuid(),
            round_closed=step.round_closed,
            currency=session.currency_code if method in (Method.BET, Method.WIN) else "",
            amount_micros=step.amount_micros,
            jackpot_win_micros=step.jackpot_micros,
            is_free=bool(step.grant_id),
            is_supplier_promo=step.kind is StepKind.PROMO_WIN,
            reward_uuid=step.grant_id,
        )


def create_dialect() -> Hub88Dialect:
    """Make the dialect."""
    return Hub88Dialect()
