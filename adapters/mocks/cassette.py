"""Record and replay: the wallet calls as data; sent again byte for byte, their answers compared."""

import json
from collections.abc import Sequence

from adapters.mocks.journal import Journal
from adapters.mocks.link import LinkFailed
from adapters.mocks.tenant import Tenant
from adapters.mocks.types import HttpCall

REPLAY_TIMEOUT_MS = 10_000


def cassette_of(journal: Journal) -> list[dict[str, object]]:
    """Return the wallet calls of a journal in a form that can be kept in a file."""
    return [
        {
            "method": entry.method,
            "path": entry.path,
            "query": entry.query,
            "headers": entry.request_headers,
            "request": entry.request,
            "status": entry.status,
            "reply": entry.reply,
        }
        for entry in journal.entries
        if entry.side == "wallet" and entry.status is not None
    ]


async def replay_cassette(tenant: Tenant, exchanges: Sequence[dict[str, object]], ignore: set[str]) -> list[str]:
    """Send recorded calls again; returns one line per answer that differs (fields in ``ignore`` may)."""
    differences = []
    for number, recorded in enumerate(exchanges, 1):
        headers = recorded.get("headers")
        call = HttpCall(
            str(recorded["method"]),
            str(recorded["path"]),
            str(recorded["request"]).encode(),
            str(recorded.get("query", "")),
            tuple((str(name), str(value)) for name, value in headers.items()) if isinstance(headers, dict) else (),
        )
        try:
            reply = await tenant.link.send(tenant.wallet_url, call, REPLAY_TIMEOUT_MS)
        except LinkFailed as failure:
            differences.append(f"{number} {call.path}: {failure.reason}")
            continue
        if reply.status != recorded.get("status"):
            differences.append(f"{number} {call.path}: status {reply.status}, recorded {recorded.get('status')}")
        elif (found := _comparable(reply.body.decode("utf-8", "replace"), ignore)) != (
            wanted := _comparable(str(recorded.get("reply", "")), ignore)
        ):
            differences.append(f"{number} {call.path}: {found}, recorded {wanted}")
    return differences


def _comparable(text: str, ignore: set[str]) -> object:
    try:
        data = json.loads(text)
    except ValueError:
        return text
    return {name: value for name, value in data.items() if name not in ignore} if isinstance(data, dict) else data
