"""HOST:PORT as people type it: read exactly or refused in a sentence. Used by everything that listens or connects."""

import re

PORT_MAX = 65_535
_OTHER_NAMES = re.compile(r"(dns|unix|unix-abstract|ipv4|ipv6|xds):")
"""gRPC knows other ways to name a server, such as ``dns:///wallet:7201``; those are its own to read."""


class StartRefused(ValueError):
    """What a process was told at its start cannot be used; the message is a sentence for whoever started it."""


class AddressRefused(StartRefused):
    """The text is no address."""


class DatabaseRefused(StartRefused):
    """The text names no database that we can use. It is not repeated: it may hold a password."""


class CannotListen(OSError):
    """The address is taken, or is none of this machine."""


def split_address(address: str, *, port_min: int = 0) -> tuple[str, int]:
    """Return host and port of ``HOST:PORT`` or ``[IPV6]:PORT``; raises ``AddressRefused``."""
    host, colon, port = address.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not colon or not port.isascii() or not port.isdigit() or (bare == host and ":" in host) or "/" in host:
        raise AddressRefused(f"{address!r} is not HOST:PORT")
    if not port_min <= int(port) <= PORT_MAX:
        raise AddressRefused(f"{address!r} has a port that is not between {port_min} and {PORT_MAX}")
    return bare, int(port)


def check_target(target: str) -> str:
    """Return the address of a server to connect to; raises ``AddressRefused``."""
    if not _OTHER_NAMES.match(target):
        host, _ = split_address(target, port_min=1)
        if not host:
            raise AddressRefused(f"{target!r} names no host")
    return target
