"""Provably fair rounds: from the seeds of house and player to the seed of one step. Pure.

The server seed comes from ``RandomSource.round_seed``; the caller keeps it secret, gives each round a nonce of its own,
and reveals the seed when it is used no more. ``verify_fair.py`` checks a round from the published values alone.
"""

import hmac
import re

from adapters.contract.fair import FairDraw

_is_game_hash = re.compile(r"[0-9a-f]{64}\Z").match


def fair_step_seed(draw: FairDraw, game_hash: str, step: int) -> bytes:
    """The 32 bytes of one step: HMAC-SHA-256(server_seed, "client_seed:nonce:game_hash:step").

    Each step has a seed of its own, so what is stored of one step tells nothing about those to come. Raises ValueError
    naming what is malformed.
    """
    if not _is_game_hash(game_hash):
        raise ValueError("game_hash must be 64 lower-case hexadecimal digits")
    if step < 0:
        raise ValueError("step must not be negative")
    message = f"{draw.terms.client_seed}:{draw.terms.nonce}:{game_hash}:{step}"
    return hmac.digest(draw.server_seed, message.encode("ascii"), "sha256")
