"""One HTTP request whose whole duration is bounded, also against a server that sends one byte at a time.

The timeouts of an HTTP client bound each wait, not the sum: a drip of bytes can hold a worker for hours. Here the
connection is shut down when the time is up, whatever it was doing.
"""

import socket
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection


class HttpFailed(Exception):
    """No complete answer within time and size; the message says why."""


class _Deadline:
    """Shuts every connection down that was opened under it, once its time is over."""

    def __init__(self, seconds: float) -> None:
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self.over = False

    def __enter__(self) -> "_Deadline":
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def watch(self, connection: HTTPConnection) -> None:
        with self._lock:
            if isinstance(connection.sock, socket.socket):
                self._sockets.append(connection.sock)
        if self.over:
            self._end()

    def _end(self) -> None:
        self.over = True
        with self._lock:
            for one in self._sockets:
                try:
                    one.shutdown(socket.SHUT_RDWR)
                except OSError:
                    # Closed already: there is nothing left to end.
                    continue


class _WatchedAdapter(HTTPAdapter):
    """Opens connections that report themselves to a deadline."""

    def __init__(self, deadline: _Deadline) -> None:
        self._deadline = deadline
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        deadline = self._deadline

        class Plain(HTTPConnection):
            def connect(self) -> None:
                super().connect()
                deadline.watch(self)

        class Secured(HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                deadline.watch(self)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecuredPool(HTTPSConnectionPool):
            ConnectionCls = Secured

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecuredPool}


def post_bounded(
    url: str,
    body: bytes,
    content_type: str,
    *,
    timeout_seconds: float,
    size_bytes: int,
    ca_file: Path | None = None,
) -> tuple[int, str, bytes]:
    """POST once and return status, content type without parameters, and body.

    Redirects are not followed and the environment's proxies are not used: the operator named this address. ca_file
    takes the place of the CAs that the system trusts.

    Raises:
        HttpFailed: No whole answer within timeout_seconds, or one longer than size_bytes.
    """
    return _exchange("POST", url, body, {"Content-Type": content_type}, timeout_seconds, size_bytes, ca_file)


def get_bounded(
    url: str, headers: Mapping[str, str], *, timeout_seconds: float, size_bytes: int, ca_file: Path | None = None
) -> tuple[int, str, bytes]:
    """GET once, as post_bounded does.

    Raises:
        HttpFailed: No whole answer within timeout_seconds, or one longer than size_bytes.
    """
    return _exchange("GET", url, None, headers, timeout_seconds, size_bytes, ca_file)


def _exchange(
    method: str,
    url: str,
    body: bytes | None,
    headers: Mapping[str, str],
    timeout_seconds: float,
    size_bytes: int,
    ca_file: Path | None,
) -> tuple[int, str, bytes]:
    with _Deadline(timeout_seconds) as deadline, requests.Session() as session:
        session.trust_env = False
        adapter = _WatchedAdapter(deadline)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        try:
            with session.request(
                method,
                url,
                data=body,
                headers=dict(headers),
                timeout=timeout_seconds,
                allow_redirects=False,
                stream=True,
                verify=True if ca_file is None else str(ca_file),
            ) as response:
                content = _read(response, size_bytes)
                kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
                if deadline.over:
                    raise HttpFailed(f"no whole answer within {timeout_seconds:g} s")
                return response.status_code, kind, content
        except (requests.RequestException, OSError, ValueError) as error:
            # The library's own time limit is the same one, and may notice first.
            if deadline.over or isinstance(error, requests.Timeout):
                raise HttpFailed(f"no whole answer within {timeout_seconds:g} s") from None
            raise HttpFailed(f"no answer: {type(error).__name__}") from None


def _read(response: requests.Response, size_bytes: int) -> bytes:
    content = b""
    for piece in response.iter_content(4096):
        content += piece
        if len(content) > size_bytes:
            raise HttpFailed(f"the answer is longer than {size_bytes} bytes")
    return content
