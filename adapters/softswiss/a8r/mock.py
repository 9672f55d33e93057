"""A8R v2 as QA sees it: the same provider as GCP v1, in Twirp's words, with a call of its own to finish a round."""

from collections.abc import Mapping
from dataclasses import replace

from adapters.contract.errors import MalformedCall
from adapters.mocks.tenant import Tenant
from adapters.mocks.types import Answer, HttpReply, MockGrant, MockSession, Outcome, Step, StepKind, Verdict
from adapters.softswiss.a8r import wire as twirp
from adapters.softswiss.mock import GcpDialect
from adapters.softswiss.mock_api import A8rApi

_KINDS = {StepKind.BET: "bet", StepKind.WIN: "win", StepKind.JACKPOT_WIN: "win", StepKind.ROLLBACK: "rollback"}


def create_dialect() -> "A8rDialect":
    """Make the dialect."""
    return A8rDialect()


class A8rDialect(GcpDialect):
    """How this provider speaks: one ``Round/BetWin`` for bet and wins, then ``Round/Finish``."""

    provider_id = "softswiss-a8r"
    credentials: Mapping[str, str] = {"auth_token": "test", "casino_id": "reelgate"}
    api = A8rApi()

    def plan(
        self, tenant: Tenant, session: MockSession, bet_micros: int, outcome: Outcome, grant: MockGrant | None
    ) -> list[Step]:
        """Close the round by a call of its own."""
        steps = super().plan(tenant, session, bet_micros, outcome, grant)
        if steps[-1].round_closed and steps[-1].kind is not StepKind.CLOSE:
            steps.append(self._close(tenant, session, steps[-1].round_id))
        return [replace(step, round_closed=False) for step in steps]

    def written(self, tenant: Tenant, step: Step) -> tuple[str, bytes]:
        """Return (path, body) of a step."""
        session = tenant.sessions[step.session_id]
        if step.kind is StepKind.FREE_ROUNDS_WIN:
            series = twirp.SeriesRequest(step.grant_id, "played", step.amount_micros)
            return f"/{twirp.PREFIX}Freespins/Finish", twirp.write_series(series)
        if step.kind is StepKind.BALANCE:
            return f"/{twirp.PREFIX}Player/Balance", twirp.write_round(twirp.RoundRequest(session.player_id))
        parts = () if step.kind is StepKind.CLOSE else step.parts or (step,)
        request = twirp.RoundRequest(
            player_id=session.player_id,
            round_id=step.round_id,
            game_id=session.game_id,
            transactions=tuple(_movement(part) for part in parts),
        )
        return f"/{twirp.PREFIX}{_method(step)}", twirp.write_round(request)

    def read(self, tenant: Tenant, step: Step, reply: HttpReply) -> Verdict:
        """Read an answer by its class: 200 done, 4xx refused, all else in doubt."""
        try:
            if reply.status == 200:
                answer = twirp.read_reply(reply.body)
                moved = next((item.casino_id for item in answer.transactions if item.casino_id), "")
                return Verdict(Answer.DONE, "200", answer.balance_micros, moved)
            _, number, balance_micros = twirp.read_error(reply.body)
        except MalformedCall:
            return Verdict(Answer.UNCERTAIN, f"unreadable {reply.status}")
        certain = 400 <= reply.status < 500
        return Verdict(Answer.REFUSED if certain else Answer.UNCERTAIN, number, balance_micros)


def _method(step: Step) -> str:
    match step.kind:
        case StepKind.ROLLBACK:
            return "Round/Rollback"
        case StepKind.CLOSE:
            return "Round/Finish"
        case _:
            return "Round/BetWin"


def _movement(step: Step) -> twirp.Movement:
    kind = _KINDS[step.kind]
    if kind == "rollback":
        return twirp.Movement(step.transaction_id, kind, original_id=step.reference_id)
    return twirp.Movement(step.transaction_id, kind, step.amount_micros)
