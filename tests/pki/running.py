"""The development PKI as other tests use it: made once, answering over HTTP on a free loopback port."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.demo.processes import free_port
from gateway.devpki import DevPki, build_pki
from gateway.devpki.serve import make_pki_server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


@contextmanager
def running_pki(
    folder: Path, before: "Callable[[DevPki, WSGIApplication], WSGIApplication] | None" = None
) -> Iterator[DevPki]:
    """Make a PKI in folder (2 s) and serve it from a thread of this process until the block ends.

    Args:
        before: Puts something between the clients and the services.
    """
    pki = build_pki(folder, datetime.now(UTC), address=f"http://127.0.0.1:{free_port()}")
    server = make_pki_server(pki)
    if before is not None:
        server.app = before(pki, server.app)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield pki
    finally:
        server.shutdown()
        thread.join(timeout=5)
        server.server_close()
