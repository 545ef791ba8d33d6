"""How gunicorn runs wsgi:app; the listening address comes from the command line or GUNICORN_CMD_ARGS."""

import gc
import multiprocessing
import os
from typing import Any

from prometheus_client.multiprocess import mark_process_dead

# Threads, because a request mostly waits for the database; a few processes, because Python runs on one core each. More
# threads than this spend more time on handing the interpreter to each other than they gain: at 200 callbacks a second
# on two cores eight waited twice as long as four. Slow clients hold none of them, because nginx takes bodies whole.
worker_class = "gthread"
workers = min(multiprocessing.cpu_count(), 8)
threads = 4
# Loaded once and forked: starts in half the time. Nothing is opened while loading: connections, the parsing child and
# the queue are opened by the first request that needs them.
preload_app = True
# A web request never waits for a third party, so a minute is only ever an upload over a slow line.
timeout = 60
graceful_timeout = 20
keepalive = 5
# Ends slow leaks; the jitter keeps the processes from restarting together.
max_requests = 20_000
max_requests_jitter = 2_000
# The request line holds a provider's callback query; VNPAY's stays under 2 KB.
limit_request_line = 8190
accesslog = None
control_socket_disable = True
# Loading makes no garbage (see config.loading); and pages that no collector touches stay shared between the processes.
gc.disable()


def when_ready(_server: Any) -> None:
    """Let the collector work, on what is not loaded."""
    gc.freeze()
    gc.enable()


def child_exit(server: Any, worker: Any) -> None:
    """Let the gauges of a web process that has ended count no longer."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def post_worker_init(worker: Any) -> None:
    """Start the process that parses uploads before the first upload comes."""
    worker.wsgi.extensions["services"].confined.warm_up()
