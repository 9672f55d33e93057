"""Rate, errors and duration of every RPC, by method and by reason (a bound label costs a microsecond)."""

from prometheus_client import CollectorRegistry, Counter, Histogram

_BUCKETS_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class RpcMetrics:
    """The RED metrics of one server."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        labels = ("service", "method")
        self._seconds = Histogram(
            "reelgate_rpc_seconds", "Duration of an RPC.", labels, buckets=_BUCKETS_S, registry=self.registry
        )
        self._ended = Counter(
            "reelgate_rpc_ended", "RPCs by code and reason.", (*labels, "code", "reason"), registry=self.registry
        )

    def of_method(self, service: str, method: str) -> "MethodMetrics":
        """Return the metrics of one method, with its labels bound."""
        return MethodMetrics(self._seconds.labels(service, method), self._ended, service, method)


class MethodMetrics:
    """The RED metrics of one method."""

    def __init__(self, seconds: Histogram, ended: Counter, service: str, method: str) -> None:
        self._observe_s = seconds.observe
        self._ended = ended
        self._labels = (service, method)
        self._ok = ended.labels(service, method, "OK", "")

    def ok(self, seconds: float) -> None:
        """Count a success."""
        self._ok.inc()
        self._observe_s(seconds)

    def failed(self, code: str, reason: str, seconds: float) -> None:
        """Count anything else."""
        self._ended.labels(*self._labels, code, reason).inc()
        self._observe_s(seconds)
