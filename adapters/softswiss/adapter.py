"""SOFTSWISS GCP v1: ``create_adapter`` makes the adapter of one mount."""

from collections.abc import Mapping
from typing import NamedTuple

from adapters.contract.amounts import micros_from_minor
from adapters.contract.errors import InvalidCall, OutcomeUnknown, ProviderRefused
from adapters.contract.free_rounds import FreeRoundsGrant, GrantReport, GrantStatus
from adapters.contract.games import Game, Page, PageRequest
from adapters.contract.granting import GrantMemory
from adapters.contract.ids import AdapterId, BrandId, GameId, GrantId, PlayerId, ProviderId, RoundId
from adapters.contract.json_text import JsonObject, object_of, text_of
from adapters.contract.manifest import Capability, Manifest, Readiness, SettlementMode
from adapters.contract.references import grant_ref, read_grant_ref
from adapters.contract.rounds import RoundDetails, RoundDetailsRequest, Session
from adapters.http.client import TransportFactory, answer_field
from adapters.softswiss.batches import iso_time
from adapters.softswiss.callbacks import GcpCallbacks
from adapters.softswiss.client import ProviderClient
from adapters.softswiss.config import BrandConfig, SoftswissConfig

ADAPTER_VERSION = "1.0"
_STATUSES = {
    "issued": GrantStatus.ACTIVE,
    "active": GrantStatus.ACTIVE,
    "played": GrantStatus.FINISHED,
    "finished": GrantStatus.FINISHED,
    "canceled": GrantStatus.CANCELLED,
    "expired": GrantStatus.EXPIRED,
}
_CODES_OF_UNKNOWN_ISSUES = frozenset({"404", "600"})
CAPABILITIES = frozenset(
    {Capability.LAUNCH, Capability.DEMO, Capability.WALLET_CALLS, Capability.FREE_ROUNDS, Capability.ROUND_DETAILS}
)  # fmt: skip


def create_adapter(config: Mapping[str, object], transport: TransportFactory | None = None) -> "SoftswissAdapter":
    """Make the adapter of one mount from its part of the configuration; opens no connection."""
    return SoftswissAdapter(SoftswissConfig.model_validate(config), transport)


class Paths(NamedTuple):
    """Where the provider listens for what."""

    issue: str
    cancel: str
    status: str
    details: str


class SoftswissAdapter(GcpCallbacks):
    """GCP v1, both sides: our calls to the provider here, its callbacks in ``GcpCallbacks``."""

    paths = Paths("/freespins/issue", "/freespins/cancel", "/freespins/status", "/round/details")

    def __init__(self, config: SoftswissConfig, transport: TransportFactory | None = None) -> None:
        super().__init__(config)
        self._client = ProviderClient(config.base_url, config.timeout_ms, transport)
        self._grants = GrantMemory()

    async def describe(self) -> Manifest:
        """Return the manifest."""
        config = self._config
        return Manifest(
            adapter_id=AdapterId(config.adapter_id),
            provider_id=ProviderId(config.provider_id),
            display_name="SOFTSWISS GCP v1",
            adapter_version=ADAPTER_VERSION,
            capabilities=CAPABILITIES,
            settlement_mode=SettlementMode.PROVIDER_DRIVEN,
            callback_timeout_ms=config.callback_timeout_ms,
        )

    async def probe(self) -> Readiness:
        """Say READY: the protocol has no question for the provider's health."""
        return Readiness.READY

    async def list_games(self, page: PageRequest) -> Page[Game]:
        """Return one page of the configured list: the provider delivers it as a file, not by a call."""
        return self._config.page(page)

    async def aclose(self) -> None:
        """Close connections."""
        await self._client.aclose()

    async def launch_url(self, session: Session, game_id: GameId) -> str:
        """Open a session (``/sessions``) or a demo (``/demo``) and return where the game is."""
        brand = self._config.brand(session.brand_id)
        path = "/demo" if session.demo else "/sessions"
        answer = await self._client.post(path, self._launch_body(brand, session, game_id), brand.secret.encode())
        return answer_field(lambda: text_of(object_of(answer, "launch_options"), "game_url"))

    async def grant_free_rounds(self, grant: FreeRoundsGrant) -> GrantReport:
        """Issue freespins (``/freespins/issue``), idempotent by the issue's id."""
        brand = self._config.brand(grant.brand_id)
        self._grants.accept(grant)
        issue_id = grant_ref(grant.player_id, grant.currency_code, grant.grant_id)
        body: JsonObject = {
            "casino_id": brand.casino_id,
            "issue_id": issue_id,
            "currency": self._config.theirs(grant.currency_code),
            "games": list(grant.game_ids),
            "freespins_quantity": grant.count,
            "bet_level": self._config.bet_level(grant.currency_code, grant.stake_micros),
            "valid_until": iso_time(grant.valid_until_ms),
            "user": {"id": self._user_id(grant.player_id, grant.currency_code)},
        }
        await self._client.post(self.paths.issue, body, brand.secret.encode())
        report = GrantReport(grant.grant_id, GrantStatus.ACTIVE, provider_grant_id=issue_id)
        return self._grants.keep(grant, report)

    async def cancel_free_rounds(self, brand_id: BrandId, grant_id: GrantId) -> GrantReport:
        """Cancel an issue by our id of it (while we remember it) or by its ``provider_grant_id``."""
        return await self._ask_issue(self.paths.cancel, brand_id, grant_id, GrantStatus.CANCELLED)

    async def get_free_rounds(self, brand_id: BrandId, grant_id: GrantId) -> GrantReport:
        """Report on an issue by our id of it (while we remember it) or by its ``provider_grant_id``."""
        return await self._ask_issue(self.paths.status, brand_id, grant_id, GrantStatus.ACTIVE)

    async def round_details(self, request: RoundDetailsRequest) -> RoundDetails:
        """Return the provider's page about a round."""
        player_id = PlayerId(self._user_id(request.player_id, request.currency_code))
        return RoundDetails(await self.round_details_url(request.brand_id, player_id, request.round_id))

    async def round_details_url(self, brand_id: BrandId, player_id: PlayerId, round_id: RoundId) -> str:
        """Return the page on which the provider shows a round (``/round/details``)."""
        brand = self._config.brand(brand_id)
        body: JsonObject = {"casino_id": brand.casino_id, "user_id": player_id, "game_id": round_id}
        answer = await self._client.post(self.paths.details, body, brand.secret.encode())
        return answer_field(lambda: text_of(answer, "url"))

    async def _ask_issue(self, path: str, brand_id: str, grant_id: GrantId, status: GrantStatus) -> GrantReport:
        brand = self._config.brand(brand_id)
        issue_id = self._grants.provider_id(brand_id, grant_id)
        body: JsonObject = {"casino_id": brand.casino_id, "issue_id": issue_id}
        try:
            answer = await self._client.post(path, body, brand.secret.encode())
        except ProviderRefused as refusal:
            if refusal.facts.get("provider_code") in _CODES_OF_UNKNOWN_ISSUES:
                return GrantReport(grant_id, GrantStatus.NOT_FOUND)
            raise
        return answer_field(lambda: self._report(grant_id, issue_id, answer, status))

    def _report(self, grant_id: GrantId, issue_id: str, answer: JsonObject, status: GrantStatus) -> GrantReport:
        _, currency_code, _ = read_grant_ref(issue_id, "issue_id")
        word = answer.get("status", status.value)
        if word not in _STATUSES and word not in set(GrantStatus):
            raise OutcomeUnknown("the provider reports a status that we do not know")
        played_count = answer.get("played", 0)
        return GrantReport(
            grant_id=grant_id,
            status=_STATUSES.get(str(word)) or GrantStatus(str(word)),
            played_count=played_count if isinstance(played_count, int) else 0,
            win_micros=self._total_micros(answer, currency_code),
            provider_grant_id=issue_id,
        )

    def _user_id(self, player_id: str, currency_code: str) -> str:
        return player_id

    def _total_micros(self, answer: JsonObject, currency_code: str) -> int:
        _, exponent = self._config.ours(self._config.theirs(currency_code))
        return micros_from_minor(answer.get("total_amount", 0), exponent, "total_amount")

    def _launch_body(self, brand: BrandConfig, session: Session, game_id: GameId) -> JsonObject:
        if not game_id:
            raise InvalidCall("a game is needed", field="game_id")
        body: JsonObject = {
            "casino_id": brand.casino_id,
            "game": game_id,
            "locale": session.language_code,
            "ip": session.ip_address,
            "client_type": "mobile" if session.platform == "mobile" else "desktop",
            "urls": {"return_url": session.lobby_url, "deposit_url": session.deposit_url},
            **({"jurisdiction": brand.jurisdiction} if brand.jurisdiction else {}),
        }
        if session.demo:
            return body
        user = {"id": session.player_id, "country": session.country_code}
        return body | {"currency": self._config.theirs(session.currency_code), "user": user}
