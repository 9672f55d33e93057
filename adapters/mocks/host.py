"""All tenants of all protocols that one mock process plays."""

from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType

from adapters.contract.ids import is_valid_id
from adapters.mocks.clock import Clock, RealClock, VirtualClock, wall_ms
from adapters.mocks.dialect import Dialect
from adapters.mocks.known_words import PROVIDERS, meant
from adapters.mocks.link import HttpLink, Link
from adapters.mocks.refusals import ControlRefused
from adapters.mocks.tenant import Tenant

TENANTS_MAX = 1_000


class UnknownProvider(ValueError):
    """Nobody plays this provider."""


class UnknownTenant(Exception):
    """No such provider, or no such tenant of it."""


def load_dialect(provider: str) -> Dialect:
    """Return the dialect of a provider by its folder's name, or by the dotted path of any package (``a.b:create``)."""
    path = provider if ":" in provider else f"adapters.{provider}.mock:create_dialect"
    module_name, _, factory_name = path.partition(":")
    try:
        factory = getattr(import_module(module_name), factory_name)
    except (ModuleNotFoundError, AttributeError, ValueError) as missing:
        known = f"known: {', '.join(PROVIDERS)}{meant(provider, PROVIDERS)}"
        raise UnknownProvider(f"there is no mock of {provider!r} ({missing}); {known}") from missing
    dialect: Dialect = factory() if callable(factory) else factory
    if not callable(getattr(dialect, "render", None)):
        raise UnknownProvider(f"{path} makes no dialect of a mock: it has no render")
    return dialect


def load_adapter_module(provider: str) -> ModuleType:
    """Return the module of our adapter beside a provider's mock; raises ``UnknownProvider``."""
    package = provider.partition(":")[0].rpartition(".")[0] if ":" in provider else f"adapters.{provider}"
    name = f"{package}.adapter" if package else "adapter"
    try:
        return import_module(name)
    except ModuleNotFoundError as missing:
        if missing.name is None or not f"{name}.".startswith(f"{missing.name}."):
            raise
        raise UnknownProvider(f"the wallet of play money speaks through {name}, which is not there") from missing


class MockHost:
    """Tenants by provider and name; a control call that does something makes a tenant that is not there yet."""

    def __init__(
        self,
        dialects: Mapping[str, Dialect],
        link: Link | None = None,
        public_url: str = "",
        seed: Callable[[], int] = lambda: 1,
        wallet_clock: Callable[[], int] | None = None,
    ) -> None:
        self.dialects = dict(dialects)
        self.link = link or HttpLink()
        self.public_url = public_url.rstrip("/")
        self.tenants: dict[tuple[str, str], Tenant] = {}
        self._seed = seed
        self._wallet_clock = wallet_clock

    def tenant(self, provider: str, tenant_id: str) -> Tenant:
        """Return a tenant; raises ``UnknownTenant``."""
        try:
            return self.tenants[provider, tenant_id]
        except KeyError:
            raise UnknownTenant(f"{provider}/{tenant_id}") from None

    def open_tenant(self, provider: str, tenant_id: str, base_url: str = "", seed: int | None = None) -> Tenant:
        """Return a tenant, made if need be; raises ``UnknownTenant`` for a provider that is not played here.

        Raises ``ControlRefused`` where too many are open.
        """
        known = self.tenants.get((provider, tenant_id))
        if known is not None:
            return known
        if provider not in self.dialects or not is_valid_id(tenant_id):
            raise UnknownTenant(f"{provider}/{tenant_id}")
        if len(self.tenants) >= TENANTS_MAX:
            raise ControlRefused(f"{TENANTS_MAX} tenants are open: DELETE one that is not needed any more")
        tenant = Tenant(tenant_id, self.dialects[provider], self.link, clock=RealClock(), seed=seed or self._seed())
        tenant.wallet_clock = self._wallet_clock
        tenant.base_url = f"{(self.public_url or base_url).rstrip('/')}/{provider}/{tenant_id}"
        self.tenants[provider, tenant_id] = tenant
        return tenant

    def close_tenant(self, provider: str, tenant_id: str) -> None:
        """Drop a tenant with all it holds."""
        tenant = self.tenants.pop((provider, tenant_id), None)
        if tenant is not None:
            tenant.reset()

    async def aclose(self) -> None:
        """Stop every clock and close connections."""
        for tenant in self.tenants.values():
            tenant.clock.clear()
        close = getattr(self.link, "aclose", None)
        if close is not None:
            await close()


def clock_named(name: str, wall: Callable[[], int] = wall_ms) -> Clock:
    """Return a new clock: ``real``, or ``virtual`` from what ``wall`` says."""
    return VirtualClock(wall=wall) if name == "virtual" else RealClock()
