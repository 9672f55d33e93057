"""What every adapter that grants free rounds needs: a grant must make sense, and must not contradict an earlier one."""

from adapters.contract.errors import InvalidCall, RoundConflict
from adapters.contract.free_rounds import FreeRoundsGrant, GrantReport

GRANTS_KEPT_MAX = 10_000


def require_sound(grant: FreeRoundsGrant) -> None:
    """Raise ``InvalidCall`` for a grant that could never be played."""
    if grant.count < 1:
        raise InvalidCall("a grant needs at least one round", field="count")
    if grant.stake_micros < 1:
        raise InvalidCall("a stake must be more than nothing", field="stake_micros")
    if not grant.game_ids:
        raise InvalidCall("a grant needs a game", field="game_ids")
    if grant.valid_until_ms <= grant.valid_from_ms:
        raise InvalidCall("the window ends before it begins", field="valid_until_ms")


class GrantMemory:
    """The latest grants of this process, so that our own ids of them are understood and a contradiction is seen."""

    def __init__(self, count_max: int = GRANTS_KEPT_MAX) -> None:
        self._count_max = count_max
        self._grants: dict[tuple[str, str], FreeRoundsGrant] = {}
        self._reports: dict[tuple[str, str], GrantReport] = {}

    def accept(self, grant: FreeRoundsGrant) -> None:
        """Raise ``InvalidCall`` for an unsound grant, ``RoundConflict`` for one that was made with other content."""
        require_sound(grant)
        if self._grants.get((grant.brand_id, grant.grant_id), grant) != grant:
            raise RoundConflict("this grant was made before with other content", field="grant_id")

    def keep(self, grant: FreeRoundsGrant, report: GrantReport) -> GrantReport:
        """Keep what was granted; returns the report."""
        self._grants[grant.brand_id, grant.grant_id] = grant
        return self.keep_report(grant.brand_id, report)

    def keep_report(self, brand_id: str, report: GrantReport) -> GrantReport:
        """Keep what is known of a grant, be it of this process or not; returns the report."""
        self._reports[brand_id, report.grant_id] = report
        if len(self._reports) > self._count_max:
            oldest = next(iter(self._reports))
            del self._reports[oldest]
            self._grants.pop(oldest, None)
        return report

    def report(self, brand_id: str, grant_id: str) -> GrantReport | None:
        """Return what was last known of a grant."""
        return self._reports.get((brand_id, grant_id))

    def provider_id(self, brand_id: str, grant_id: str) -> str:
        """Return the provider's id of a grant; an id that is not remembered is taken for the provider's own."""
        report = self._reports.get((brand_id, grant_id))
        return report.provider_grant_id if report and report.provider_grant_id else grant_id

    def belongs_to_another(self, grant: FreeRoundsGrant, provider_grant_id: str) -> bool:
        """Say whether the provider's grant is remembered as another one of ours."""
        own = (grant.brand_id, grant.grant_id)
        return any(
            key != own and report.provider_grant_id == provider_grant_id for key, report in self._reports.items()
        )
