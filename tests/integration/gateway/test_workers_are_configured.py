"""What runs beside the gateway by configuration: operators' own wallets, and the end of rounds that nobody ends."""

from pathlib import Path

from reelgate.gateway.v1.round_service_pb2 import SpinRequest
from reelgate.type.v1.money_pb2 import Money

from tests.support.servers import bearer, serve_here

HUB88 = "adapters.operator_wallets.hub88:create_dialect"


async def test_without_settings_the_ledger_keeps_every_brands_money(tmp_path: Path) -> None:
    async with serve_here(tmp_path / "r.db") as served:
        assert served.gateway.operator_wallets is None


async def test_the_embedded_wallet_looks_for_rounds_that_nobody_ends(tmp_path: Path) -> None:
    async with serve_here(tmp_path / "r.db") as served:
        await served.client.fund("ann")
        opened = await served.client.open_session("ann", "reelgate:orchard-five")
        stake = Money(currency_code="EUR", micros=50_000)
        spin = SpinRequest(round_id="r1", game_id="reelgate:orchard-five", stake=stake)
        await served.client.rounds.Spin(spin, metadata=bearer(opened.session_token))

        assert served.gateway.end_old_rounds is not None
        taken = await served.gateway.end_old_rounds()

    assert taken == {}
