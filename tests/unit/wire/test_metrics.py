"""What was counted of calls, as Prometheus reads it."""

from prometheus_client import generate_latest

from protos.wire.metrics import RpcMetrics


def test_durations_fall_into_rising_buckets() -> None:
    metrics = RpcMetrics()
    spins = metrics.of_method("RoundService", "Spin")

    spins.ok(0.0005)
    spins.ok(0.3)
    spins.failed("INTERNAL", "", 60.0)

    def count_within(edge: str) -> float | None:
        labels = {"service": "RoundService", "method": "Spin", "le": edge}
        return metrics.registry.get_sample_value("reelgate_rpc_seconds_bucket", labels)

    assert [count_within(edge) for edge in ("0.0005", "0.25", "0.5", "+Inf")] == [1, 1, 2, 3]
    labels = {"service": "RoundService", "method": "Spin"}
    assert metrics.registry.get_sample_value("reelgate_rpc_seconds_sum", labels) == 60.3005
    assert metrics.registry.get_sample_value("reelgate_rpc_seconds_count", labels) == 3


def test_a_method_counts_from_zero_under_its_name() -> None:
    metrics = RpcMetrics()
    metrics.of_method("RoundService", "Spin")

    text = generate_latest(metrics.registry).decode()

    assert 'reelgate_rpc_ended_total{code="OK",method="Spin",reason="",service="RoundService"} 0.0' in text


def test_the_same_method_is_counted_in_one_place() -> None:
    metrics = RpcMetrics()

    assert metrics.of_method("RoundService", "Spin") is metrics.of_method("RoundService", "Spin")
