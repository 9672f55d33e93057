"""What a gateway must be told to work with a running mock: its adapters' configuration, and the keys of the brand."""

import json
import os
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from adapters.mocks.host import MockHost
from adapters.mocks.tenant import Tenant

CONFIG_NAME = "gateway.toml"
OURS = "# Written by `reelgate mock gateway-config`."
_MODULE = "adapters.{provider}.adapter:create_adapter"


@dataclass(frozen=True, slots=True)
class GatewaySetup:
    """The files that were written, and the commands that take the keys in."""

    config: Path
    commands: tuple[str, ...]


def write_setup(host: MockHost, brand_id: str, callbacks_listen: str, folder: Path) -> GatewaySetup:
    """Write ``gateway.toml`` and the key files, readable by their owner alone; what it wrote before is written anew.

    Raises ``OSError``, and ``ValueError`` where ``gateway.toml`` is somebody else's.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / CONFIG_NAME
    if path.exists() and not path.read_bytes().startswith(OURS.encode()):
        raise ValueError(f"{path} is there already and was not written by this command")
    lines = [
        OURS,
        "# These providers alone are served: the in-house games need an entry, too.",
        f"callbacks_listen = {json.dumps(callbacks_listen)}",
    ]
    commands = []
    for (provider, _), tenant in host.tenants.items():
        config = toml_value(tenant.dialect.adapter_config(tenant, brand_id))
        lines += [
            "",
            "[[adapters]]",
            f"factory = {json.dumps(_MODULE.format(provider=provider))}",
            f"config = {config}",
        ]
        commands.append(_command(tenant, brand_id, folder))
    _write(path, "\n".join([*lines, ""]).encode())
    return GatewaySetup(path, tuple(commands))


def toml_value(value: object) -> str:
    """Return a value as TOML on one line; JSON's texts, numbers and truths are TOML's, too."""
    if isinstance(value, Mapping):
        pairs = (f"{json.dumps(str(name))} = {toml_value(each)}" for name, each in value.items() if each is not None)
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, Iterable) and not isinstance(value, str):
        return f"[{', '.join(map(toml_value, value))}]"
    return json.dumps(value)


def _command(tenant: Tenant, brand_id: str, folder: Path) -> str:
    adapter_id = tenant.dialect.provider_id
    credential = tenant.dialect.credential(tenant, brand_id)
    secret = folder / f"{adapter_id}.secret"
    _write(secret, next(iter(credential.secrets), b""))
    words = ["reelgate", "brand", "credential", brand_id, "--adapter", adapter_id, "--brand-ref", brand_id]
    words += ["--secret-file", str(secret)]
    for key in credential.provider_public_keys[:1]:
        public = folder / f"{adapter_id}.public"
        _write(public, key)
        words += ["--public-key-file", str(public)]
    return shlex.join(words)


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), 0o600)  # of a file that was there already, too
        file.write(content)
