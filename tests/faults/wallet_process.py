"""A wallet process to be killed: plays a seeded load and tells on its output what it sends and what it was answered."""

import asyncio
import base64
import pickle
import sys

from tests.support.wallet_load import Apply, Play, Sent
from wallet.bootstrap import open_wallet
from wallet.ledger.kinds import Certainty
from wallet.ledger.types import Command, Reply
from wallet.settlement.group_commit import GroupSettings


class _ToldPlay(Play):
    async def send(self, apply: Apply, command: Command) -> Sent:
        async def told(command: Command) -> Reply:
            reply = await apply(command)
            if reply.certainty is Certainty.UNCERTAIN:
                tell("uncertain", command)
            return reply

        tell("sent", command)
        sent = await super().send(told, command)
        if sent.reply is not None:
            tell("answered", (command, sent.reply))
        return sent


def tell(word: str, value: Command | tuple[Command, Reply]) -> None:
    """Write one line."""
    sys.stdout.write(f"{word} {base64.b64encode(pickle.dumps(value)).decode()}\n")
    sys.stdout.flush()


async def main() -> None:
    """Play until killed."""
    wallet = await open_wallet(sys.argv[1], settings=GroupSettings(tries_max=3))
    play = _ToldPlay(seed=int(sys.argv[2]), client_count=16, spins_only="spins" in sys.argv[3:])
    await play.run(wallet.apply, 1_000_000)


if __name__ == "__main__":
    asyncio.run(main())
