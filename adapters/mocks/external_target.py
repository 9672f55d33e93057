"""A wallet somewhere else as the target of scenarios: an operator's own endpoint, spoken to by our provider mock."""

from dataclasses import dataclass, field

from adapters.mocks.exchange import exchange
from adapters.mocks.scenario import NotPossibleHere, TargetSilent
from adapters.mocks.scenario_words import GrantWords, OperatorWords, Scenario
from adapters.mocks.tenant import Tenant
from adapters.mocks.types import MockSession, Step, StepKind
from adapters.mocks.words import micros_of, text_of_micros


@dataclass(slots=True)
class ExternalTarget:
    """A player, a token and a funded account that the operator gave us; balances are compared as differences."""

    player_id: str
    token: str
    currency_code: str = "EUR"
    _tenant: Tenant | None = field(default=None, init=False)
    _session: MockSession | None = field(default=None, init=False)
    _offset_micros: int = field(default=0, init=False)

    async def launch(self, scenario: Scenario, tenant: Tenant) -> MockSession:
        """Open the session without a launch; what the account has counts as the scenario's balance."""
        if scenario.given.demo:
            raise NotPossibleHere("a demo is launched by the operator")
        if scenario.given.currency != self.currency_code:
            raise NotPossibleHere(
                f"needs an account in {scenario.given.currency}, the player's is {self.currency_code}"
            )
        game_id = scenario.given.game or tenant.games[0].game_id
        session = MockSession(tenant.ids.uuid(), self.token, self.player_id, self.currency_code, game_id)
        tenant.open_session(session)
        self._tenant, self._session = tenant, session
        try:
            found = await self._told_balance()
        except TargetSilent as cause:
            raise NotPossibleHere(str(cause)) from cause
        wanted = micros_of(scenario.given.balance)
        if found < wanted:
            raise NotPossibleHere(f"needs {text_of_micros(wanted)}, the account has {text_of_micros(found)}")
        if scenario.given.exact and found != wanted:
            raise NotPossibleHere(f"the account must hold exactly {text_of_micros(wanted)}")
        self._offset_micros = found - wanted
        return session

    async def balance_micros(self) -> int:
        """Ask for the balance."""
        return await self._told_balance() - self._offset_micros

    def told_micros(self, balance_micros: int) -> int:
        """Return the balance without what the account had beyond the scenario's."""
        return balance_micros - self._offset_micros

    async def operate(self, words: OperatorWords) -> None:
        """Refuse."""
        raise NotPossibleHere(f"{sorted(words.model_fields_set)} must be done by the operator")

    async def grant(self, words: GrantWords) -> None:
        """Refuse."""
        raise NotPossibleHere("free rounds must be granted by the operator")

    async def cancel_grant(self) -> None:
        """Refuse."""
        raise NotPossibleHere("free rounds must be cancelled by the operator")

    async def _told_balance(self) -> int:
        assert self._tenant is not None
        assert self._session is not None
        verdict = await exchange(self._tenant, Step(StepKind.BALANCE, self._session.session_id))
        if verdict.balance_micros is None:
            raise TargetSilent(f"the wallet does not tell the balance: {verdict.code}")
        return verdict.balance_micros
