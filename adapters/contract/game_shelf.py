"""A list of games that knows what changed since a version that it had: so a large catalogue is refreshed by deltas."""

from collections.abc import Sequence
from hashlib import sha256

from adapters.contract.games import Game, Page, PageRequest, page_of

VERSIONS_KEPT = 8


class GameShelf:
    """Answers ``list_games`` from a list in memory; the version is a hash of the list, the same in every process."""

    def __init__(self, versions_kept: int = VERSIONS_KEPT) -> None:
        self._versions_kept = versions_kept
        self._listed: Sequence[Game] = ()
        self._version = ""
        self._marks: dict[str, dict[str, str]] = {}

    def page(self, games: Sequence[Game], request: PageRequest) -> Page[Game]:
        """Return one page of ``games``; only what changed, where the caller names a version that is remembered."""
        self._put(games)
        before = self._marks.get(request.known_version) if request.known_version and not request.page_token else None
        if before is not None:
            now = self._marks[self._version]
            changed = tuple(game for game in games if before.get(game.game_id) != now[game.game_id])
            if len(changed) <= max(1, request.page_size):
                removed = tuple(sorted(before.keys() - now.keys()))
                return Page(changed, "", self._version, changes_only=True, removed_ids=removed)
        page = page_of(games, request)
        return Page(page.items, page.next_page_token, self._version)

    def _put(self, games: Sequence[Game]) -> None:
        if games is self._listed and self._version:
            return
        marks: dict[str, str] = {game.game_id: sha256(repr(_ordered(game)).encode()).hexdigest() for game in games}
        self._listed = games
        self._version = sha256("".join(f"{name}{mark}" for name, mark in sorted(marks.items())).encode()).hexdigest()
        self._marks[self._version] = self._marks.pop(self._version, marks)
        if len(self._marks) > self._versions_kept:
            del self._marks[next(iter(self._marks))]


def _ordered(game: Game) -> list[object]:
    """Return what a game says in an order that does not depend on the process (sets do)."""
    values = (getattr(game, name) for name in Game.__slots__)
    return [sorted(value) if isinstance(value, frozenset | dict) else value for value in values] + [
        sorted(game.facts.items()),
        sorted(game.stakes_micros_by_currency.items()),
    ]
