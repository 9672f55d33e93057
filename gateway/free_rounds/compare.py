"""What a provider says of a grant, held against what our ledger has seen; a difference is told and not believed."""

from adapters.contract.free_rounds import GrantReport, GrantStatus

DIFFERS = "differs from the ledger: "
"""With this begins the ``cause`` of a grant whose provider says something else than the ledger."""


def believed_count(reported_count: int, granted_count: int, known_count: int) -> int:
    """Return what is believed of a count that the provider alone knows: none beyond the grant, and never less again."""
    return max(known_count, reported_count) if 0 <= reported_count <= granted_count else known_count


def difference(report: GrantReport, granted_count: int, used_count: int, win_micros: int) -> str:
    """Return in what a report differs from the ledger; empty: in nothing that can be compared.

    ``used_count``: the free bets that were placed at the wallet; 0 where the provider plays a series without calls, and
    then only the bounds of its count can be checked, and its total against the wins that were booked. Many protocols do
    not tell a total: 0 says nothing.
    """
    played_count = report.played_count
    if not 0 <= played_count <= granted_count:
        return f"{DIFFERS}the provider counts {played_count} rounds of {granted_count}"
    if used_count and played_count and used_count != played_count:
        return f"{DIFFERS}the provider counts {played_count} rounds, {used_count} were placed"
    if report.status is GrantStatus.FINISHED and report.win_micros and report.win_micros != win_micros:
        return f"{DIFFERS}the provider says that {report.win_micros} micros were won, {win_micros} are booked"
    return ""
