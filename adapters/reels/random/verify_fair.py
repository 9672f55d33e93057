"""Check a provably fair round from its published values alone. Stand-alone: copy this one file anywhere.

It imports the standard library only and shares no line with the engine::

    python verify_fair.py ROUND.json

ROUND.json: {"commitment": hex, "server_seed": hex, "client_seed": text, "nonce": int, "game_hash": hex,
"steps": [[[purpose, [range, ...], [value, ...]], ...], ...]}: the draws of each step, in order; other members are
ignored. Without "steps" it checks the commitment alone.
"""

import hashlib
import hmac
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TWO_64 = 2**64
BATCH_PRODUCT_MAX = 2**56


class NotFair(ValueError):
    """The published values contradict each other, or something is missing."""


def server_seed_of(published: dict[str, Any]) -> bytes:
    """The revealed seed; raises NotFair when it is not there or not the committed one."""
    if not published.get("server_seed"):
        raise NotFair("the server seed is not revealed yet")
    server_seed = bytes.fromhex(published["server_seed"])
    if hashlib.sha256(server_seed).hexdigest() != published["commitment"]:
        raise NotFair("the revealed server seed does not hash to the commitment")
    return server_seed


def step_seed(server_seed: bytes, published: dict[str, Any], step: int) -> bytes:
    """The 32 bytes that one step of the round is dealt from."""
    message = ":".join((published["client_seed"], str(published["nonce"]), published["game_hash"], str(step)))
    return hmac.new(server_seed, message.encode("ascii"), hashlib.sha256).digest()


def words(seed: bytes, step: int) -> Iterator[int]:
    """The endless stream of 64-bit words of one step of the round."""
    block = 1
    while True:
        text = block.to_bytes(4, "big") + seed + b"reelgate.round.v1" + step.to_bytes(4, "big")
        digest = hashlib.sha512(text).digest()
        for start in range(0, 64, 8):
            yield int.from_bytes(digest[start : start + 8], "big")
        block += 1


def next_values(stream: Iterator[int], ranges: list[int]) -> list[int]:
    """Map words to one value per range: chained multiply, one word while the product stays within 2**56."""
    values: list[int] = []
    while len(values) < len(ranges):
        batch = ranges[len(values) : len(values) + 1]
        product = batch[0]
        for bound in ranges[len(values) + 1 :]:
            if product * bound > BATCH_PRODUCT_MAX:
                break
            batch.append(bound)
            product *= bound
        values += _batch_values(stream, batch, product)
    return values


def _batch_values(stream: Iterator[int], batch: list[int], product: int) -> list[int]:
    while True:
        fraction = next(stream)
        values = []
        for bound in batch:
            value, fraction = divmod(fraction * bound, TWO_64)
            values.append(value)
        if fraction >= TWO_64 % product:
            return values


def findings(published: dict[str, Any]) -> list[str]:
    """Everything in the published round that does not follow from its seeds."""
    try:
        return list(_differences(server_seed_of(published), published))
    except NotFair as error:
        return [str(error)]
    except (AttributeError, KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        return [f"the published round cannot be read: {error!r}"]


def _differences(server_seed: bytes, published: dict[str, Any]) -> Iterator[str]:
    for step, draws in enumerate(published.get("steps", [])):
        stream = words(step_seed(server_seed, published, step), step)
        for number, (purpose, ranges, values) in enumerate(draws):
            expected = next_values(stream, ranges)
            if expected != values:
                yield f"step {step}, draw {number} ({purpose}): published {values}, seeds give {expected}"


def main(arguments: list[str]) -> int:
    """Print the verdict; 0 when everything holds, 1 when not, 2 when called wrongly."""
    if len(arguments) != 1:
        sys.stderr.write(__doc__ or "")
        return 2
    published = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    found = findings(published)
    for line in found:
        sys.stdout.write(f"NOT FAIR: {line}\n")
    if not found:
        sys.stdout.write(f"fair: the seeds give all draws of {len(published.get('steps', []))} steps\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
