"""``reelgate.wallet.v1.WalletService``: requests to the ledger's words and back, nothing else."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc.aio
from reelgate.wallet.v1 import wallet_service_pb2 as pb

from wallet.ledger.admin import AdminOutcome
from wallet.ledger.currencies import CURRENCY_CODES
from wallet.ledger.ids import AccountKey, is_id
from wallet.ledger.limit_settings import read_settings
from wallet.ledger.state import Grant
from wallet.rpc import from_proto, to_proto
from wallet.rpc.error_codes import STOPPING, invalid, not_found, outcome_refused, refusal_of
from wallet.rpc.from_proto import account_key, id_field, optional_id, page_size, round_key, text_field, time_field
from wallet.settlement.timeline import timeline
from wallet.settlement.wallet import Wallet

Context = grpc.aio.ServicerContext[Any, Any]
DEMO_FLAGS_MAX = 200_000
GRANT_COUNT_MAX = 10_000
GRANT_GAMES_MAX = 32


class WalletService:
    """The servicer; ``protos.wire.edge`` turns what it raises into statuses."""

    def __init__(self, wallet: Wallet, stopping: asyncio.Event) -> None:
        self._wallet = wallet
        self._stopping = stopping
        self._demo_flags: dict[AccountKey, bool] = {}

    async def Apply(self, request: pb.ApplyRequest, _context: Context) -> pb.ApplyResponse:  # noqa: N802 - gRPC's name
        """Move money."""
        reply = await self._wallet.apply(from_proto.command(request, demo=await self._is_demo(request.account)))
        if not reply.accepted:
            raise refusal_of(reply)
        return to_proto.apply_response(reply)

    async def _is_demo(self, ref: pb.AccountRef) -> bool:
        """Say whether the account holds play money; that never changes once it is open."""
        key = (ref.brand_id, ref.player_id, ref.currency_code)
        known = self._demo_flags.get(key)
        if known is not None:
            return known
        if not (is_id(key[0]) and is_id(key[1]) and key[2] in CURRENCY_CODES):
            return False  # refused when it is decided; a database may not even take such a text
        account = await self._wallet.account(key)
        if account is None:
            return False
        if len(self._demo_flags) >= DEMO_FLAGS_MAX:
            self._demo_flags.clear()
        self._demo_flags[key] = account.demo
        return account.demo

    async def OpenAccount(  # noqa: N802 - gRPC's name
        self, request: pb.OpenAccountRequest, _context: Context
    ) -> pb.OpenAccountResponse:
        """Make sure that an account exists."""
        account, created = await self._wallet.open_account(account_key(request.account), demo=request.demo)
        return pb.OpenAccountResponse(balance=to_proto.balance(account), created=created)

    async def GetBalance(  # noqa: N802 - gRPC's name
        self, request: pb.GetBalanceRequest, _context: Context
    ) -> pb.GetBalanceResponse:
        """Read a balance."""
        account = await self._wallet.account(account_key(request.account))
        if account is None:
            raise not_found("PLAYER_NOT_FOUND", "no such account")
        return pb.GetBalanceResponse(balance=to_proto.balance(account))

    async def WatchBalance(  # noqa: N802 - gRPC's name
        self, request: pb.WatchBalanceRequest, _context: Context
    ) -> AsyncIterator[pb.WatchBalanceResponse]:
        """Send the balance now and after every commit that changes it."""
        key = account_key(request.account)
        if await self._wallet.account(key) is None:
            raise not_found("PLAYER_NOT_FOUND", "no such account")
        changes = self._wallet.watch(key)
        stopping = asyncio.ensure_future(self._stopping.wait())
        change: asyncio.Future[Any] | None = None
        try:
            while True:
                change = asyncio.ensure_future(anext(changes, None))
                await asyncio.wait((change, stopping), return_when=asyncio.FIRST_COMPLETED)
                account = change.result() if change.done() else None
                if account is None:
                    raise STOPPING
                yield pb.WatchBalanceResponse(balance=to_proto.balance(account))
        finally:
            stopping.cancel()
            if change is not None:
                change.cancel()

    async def GetRound(self, request: pb.GetRoundRequest, _context: Context) -> pb.GetRoundResponse:  # noqa: N802
        """Read a round with its transactions."""
        key = round_key(request.ref)
        found = await self._wallet.round_with_rows(key)
        if found is None:
            raise not_found("ROUND_NOT_FOUND", "no such round")
        round_, rows = found
        return pb.GetRoundResponse(round=to_proto.round_message(round_), transactions=map(to_proto.transaction, rows))

    async def GetTransaction(  # noqa: N802 - gRPC's name
        self, request: pb.GetTransactionRequest, _context: Context
    ) -> pb.GetTransactionResponse:
        """Read the stored answer under a key."""
        kind = from_proto.kind_field("kind", request.kind)
        fields = ("brand_id", "provider_id", "transaction_id")
        brand_id, provider_id, transaction_id = (id_field(name, getattr(request, name)) for name in fields)
        row = await self._wallet.transaction((brand_id, provider_id, kind.value, transaction_id))
        if row is None:
            raise not_found("TRANSACTION_NOT_FOUND", "the key was never seen")
        return pb.GetTransactionResponse(transaction=to_proto.transaction(row))

    async def ListTransactions(  # noqa: N802 - gRPC's name
        self, request: pb.ListTransactionsRequest, _context: Context
    ) -> pb.ListTransactionsResponse:
        """List an account's transactions, newest first."""
        page = await self._wallet.transactions(
            account_key(request.account),
            page_size=page_size(request.page_size),
            page_token=request.page_token,
            round_id=optional_id("round_id", request.round_id),
        )
        return pb.ListTransactionsResponse(
            transactions=map(to_proto.transaction, page.items), next_page_token=page.next_token
        )

    async def ListRounds(self, request: pb.ListRoundsRequest, _context: Context) -> pb.ListRoundsResponse:  # noqa: N802
        """List an account's rounds, newest first."""
        page = await self._wallet.rounds(
            account_key(request.account),
            page_size=page_size(request.page_size),
            page_token=request.page_token,
            game_id=optional_id("game_id", request.game_id),
        )
        return pb.ListRoundsResponse(rounds=map(to_proto.round_message, page.items), next_page_token=page.next_token)

    async def ListOpenRounds(  # noqa: N802 - gRPC's name
        self, request: pb.ListOpenRoundsRequest, _context: Context
    ) -> pb.ListOpenRoundsResponse:
        """List open rounds with what they hold, oldest first."""
        has_bound = request.HasField("opened_before_time")
        page = await self._wallet.open_rounds(
            id_field("brand_id", request.brand_id),
            player_id=optional_id("player_id", request.player_id),
            provider_id=optional_id("provider_id", request.provider_id),
            opened_before_ms=time_field("opened_before_time", request.opened_before_time) if has_bound else None,
            page_size=page_size(request.page_size),
            page_token=request.page_token,
        )
        return pb.ListOpenRoundsResponse(
            rounds=map(to_proto.round_message, page.items), next_page_token=page.next_token
        )

    async def ListEvents(self, request: pb.ListEventsRequest, _context: Context) -> pb.ListEventsResponse:  # noqa: N802
        """Read the journal by cursor."""
        page = await self._wallet.events(
            brand_id=optional_id("brand_id", request.brand_id),
            cursor=request.cursor,
            page_size=page_size(request.page_size),
        )
        return pb.ListEventsResponse(events=map(to_proto.transaction, page.items), next_cursor=page.next_token)

    async def GetRoundTimeline(  # noqa: N802 - gRPC's name
        self, request: pb.GetRoundTimelineRequest, _context: Context
    ) -> pb.GetRoundTimelineResponse:
        """Tell the story of a round."""
        story = await self._wallet.round_story(round_key(request.ref))
        if story is None:
            raise not_found("ROUND_NOT_FOUND", "no such round")
        return pb.GetRoundTimelineResponse(
            round=to_proto.round_message(story.round) if story.round else None,
            entries=map(to_proto.timeline_entry, timeline(story)),
        )

    async def NoteRound(self, request: pb.NoteRoundRequest, _context: Context) -> pb.NoteRoundResponse:  # noqa: N802
        """Leave a note in a round's story."""
        key = round_key(request.ref)
        author = text_field("author", request.author, from_proto.AUTHOR_LENGTH_MAX)
        text = text_field("text", request.text, from_proto.REASON_LENGTH_MAX)
        if not await self._wallet.note_round(key, author, text):
            raise not_found("ROUND_NOT_FOUND", "no such round")
        return pb.NoteRoundResponse()

    async def SetLimits(self, request: pb.SetLimitsRequest, _context: Context) -> pb.SetLimitsResponse:  # noqa: N802
        """Set a player's limits."""
        key = account_key(request.account)
        author = text_field("author", request.author, from_proto.AUTHOR_LENGTH_MAX)
        outcome = _accepted(await self._wallet.set_limits(key, from_proto.limit_changes(request), author))
        assert outcome.account is not None
        return to_proto.limits_response(read_settings(outcome.account.limits), outcome.account.updated_time_ms)

    async def SetAccountStatus(  # noqa: N802 - gRPC's name
        self, request: pb.SetAccountStatusRequest, _context: Context
    ) -> pb.SetAccountStatusResponse:
        """Block, exclude or reopen an account."""
        key = account_key(request.account)
        status = from_proto.STATUSES.get(request.status)
        if status is None:
            raise invalid("status", "not a status")
        author = text_field("author", request.author, from_proto.AUTHOR_LENGTH_MAX)
        reason = text_field("reason", request.reason, from_proto.REASON_LENGTH_MAX)
        until_ms = time_field("until_time", request.until_time) if request.HasField("until_time") else 0
        outcome = _accepted(await self._wallet.set_status(key, status, author, reason, until_ms=until_ms))
        assert outcome.account is not None
        return pb.SetAccountStatusResponse(balance=to_proto.balance(outcome.account))

    async def SetFreeRoundsGrant(  # noqa: N802 - gRPC's name
        self, request: pb.SetFreeRoundsGrantRequest, _context: Context
    ) -> pb.SetFreeRoundsGrantResponse:
        """Give free bets, or take back what is not yet played."""
        key = account_key(request.account)
        grant_id = id_field("grant_id", request.grant_id)
        if not 1 <= request.count <= GRANT_COUNT_MAX:
            raise invalid("count", f"1 to {GRANT_COUNT_MAX}")
        if request.stake_micros < 0:
            raise invalid("stake_micros", "must not be negative")
        expires_ms = time_field("expire_time", request.expire_time) if request.HasField("expire_time") else 0
        provider_id = request.provider_id and id_field("provider_id", request.provider_id)
        if len(request.game_ids) > GRANT_GAMES_MAX:
            raise invalid("game_ids", f"at most {GRANT_GAMES_MAX}")
        game_ids = ",".join(id_field("game_ids", game_id) for game_id in request.game_ids)
        author = text_field("author", request.author, from_proto.AUTHOR_LENGTH_MAX)
        grant = Grant(
            *key,
            grant_id,
            request.count,
            request.stake_micros,
            provider_id=provider_id,
            game_ids=game_ids,
            expires_time_ms=expires_ms,
        )
        outcome = _accepted(await self._wallet.issue_grant(grant, author))
        if request.cancelled:
            outcome = _accepted(await self._wallet.cancel_grant(grant.key, author))
        return pb.SetFreeRoundsGrantResponse(used_count=outcome.grant.used_count if outcome.grant else 0)


def _accepted(outcome: AdminOutcome) -> AdminOutcome:
    if not outcome.accepted:
        raise outcome_refused(outcome.code, outcome.field, outcome.reason)
    return outcome
