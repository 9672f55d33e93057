"""Record and replay: the wallet calls as data; sent again byte for byte, their answers compared."""

import json
from collections.abc import Sequence

from adapters.mocks.journal import Journal
from adapters.mocks.known_words import check_known
from adapters.mocks.link import LinkFailed
from adapters.mocks.tenant import Tenant
from adapters.mocks.types import HttpCall
from adapters.mocks.words import ExchangeWords

REPLAY_TIMEOUT_MS = 10_000


def cassette_of(journal: Journal) -> list[ExchangeWords]:
    """Return the wallet calls of a journal in a form that can be kept in a file."""
    return [
        ExchangeWords(
            method=entry.method,
            path=entry.path,
            query=entry.query,
            headers=entry.request_headers,
            request=entry.request,
            status=entry.status,
            reply=entry.reply,
        )
        for entry in journal.entries
        if entry.side == "wallet" and entry.status is not None
    ]


async def replay_cassette(tenant: Tenant, exchanges: Sequence[ExchangeWords], ignore: set[str]) -> list[str]:
    """Send recorded calls again; returns one line per answer that differs (fields in ``ignore`` may).

    Raises ``ValueError`` where nothing would be shown: no call was recorded, or no answer has a field to ignore.
    """
    if not exchanges:
        raise ValueError("there is no recorded call to send again")
    if ignore:
        named = {name for each in exchanges if isinstance(data := _read(each.reply), dict) for name in data}
        check_known("ignore", sorted(ignore), named)
    differences = []
    for number, recorded in enumerate(exchanges, 1):
        call = HttpCall(
            recorded.method,
            recorded.path,
            recorded.request.encode(),
            recorded.query,
            tuple(recorded.headers.items()),
        )
        try:
            reply = await tenant.link.send(tenant.wallet_url, call, REPLAY_TIMEOUT_MS)
        except LinkFailed as failure:
            differences.append(f"{number} {call.path}: {failure.reason}")
            continue
        if reply.status != recorded.status:
            differences.append(f"{number} {call.path}: status {reply.status}, recorded {recorded.status}")
        elif (found := _comparable(reply.body.decode("utf-8", "replace"), ignore)) != (
            wanted := _comparable(recorded.reply, ignore)
        ):
            differences.append(f"{number} {call.path}: {found}, recorded {wanted}")
    return differences


def _comparable(text: str, ignore: set[str]) -> object:
    data = _read(text)
    return {name: value for name, value in data.items() if name not in ignore} if isinstance(data, dict) else data


def _read(text: str) -> object:
    """Return what a text says as JSON; what is none is itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text
