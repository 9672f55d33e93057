"""The real clock and the real source of secrets: the only places of the gateway that ask the machine for time or
chance.
"""

import asyncio
import base64
import secrets
import time


class SystemClock:
    """The machine's clocks."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


class SystemIds:
    """Secrets from the operating system; ids that sort by time."""

    def token(self) -> str:
        """Return 32 random bytes as 43 characters of base64url."""
        return base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()

    def unique_id(self) -> str:
        """Return a UUIDv7: 48 bits of milliseconds, then chance."""
        head = (time.time_ns() // 1_000_000).to_bytes(6, "big")
        tail = bytearray(secrets.token_bytes(10))
        tail[0] = tail[0] & 0x0F | 0x70
        tail[2] = tail[2] & 0x3F | 0x80
        text = (head + bytes(tail)).hex()
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
