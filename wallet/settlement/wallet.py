"""The wallet as a program uses it: apply commands, read what was committed. ``wallet.bootstrap`` makes it."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass

from wallet.ledger import admin
from wallet.ledger.admin import AdminOutcome
from wallet.ledger.currencies import CURRENCY_CODES
from wallet.ledger.ids import AccountKey, GrantKey, RoundKey, TransactionKey, is_id
from wallet.ledger.kinds import AccountStatus, OutcomeCode
from wallet.ledger.state import Account, Grant, Round, State
from wallet.ledger.straight import spin_of
from wallet.ledger.types import Command, JournalRow, NoteRow, Reply
from wallet.ledger.validate import action_refusal, command_refusal
from wallet.settlement.admin_call import AdminCall, AdminDecide, Answer, PlayerCall, PlayerDecide
from wallet.settlement.group_commit import GroupCommitter
from wallet.settlement.pages import Page, decode_token, encode_token
from wallet.settlement.ports import AccountRefused, LedgerReads, LedgerStore, WalletUnavailable
from wallet.settlement.watch import BalanceWatchers
from wallet.settlement.writes import Ledger

NOTE_KIND = "note"
"""The kind of a note that somebody left; its ``field`` says who, its ``reason`` what."""
PAGE_SIZE = 50
PAGE_SIZE_MAX = 500
EVENTS_SIZE = 500
EVENTS_SIZE_MAX = 5_000


@dataclass(frozen=True, slots=True)
class RoundStory:
    """Everything known about a round; ``round`` is missing when only refusals or tombstones name it."""

    round: Round | None
    rows: tuple[JournalRow, ...]
    notes: tuple[NoteRow, ...]


class Wallet:
    """The only owner of balances."""

    def __init__(
        self,
        ledger: Ledger,
        store: LedgerStore,
        reads: LedgerReads,
        committer: GroupCommitter,
        watchers: BalanceWatchers,
        now_ms: Callable[[], int],
        event_delay_ms: int,
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._reads = reads
        self._committer = committer
        self._watchers = watchers
        self._now_ms = now_ms
        self._event_delay_ms = event_delay_ms
        self._closed = False

    async def apply(self, command: Command) -> Reply:
        """Settle a command: all actions or none, answered after the commit. The wallet's clock gives ``now_ms``.

        An answer with certainty UNCERTAIN may follow a commit: repeat the same keys. No actions: the balance.
        """
        spin = spin_of(command)
        if spin is None and _is_malformed(command):
            return self._ledger.decide(State(), command).reply  # never enters a group: its ids may be anything
        reply = await self._committer.apply(spin or command)
        assert isinstance(reply, Reply)
        return reply

    async def open_account(self, key: AccountKey, *, demo: bool = False, author: str = "") -> tuple[Account, bool]:
        """Make sure that an account exists; the second value says whether this call made it.

        A player who is blocked or excluded is so in an account that is opened later, too. Who opens one asks for all
        accounts of the player, which lets nobody else do so and has the whole group looked up; so the account alone is
        asked for first: sessions are opened on accounts that are open, and none is ever un-opened.

        Raises:
            AccountRefused: it is open for the other kind of money (``demo``), or its key is no key.
        """
        stored = (await self.administer(key, _as_it_is)).account
        if stored is not None and stored.status != AccountStatus.UNKNOWN.value and stored.demo is demo:
            return stored, False

        def decide(accounts: list[Account], now_ms: int) -> AdminOutcome:
            mine = next((account for account in accounts if account.key == key), None)
            return admin.open_account(mine, *key, admin.Author(author, "", now_ms), demo, accounts)

        outcome = await self.administer_player(key, decide)
        if outcome.account is None or not outcome.accepted:
            raise AccountRefused(outcome.field, outcome.reason)
        return outcome.account, outcome.code is OutcomeCode.OK

    async def administer(self, key: AccountKey, decide: AdminDecide, *, grant_id: str = "") -> AdminOutcome:
        """Carry out what an operator decides about an account (``wallet.ledger.admin``), or raise WalletUnavailable."""
        if not all(map(is_id, key[:2])) or key[2] not in CURRENCY_CODES or (grant_id and not is_id(grant_id)):
            return decide(None, None, self._now_ms())  # never enters a group: its ids may be anything
        return self._told(await self._committer.apply(AdminCall(*key, decide, grant_id)))

    async def administer_player(self, key: AccountKey, decide: PlayerDecide) -> AdminOutcome:
        """Carry out what an operator decides about all accounts of a player in one transaction; ``key`` names one."""
        if not all(map(is_id, key[:2])) or key[2] not in CURRENCY_CODES:
            return decide([], self._now_ms())  # never enters a group: its ids may be anything
        return self._told(await self._committer.apply(PlayerCall(*key, decide)))

    def _told(self, outcome: Answer) -> AdminOutcome:
        if not isinstance(outcome, AdminOutcome):
            raise WalletUnavailable(outcome.reason)
        return outcome

    async def set_status(
        self, key: AccountKey, status: AccountStatus, author: str, reason: str, *, until_ms: int = 0
    ) -> AdminOutcome:
        """Block, exclude or reopen the player of an account: in all accounts, and in those that are opened later."""
        return await self.administer_player(
            key,
            lambda accounts, now_ms: admin.set_player_status(
                accounts, key[2], status, admin.Author(author, reason, now_ms), until_ms
            ),
        )

    async def set_limits(self, key: AccountKey, changes: Mapping[str, int | None], author: str) -> AdminOutcome:
        """Set a player's limits: tighter at once, looser after 24 hours."""
        return await self.administer(
            key, lambda account, _, now_ms: admin.set_limits(account, changes, admin.Author(author, "", now_ms))
        )

    async def issue_grant(self, grant: Grant, author: str = "") -> AdminOutcome:
        """Give free bets; idempotent by the grant's id."""
        return await self.administer(
            grant.key[:3],
            lambda account, stored, now_ms: admin.issue_grant(account, stored, grant, admin.Author(author, "", now_ms)),
            grant_id=grant.grant_id,
        )

    async def cancel_grant(self, key: GrantKey, author: str = "") -> AdminOutcome:
        """Take back the free bets that are not yet played."""
        return await self.administer(
            key[:3],
            lambda account, stored, now_ms: admin.cancel_grant(account, stored, admin.Author(author, "", now_ms)),
            grant_id=key[3],
        )

    async def account(self, key: AccountKey) -> Account | None:
        """Return an account that was opened."""
        account = await self._reads.account(key)
        return None if account is None or account.status == AccountStatus.UNKNOWN.value else account

    def watch(self, key: AccountKey) -> AsyncIterator[Account]:
        """Yield the account now and after every commit that changes it, until the wallet closes."""
        return self._watchers.watch(key)

    async def round(self, key: RoundKey) -> Round | None:
        """Return a round."""
        return await self._reads.round(key)

    async def round_with_rows(self, key: RoundKey) -> tuple[Round, tuple[JournalRow, ...]] | None:
        """Return a round with the rows that moved it, oldest first, both of one moment."""
        return await self._reads.round_with_rows(key)

    async def round_story(self, key: RoundKey) -> RoundStory | None:
        """Return everything known about a round, also about one of which only refusals are known."""
        rows, notes = await self._reads.round_story(key), await self._reads.round_notes(key)
        round_ = await self._reads.round(key)
        if round_ is None and not rows and not notes:
            return None
        return RoundStory(round_, tuple(rows), tuple(notes))

    async def find_rounds(
        self, round_id: str, brand_id: str = "", player_id: str = "", provider_id: str = ""
    ) -> tuple[RoundKey, ...]:
        """Return the rounds with this id; reads whole tables without brand and player: for a support desk."""
        return tuple(await self._reads.find_rounds(round_id, brand_id, player_id, provider_id))

    async def note_round(self, key: RoundKey, author: str, text: str) -> bool:
        """Leave a note in a round's story, once; false: there is no such round. Moves nothing."""
        round_ = await self._reads.round(key)
        if round_ is None:
            return False
        if any(note[5:6] + note[9:11] == (NOTE_KIND, author, text) for note in await self._reads.round_notes(key)):
            return True
        code = OutcomeCode.OK
        account_key = (key[0], key[1], round_.currency_code)

        def decide(account: Account | None, _grant: Grant | None, now_ms: int) -> AdminOutcome:
            note = NoteRow(*account_key, key[2], key[3], NOTE_KIND, "", code.value, False, author, text, now_ms)
            return AdminOutcome(code, account, note=note)

        await self.administer(account_key, decide)
        return True

    async def transaction(self, key: TransactionKey) -> JournalRow | None:
        """Return the journal row under a key: what became of it."""
        return await self._reads.transaction(key)

    async def transactions(
        self, key: AccountKey, *, page_size: int = 0, page_token: str = "", round_id: str = ""
    ) -> Page[JournalRow]:
        """Return a page of an account's rows, newest first."""
        place = decode_token("transactions", page_token, (int,))
        before = int(place[0]) if place else None
        size = _size(page_size, PAGE_SIZE, PAGE_SIZE_MAX)
        rows = await self._reads.transactions(key, before, size + 1, round_id)
        more = len(rows) > size
        token = encode_token("transactions", (rows[size - 1].sequence,)) if more else ""
        return Page(tuple(rows[:size]), token)

    async def rounds(
        self, key: AccountKey, *, page_size: int = 0, page_token: str = "", game_id: str = ""
    ) -> Page[Round]:
        """Return a page of an account's rounds, newest first."""
        place = decode_token("rounds", page_token, (int,))
        before = int(place[0]) if place else None
        size = _size(page_size, PAGE_SIZE, PAGE_SIZE_MAX)
        found = await self._reads.rounds(key, before, size + 1, game_id)
        more = len(found) > size
        token = encode_token("rounds", (found[size - 1][0],)) if more else ""
        return Page(tuple(round_ for _, round_ in found[:size]), token)

    async def open_rounds(
        self,
        brand_id: str = "",
        *,
        player_id: str = "",
        provider_id: str = "",
        opened_before_ms: int | None = None,
        page_size: int = 0,
        page_token: str = "",
    ) -> Page[Round]:
        """Return a page of open rounds, oldest first; ``Round.held_micros`` is what each holds."""
        place = decode_token("open_rounds", page_token, (int, str, str, str, str))
        after = (int(place[0]), str(place[1]), str(place[2]), str(place[3]), str(place[4])) if place else None
        size = _size(page_size, PAGE_SIZE, PAGE_SIZE_MAX)
        found = await self._reads.open_rounds(
            brand_id,
            after,
            size + 1,
            player_id=player_id,
            provider_id=provider_id,
            opened_before_ms=opened_before_ms,
        )
        more = len(found) > size
        token = encode_token("open_rounds", (found[size - 1].opened_time_ms, *found[size - 1].key)) if more else ""
        return Page(tuple(found[:size]), token)

    async def events(self, *, brand_id: str = "", cursor: str = "", page_size: int = 0) -> Page[JournalRow]:
        """Return journal rows behind ``cursor``; ``next_token`` is where to go on, also when there was nothing new.

        Rows appear ``event_delay_ms`` after their time, when no commit of an earlier time can follow any more; per
        account they are gap-free by ``sequence``.
        """
        place = decode_token("events", cursor, (int, str, str, str, int))
        after = (int(place[0]), str(place[1]), str(place[2]), str(place[3]), int(place[4])) if place else None
        size = _size(page_size, EVENTS_SIZE, EVENTS_SIZE_MAX)
        rows = await self._reads.events(after, self._now_ms() - self._event_delay_ms, size, brand_id)
        if not rows:
            return Page((), cursor)
        last = rows[-1]
        return Page(tuple(rows), encode_token("events", (last.time_ms, *last.account_key, last.sequence)))

    async def aclose(self) -> None:
        """Take nothing in any more, settle what waits, close everything; a second call does nothing."""
        if self._closed:
            return
        self._closed = True
        await self._committer.aclose()
        self._watchers.close()
        await self._store.aclose()
        await self._reads.aclose()


def _as_it_is(account: Account | None, _grant: Grant | None, _now_ms: int) -> AdminOutcome:
    return AdminOutcome(OutcomeCode.NO_EFFECT, account)


def _is_malformed(command: Command) -> bool:
    if command_refusal(command) is not None:
        return True
    return any(action_refusal(command, action) is not None for action in command.actions)


def _size(asked: int, usual: int, size_max: int) -> int:
    return min(asked, size_max) if asked > 0 else usual
