"""Makes the wallet of a gateway that has brands with their money at the operator."""

from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.contract.operator_wallet import OperatorWalletDialect
from adapters.loader import load_adapter
from gateway.catalogue.guard import guarded
from gateway.operator_wallet.link import HttpLink
from gateway.operator_wallet.sender import BrandWallet
from gateway.operator_wallet.settings import OperatorWalletSettings
from gateway.operator_wallet.store import MovementStore
from gateway.operator_wallet.wallet import OperatorWallets
from gateway.rounds.ports import Clock, WalletPort


async def open_operator_wallets(
    ledger: WalletPort, settings: Mapping[str, OperatorWalletSettings], engine: AsyncEngine, clock: Clock
) -> OperatorWallets:
    """Wrap the ledger's port; ``settings`` are by brand id. Run ``deliverer.deliver_due`` as a worker beside it."""
    store = MovementStore(engine)
    brands = {brand_id: _brand(section) for brand_id, section in settings.items()}
    return OperatorWallets(ledger, brands, store, clock)


def _brand(section: OperatorWalletSettings) -> BrandWallet:
    made: Any = load_adapter(section.dialect, section.config)
    dialect = guarded(cast("OperatorWalletDialect", made), section.dialect)
    return BrandWallet(section, dialect, HttpLink(section.url))
