"""What one protocol adds to the shared mock: how its provider speaks, listens and loses patience."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from adapters.contract.wallet_calls import Credential
from adapters.mocks.types import (
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

if TYPE_CHECKING:
    from adapters.mocks.tenant import Tenant


class Dialect(Protocol):
    """One protocol, stateless: all state lives in the ``Tenant`` that every method gets.

    ``adapters/<provider>/mock.py`` exports ``create_dialect() -> Dialect``.
    """

    @property
    def provider_id(self) -> str:
        """The provider's name."""
        ...

    @property
    def games(self) -> tuple[MockGame, ...]:
        """The catalogue at the start; a tenant may change its copy."""
        ...

    @property
    def credentials(self) -> Mapping[str, str]:
        """Test credentials by name, as a new tenant gets them; a tenant may override each."""
        ...

    @property
    def rules(self) -> Mapping[StepKind, RetryRule]:
        """The retry clock by kind of step; a kind that is missing is tried once."""
        ...

    @property
    def auto_finish_ms(self) -> int:
        """After how long the provider ends a round that was left open; 0: never."""
        ...

    def plan(
        self, tenant: "Tenant", session: MockSession, bet_micros: int, outcome: Outcome, grant: MockGrant | None
    ) -> list[Step]:
        """Say which wallet calls a round makes, in order. Ids come from ``tenant.ids``."""
        ...

    def rollback_of(self, tenant: "Tenant", step: Step) -> Step:
        """Return the step that undoes ``step``."""
        ...

    def finish_of(self, tenant: "Tenant", session: MockSession, round_id: str, bet: Step | None) -> Step:
        """Return the step that ends an open round without a win."""
        ...

    def render(self, tenant: "Tenant", step: Step, attempt: int, now_ms: int) -> HttpCall:
        """Make the signed HTTP request; ``step.fields`` are set before signing, ``now_ms`` is the provider's clock."""
        ...

    def read(self, tenant: "Tenant", step: Step, reply: HttpReply) -> Verdict:
        """Read an answer as the provider does: done, refused (certain) or uncertain. Nonsense is uncertain."""
        ...

    def credential(self, tenant: "Tenant", brand_id: str) -> Credential:
        """Return what the operator's gateway must hold to check this tenant's wallet calls."""
        ...

    def adapter_config(self, tenant: "Tenant", brand_id: str) -> dict[str, object]:
        """Return the configuration with which our adapter of this protocol calls this tenant."""
        ...

    def forge(self, call: HttpCall) -> HttpCall:
        """Return the same call with a signature that must be refused."""
        ...

    async def operate(self, tenant: "Tenant", call: HttpCall) -> HttpReply:
        """Answer a call of the operator: launch, games, free rounds, round details (signature checked)."""
        ...
