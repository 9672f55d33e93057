"""GCP v1 as QA sees it: one ``/play`` for bet and win, rollbacks until they are acknowledged, one call per series.

Policy: a play without a clear answer (5xx, nothing, nonsense) is never repeated but rolled back; 4xx is final. Wins,
series and rollbacks are repeated until they are acknowledged. Rounds left open are finished after a day.
"""

from collections.abc import Mapping
from dataclasses import replace

from adapters.contract.amounts import micros_from_minor, minor_exponent, minor_from_micros
from adapters.contract.errors import MalformedCall
from adapters.contract.ids import BrandId
from adapters.contract.json_text import read_object, write_json
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
from adapters.softswiss import wire
from adapters.softswiss.mock_api import BET_LEVELS_MICROS, GcpApi
from adapters.softswiss.signing import SIGNATURE_HEADER, sign

DAY_MS = 86_400_000
TIMEOUT_MS = 5_000
GAMES = (
    MockGame("acceptance:test", "Acceptance Test", 960_000),
    MockGame("bgaming:ElvisFrog", "Frog Pond", 958_000),
    MockGame("belatra:PrincessOfSky", "Sky Princess", 962_000),
    MockGame("igrosoft:CrazyMonkey", "Monkey Grove", 947_000, free_rounds=False),
)
_FOREVER = RetryRule(TIMEOUT_MS, 0, pause_ms=1_000, growth_percent=200, pause_max_ms=3_600_000)
_ACTIONS = {
    StepKind.BET: "bet",
    StepKind.WIN: "win",
    StepKind.JACKPOT_WIN: "win",
    StepKind.ROLLBACK: "rollback",
}


def create_dialect() -> "GcpDialect":
    """Make the dialect."""
    return GcpDialect()


class GcpDialect:
    """How this provider speaks. Options: ``rollback_order=bet_first`` lists rollbacks as it was played."""

    provider_id = "softswiss"
    games = GAMES
    options: Mapping[str, tuple[str, ...]] = {"rollback_order": ("bet_last", "bet_first")}
    credentials: Mapping[str, str] = {"auth_token": "test", "casino_id": "reelgate"}
    auto_finish_ms = DAY_MS
    rules: Mapping[StepKind, RetryRule] = {
        StepKind.BET: RetryRule(TIMEOUT_MS, 1, then=Afterwards.ROLL_BACK),
        StepKind.BATCH: RetryRule(TIMEOUT_MS, 1, then=Afterwards.ROLL_BACK),
        StepKind.WIN: _FOREVER,
        StepKind.JACKPOT_WIN: _FOREVER,
        StepKind.CLOSE: _FOREVER,
        StepKind.ROLLBACK: _FOREVER,
        StepKind.FREE_ROUNDS_WIN: _FOREVER,
    }
    api = GcpApi()

    def plan(
        self, tenant: Tenant, session: MockSession, bet_micros: int, outcome: Outcome, grant: MockGrant | None
    ) -> list[Step]:
        """Make one batch of a plain round, single calls where something comes between; a series pays at its end."""
        if grant is not None:
            return self._plan_free_round(tenant, session, outcome, grant)
        round_id = tenant.ids.uuid()
        bets = [self._step(tenant, StepKind.BET, session, round_id, bet_micros)]
        bets += [self._step(tenant, StepKind.BET, session, round_id, extra) for extra in outcome.extra_bets_micros]
        wins = [self._step(tenant, StepKind.WIN, session, round_id, win) for win in outcome.wins_micros if win]
        if outcome.jackpot_micros:
            win = self._step(tenant, StepKind.JACKPOT_WIN, session, round_id, outcome.jackpot_micros)
            wins.append(replace(win, jackpot_micros=outcome.jackpot_micros))
        if outcome.left_open:
            return bets
        if len(bets) > 1 or outcome.win_after_ms:
            last = [replace(wins[-1], round_closed=True)] if wins else [self._close(tenant, session, round_id)]
            return [*bets, *wins[:-1], *last]
        batch = self._step(tenant, StepKind.BATCH, session, round_id, bet_micros)
        return [replace(batch, parts=(*bets, *wins), round_closed=True)]

    def rollback_of(self, tenant: Tenant, step: Step) -> Step:
        """Undo a call: every action of it, the last one first unless the option says otherwise."""
        parts = step.parts or (step,)
        if tenant.options.get("rollback_order") != "bet_first":
            parts = parts[::-1]
        undone = tuple(
            Step(StepKind.ROLLBACK, step.session_id, step.round_id, tenant.ids.uuid(), part.transaction_id)
            for part in parts
        )
        return replace(undone[0], parts=undone, round_closed=True)

    def finish_of(self, tenant: Tenant, session: MockSession, round_id: str, bet: Step | None) -> Step:
        """End an open round: ``finished`` without any action."""
        return self._close(tenant, session, round_id)

    def render(self, tenant: Tenant, step: Step, attempt: int, now_ms: int) -> HttpCall:
        """Make the signed call."""
        path, body = self.written(tenant, step)
        if step.fields:
            fields = {**read_object(body), **step.fields}
            body = write_json({name: value for name, value in fields.items() if value is not None})
        signature = sign(tenant.credentials["auth_token"].encode(), body)
        headers = (("content-type", "application/json"), (SIGNATURE_HEADER, signature))
        return HttpCall("POST", path, body, headers=headers)

    def written(self, tenant: Tenant, step: Step) -> tuple[str, bytes]:
        """Return (path, body) of a step."""
        session = tenant.sessions[step.session_id]
        exponent = minor_exponent(session.currency_code)
        if step.kind is StepKind.FREE_ROUNDS_WIN:
            total = minor_from_micros(step.amount_micros, exponent)
            return "/freespins", wire.write_freespins(wire.FreespinsRequest(step.grant_id, "played", total))
        parts = (step.parts or (step,)) if step.kind in (*_ACTIONS, StepKind.BATCH) else ()
        request = wire.PlayRequest(
            user_id=session.player_id,
            currency=session.currency_code,
            game=session.game_id,
            game_id=step.round_id,
            session_id=session.session_id,
            finished=step.round_closed,
            actions=tuple(self._action(part, exponent) for part in parts),
        )
        return ("/rollback" if step.kind is StepKind.ROLLBACK else "/play"), wire.write_play(request)

    def read(self, tenant: Tenant, step: Step, reply: HttpReply) -> Verdict:
        """Read an answer by its class: 200 done, 4xx refused, all else in doubt."""
        exponent = minor_exponent(tenant.sessions[step.session_id].currency_code)
        try:
            if reply.status == 200:
                return self._read_done(reply.body, exponent)
            error = wire.read_error(reply.body)
        except MalformedCall:
            return Verdict(Answer.UNCERTAIN, f"unreadable {reply.status}")
        balance = None if error.balance is None else micros_from_minor(error.balance, exponent, "balance")
        certain = 400 <= reply.status < 500
        return Verdict(Answer.REFUSED if certain else Answer.UNCERTAIN, str(error.code), balance)

    def credential(self, tenant: Tenant, brand_id: str) -> Credential:
        """The one key that both sides sign with."""
        return Credential(BrandId(brand_id), (tenant.credentials["auth_token"].encode(),))

    def adapter_config(self, tenant: Tenant, brand_id: str) -> dict[str, object]:
        """Our adapter against this tenant, with the game list that a real provider sends as a file."""
        brand = {"casino_id": tenant.credentials["casino_id"], "secret": tenant.credentials["auth_token"]}
        games = [
            {
                "game_id": game.game_id,
                "display_name": game.display_name,
                "studio": game.game_id.partition(":")[0],
                "rtp_ppm": game.rtp_ppm,
                "free_rounds": game.free_rounds,
            }
            for game in tenant.games
        ]
        levels = {"*": BET_LEVELS_MICROS}
        url = f"{tenant.base_url}/api"
        return {"base_url": url, "brands": {brand_id: brand}, "games": games, "bet_levels_micros": levels}

    def forge(self, call: HttpCall) -> HttpCall:
        """Sign with a key that nobody has."""
        return call.with_header(SIGNATURE_HEADER, sign(b"forged", call.body))

    async def operate(self, tenant: Tenant, call: HttpCall) -> HttpReply:
        """Answer the operator."""
        return self.api.answer(tenant, call)

    def _plan_free_round(self, tenant: Tenant, session: MockSession, outcome: Outcome, grant: MockGrant) -> list[Step]:
        round_id = tenant.ids.uuid()
        if grant.left_count > 1:
            return [Step(StepKind.BALANCE, session.session_id, round_id)]
        total_micros = grant.win_micros + sum(outcome.wins_micros)
        return [
            Step(
                StepKind.FREE_ROUNDS_WIN, session.session_id, round_id, grant.operator_grant_id,
                amount_micros=total_micros, grant_id=grant.operator_grant_id,
            )
        ]  # fmt: skip

    def _step(self, tenant: Tenant, kind: StepKind, session: MockSession, round_id: str, amount_micros: int) -> Step:
        return Step(kind, session.session_id, round_id, tenant.ids.uuid(), amount_micros=amount_micros)

    def _close(self, tenant: Tenant, session: MockSession, round_id: str) -> Step:
        return Step(StepKind.CLOSE, session.session_id, round_id, tenant.ids.uuid(), round_closed=True)

    def _action(self, step: Step, exponent: int) -> wire.PlayAction:
        return wire.PlayAction(
            action=_ACTIONS[step.kind],
            action_id=step.transaction_id,
            amount=minor_from_micros(step.amount_micros, exponent),
            original_action_id=step.reference_id if step.kind is StepKind.ROLLBACK else "",
            jackpot_win=minor_from_micros(step.jackpot_micros, exponent),
        )

    def _read_done(self, body: bytes, exponent: int) -> Verdict:
        answer = wire.read_reply(body)
        moved = next((item.tx_id for item in answer.transactions if item.tx_id), "")
        return Verdict(Answer.DONE, "200", micros_from_minor(answer.balance, exponent, "balance"), moved)
