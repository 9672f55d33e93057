"""A gRPC channel that keeps itself alive and repeats what is safe to repeat."""

import json

import grpc.aio

_RETRY = {
    "maxAttempts": 4,
    "initialBackoff": "0.05s",
    "maxBackoff": "1s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE"],
}


def open_channel(
    target: str, *, retry: bool = True, message_bytes_max: int = 4 * 1024 * 1024, own_connection: bool = False
) -> grpc.aio.Channel:
    """Return a channel; UNAVAILABLE is repeated with the same message, which is safe because every call has its id.

    ``own_connection`` keeps it from sharing one TCP connection with other channels to the same target.
    """
    config = {"methodConfig": [{"name": [{}], **({"retryPolicy": _RETRY} if retry else {})}]}
    return grpc.aio.insecure_channel(
        target,
        options=(
            ("grpc.service_config", json.dumps(config)),
            ("grpc.enable_retries", int(retry)),
            ("grpc.keepalive_time_ms", 60_000),
            ("grpc.max_receive_message_length", message_bytes_max),
            ("grpc.use_local_subchannel_pool", int(own_connection)),
        ),
    )
