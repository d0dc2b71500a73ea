"""What whoever runs the service watches, in Prometheus' text form; summed over the processes if there are several."""

from __future__ import annotations

import os
import tempfile
import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest

_FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # where prometheus_client lets several processes count together
_LATENCIES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds

disable_created_metrics()  # type: ignore[no-untyped-call]
REQUESTS = Counter("navsearch_requests", "Requests answered.", ("route", "status"))
LATENCY = Histogram("navsearch_request_seconds", "From the request to the end of its answer.", ("route",), buckets=_LATENCIES)
CACHE = Counter("navsearch_cache", "Answers looked up in the cache.", ("result",))
MADE = Counter("navsearch_made", "Answers made, for one request or for several that asked the same meanwhile.")
WAITING = Gauge("navsearch_waiting", "Requests that wait for a thread or have one.", multiprocess_mode="livesum")
REFUSED = Counter("navsearch_refused", "Requests turned away.", ("why",))
BUILT = Gauge("navsearch_index_built_timestamp_seconds", "When the index that answers was built.", multiprocess_mode="livemin")
AGE = Gauge("navsearch_index_age_seconds", "How long ago that was.", multiprocess_mode="livemax")
SWAPS = Counter("navsearch_index_swaps", "New indexes taken over, or not.", ("result",))
RECORDS = Gauge("navsearch_index_records", "Records in the index that answers.", multiprocess_mode="livemin")


def share_between_processes() -> None:
    """Let the processes that are started from now on count together."""
    os.environ[_FOLDER] = tempfile.mkdtemp(prefix="navsearch-metrics-")


def text(built: float) -> bytes:
    """All of them, in a moment in which the index that answers was built at `built`, seconds since 1970."""
    AGE.set(max(0.0, time.time() - built))
    if _FOLDER not in os.environ:
        return generate_latest()
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
