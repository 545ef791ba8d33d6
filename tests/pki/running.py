"""The development PKI as other tests use it: made once, answering over HTTP on a free loopback port."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from gateway.demo.processes import free_port
from gateway.devpki import DevPki, build_pki
from gateway.devpki.serve import make_pki_server


@contextmanager
def running_pki(folder: Path) -> Iterator[DevPki]:
    """Make a PKI in folder (2 s) and serve it from a thread of this process until the block ends."""
    pki = build_pki(folder, datetime.now(UTC), address=f"http://127.0.0.1:{free_port()}")
    server = make_pki_server(pki)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield pki
    finally:
        server.shutdown()
        thread.join(timeout=5)
        server.server_close()
