"""What is configured about a remote provider."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc


@dataclass(frozen=True, slots=True)
class RemoteOptions:
    """Where the server is, and how long to wait for it. Paths are of PEM files; without them the channel is plain."""

    target: str
    call_timeout_ms: int = 5_000
    """For the calls that carry no deadline of their own (everything but ``spin``)."""
    connect_timeout_ms: int = 1_000
    in_flight_max: int = 0
    """Tightens the manifest's cap; 0 leaves it."""
    open_calls: bool = True
    """Steps go on an open call where the manifest declares it; false: each by ``Spin`` itself."""
    message_bytes_max: int = 4 * 1024 * 1024
    root_certificates_path: str = ""
    client_certificate_path: str = ""
    client_key_path: str = ""

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "RemoteOptions":
        """Read a config section; an unknown name is refused."""
        unknown = set(config) - set(cls.__dataclass_fields__)
        if unknown or not config.get("target"):
            raise ValueError(f"remote adapter: target is required; not known: {sorted(unknown)}")
        return cls(**config)

    def channel(self) -> grpc.aio.Channel:
        """Open a channel (it connects on first use)."""
        settings = [
            ("grpc.max_send_message_length", self.message_bytes_max),
            ("grpc.max_receive_message_length", self.message_bytes_max),
            ("grpc.initial_reconnect_backoff_ms", 100),
            ("grpc.min_reconnect_backoff_ms", 100),
            ("grpc.max_reconnect_backoff_ms", 1_000),
            ("grpc.keepalive_time_ms", 30_000),
            ("grpc.enable_retries", 0),
        ]
        if not self.root_certificates_path:
            return grpc.aio.insecure_channel(self.target, options=settings)
        credentials = grpc.ssl_channel_credentials(
            Path(self.root_certificates_path).read_bytes(),
            Path(self.client_key_path).read_bytes() if self.client_key_path else None,
            Path(self.client_certificate_path).read_bytes() if self.client_certificate_path else None,
        )
        return grpc.aio.secure_channel(self.target, credentials, options=settings)
