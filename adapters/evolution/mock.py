"""Evolution as QA sees it: a debit per bet, a credit (zero too) or a cancel for each, payouts without a bet.

Policy: a debit in doubt (``TEMPORARY_ERROR``, nothing, nonsense) is sent twice more, then cancelled; credits, cancels
and payouts are repeated until a status that is final. ``BET_ALREADY_EXIST`` and ``BET_ALREADY_SETTLED`` count as done,
and so does ``BET_DOES_NOT_EXIST`` on a cancel.
"""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode

from adapters.contract.errors import MalformedCall
from adapters.contract.ids import BrandId
from adapters.contract.json_text import object_of, optional_text_of, read_object, text_of, write_json
from adapters.contract.wallet_calls import Credential
from adapters.evolution.codes import BET_DOES_NOT_EXIST, DONE, RETRANSMITTED
from adapters.evolution.tokens import TOKEN_FIELD
from adapters.evolution.wire import Game, Method, PromoTransaction, Request, Transaction, read_reply, write_request
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

TIMEOUT_MS = 5_000
GAMES = (
    MockGame("vctlz20yfnmp1ylr", "Roulette", 973_000, free_rounds=False),
    MockGame("uwd2bl2khwcikjlz", "Blackjack", 995_000, free_rounds=False),
    MockGame("k2oswnib7jjaaznw", "Baccarat", 989_000, free_rounds=False),
)
_FOREVER = RetryRule(TIMEOUT_MS, 0, pause_ms=1_000, growth_percent=200, pause_max_ms=3_600_000)
_METHODS = {
    StepKind.CHECK: Method.CHECK,
    StepKind.BALANCE: Method.BALANCE,
    StepKind.BET: Method.DEBIT,
    StepKind.WIN: Method.CREDIT,
    StepKind.CLOSE: Method.CREDIT,
    StepKind.ROLLBACK: Method.CANCEL,
    StepKind.PROMO_WIN: Method.PROMO_PAYOUT,
    StepKind.JACKPOT_WIN: Method.PROMO_PAYOUT,
    StepKind.FREE_ROUNDS_WIN: Method.PROMO_PAYOUT,
}
_PROMO_TYPES = {StepKind.JACKPOT_WIN: "JackpotWin", StepKind.FREE_ROUNDS_WIN: "FreeRoundPlayableSpent"}


def create_dialect() -> "EvolutionDialect":
    """Make the dialect."""
    return EvolutionDialect()


class EvolutionDialect:
    """How this provider speaks."""

    provider_id = "evolution"
    games = GAMES
    options: Mapping[str, tuple[str, ...]] = {}
    credentials: Mapping[str, str] = {"auth_token": "test", "casino_key": "reelgate", "api_token": "test"}
    auto_finish_ms = 86_400_000
    rules: Mapping[StepKind, RetryRule] = {
        StepKind.BET: RetryRule(TIMEOUT_MS, 3, pause_ms=500, then=Afterwards.ROLL_BACK),
        **dict.fromkeys(
            (
                StepKind.WIN,
                StepKind.CLOSE,
                StepKind.ROLLBACK,
                StepKind.PROMO_WIN,
                StepKind.JACKPOT_WIN,
                StepKind.FREE_ROUNDS_WIN,
            ),
            _FOREVER,
        ),
    }

    def plan(
        self, tenant: Tenant, session: MockSession, bet_micros: int, outcome: Outcome, grant: MockGrant | None
    ) -> list[Step]:
        """Debit every bet, then credit each; wins beyond the bets go to the last one."""
        round_id = tenant.ids.uuid()
        bets = []
        for amount_micros in (bet_micros, *outcome.extra_bets_micros):
            number = tenant.ids.number()
            bets.append(Step(StepKind.BET, session.session_id, round_id, f"D{number}", number, amount_micros))
        if outcome.left_open:
            return bets
        wins = list(outcome.wins_micros[: len(bets)]) + [0] * (len(bets) - len(outcome.wins_micros))
        wins[-1] += sum(outcome.wins_micros[len(bets) :])
        steps = bets + [_credit(bet, win) for bet, win in zip(bets, wins, strict=True)]
        if outcome.jackpot_micros:
            payout = Step(StepKind.JACKPOT_WIN, session.session_id, round_id, f"P{tenant.ids.number()}")
            steps.append(replace(payout, amount_micros=outcome.jackpot_micros))
        return steps

    def rollback_of(self, tenant: Tenant, step: Step) -> Step:
        """Cancel the bet of a ``refId``."""
        return replace(step, kind=StepKind.ROLLBACK, transaction_id=f"X{step.reference_id}")

    def finish_of(self, tenant: Tenant, session: MockSession, round_id: str, bet: Step | None) -> Step:
        """Settle an open bet with nothing."""
        reference = bet.reference_id if bet else tenant.ids.number()
        return Step(StepKind.CLOSE, session.session_id, round_id, f"C{reference}", reference)

    def render(self, tenant: Tenant, step: Step, attempt: int, now_ms: int) -> HttpCall:
        """Make the call; every attempt has a ``uuid`` of its own."""
        method = _METHODS[step.kind]
        body = write_request(self._request(tenant, step, method))
        if step.fields:
            fields = {**read_object(body), **step.fields}
            body = write_json({name: value for name, value in fields.items() if value is not None})
        return HttpCall("POST", f"/{method.value}", body, query=_query(tenant.credentials["auth_token"]))

    def read(self, tenant: Tenant, step: Step, reply: HttpReply) -> Verdict:
        """Read an answer by its status."""
        try:
            answer = read_reply(reply.body)
        except MalformedCall:
            return Verdict(Answer.UNCERTAIN, f"unreadable {reply.status}")
        if reply.status not in (200, 401):
            return Verdict(Answer.UNCERTAIN, f"http {reply.status}")
        balance_micros = None
        if answer.balance_micros is not None:
            balance_micros = answer.balance_micros + (answer.bonus_micros or 0)
        undone = step.kind is StepKind.ROLLBACK and answer.status == BET_DOES_NOT_EXIST
        if answer.status in DONE or undone:
            return Verdict(Answer.DONE, answer.status, balance_micros, token=answer.sid)
        uncertain = answer.status in RETRANSMITTED or answer.retransmission
        return Verdict(Answer.UNCERTAIN if uncertain else Answer.REFUSED, answer.status, balance_micros)

    def credential(self, tenant: Tenant, brand_id: str) -> Credential:
        """The token that comes with every call."""
        return Credential(BrandId(brand_id), (tenant.credentials["auth_token"].encode(),))

    def adapter_config(self, tenant: Tenant, brand_id: str) -> dict[str, object]:
        """Our adapter against this tenant, with the casino's list of tables."""
        brand = {name: tenant.credentials[name] for name in ("casino_key", "api_token")}
        tables = [
            {
                "table_id": game.game_id,
                "display_name": game.display_name,
                "category": game.display_name.lower(),
                "rtp_ppm": game.rtp_ppm,
            }
            for game in tenant.games
        ]
        return {"base_url": f"{tenant.base_url}/api", "brands": {brand_id: brand}, "tables": tables}

    def forge(self, call: HttpCall) -> HttpCall:
        """Use a token that nobody has."""
        return replace(call, query=_query("forged"))

    async def operate(self, tenant: Tenant, call: HttpCall) -> HttpReply:
        """Answer the operator: user authentication is all there is."""
        try:
            return HttpReply(200, write_json(_authenticated(tenant, call)))
        except MalformedCall as error:
            return _refused(400, "G.2", f"Malformed request: {error.facts.get('field', error)}")
        except PermissionError:
            return _refused(403, "G.0", "Unknown casino or token")
        except LookupError:
            return _refused(400, "G.9", "Unknown table")

    def _request(self, tenant: Tenant, step: Step, method: Method) -> Request:
        session = tenant.sessions[step.session_id]
        request = Request(session.token, session.player_id, tenant.ids.uuid())
        if method is Method.CHECK:
            return replace(request, channel="M" if session.platform == "mobile" else "P")
        request = replace(request, currency=session.currency_code)
        if method is Method.BALANCE:
            return request
        request = replace(request, game=Game(step.round_id, session.facts.get("category", ""), session.game_id))
        if method is Method.PROMO_PAYOUT:
            kind = _PROMO_TYPES.get(step.kind, "RewardPayout")
            promo = PromoTransaction(step.transaction_id, kind, step.amount_micros, step.grant_id)
            return replace(request, promo=promo)
        moved = Transaction(step.transaction_id, step.reference_id, step.amount_micros)
        return replace(request, transaction=moved)


def _credit(bet: Step, win_micros: int) -> Step:
    return replace(bet, kind=StepKind.WIN, transaction_id=f"C{bet.reference_id}", amount_micros=win_micros)


def _query(token: str) -> str:
    return urlencode({TOKEN_FIELD: token})


def _authenticated(tenant: Tenant, call: HttpCall) -> dict[str, object]:
    expected = f"/ua/v1/{tenant.credentials['casino_key']}/{tenant.credentials['api_token']}"
    if call.path.rstrip("/") != expected:
        raise PermissionError(call.path)
    source = read_object(call.body)
    player, config = object_of(source, "player"), object_of(source, "config")
    game = object_of(config, "game")
    table_id = text_of(object_of(game, "table"), "id")
    if table_id not in {kept.game_id for kept in tenant.games}:
        raise LookupError(table_id)
    session = MockSession(
        session_id=tenant.ids.uuid(),
        token=text_of(object_of(player, "session"), "id"),
        player_id=text_of(player, "id"),
        currency_code=text_of(player, "currency"),
        game_id=table_id,
        country_code=optional_text_of(player, "country"),
        language_code=optional_text_of(player, "language") or "en",
        facts={"category": optional_text_of(game, "category")},
    )
    entry = tenant.open_session(session)
    return {"entry": entry, "entryEmbedded": f"{entry}?embedded=1"}


def _refused(status: int, code: str, message: str) -> HttpReply:
    return HttpReply(status, write_json({"errors": [{"code": code, "message": message}]}))
