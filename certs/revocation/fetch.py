"""One HTTP exchange with an address that came out of a certificate: bounded in total time and in size."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from certs.errors import AddressNotAllowed

AllowAddress = Callable[[str], None]
"""Raises certs.errors.AddressNotAllowed where an outgoing call must not go.

It is asked twice: with the address as written, and with the number that was really connected to, because a name
may lead elsewhere the second time it is resolved.
"""

MAX_REDIRECTS = 3
READ_SIZE_BYTES = 65_536


class ExchangeFailed(Exception):
    """No answer within the limits; code as in certs.revocation.model.FetchFailure."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Limits:
    """Bounds of one exchange."""

    timeout_seconds: float = 10.0
    max_size_bytes: int = 10_000_000


class Exchange(Protocol):
    """Calls an address: GET, or POST where a body is given."""

    def __call__(self, address: str, body: bytes | None, content_type: str | None, limits: Limits) -> bytes:
        """Return the body of a 200 answer, or raise ExchangeFailed."""
        ...


class HttpExchange:
    """The exchange over HTTP.

    A read timeout alone starts anew with every byte, so a server that drips would hold a worker for hours. Here a
    timer closes the socket when the whole time is over. Redirects are followed by hand: each target is checked again.
    """

    def __init__(self, allow_address: AllowAddress) -> None:
        self._allow_address = allow_address

    def __call__(self, address: str, body: bytes | None, content_type: str | None, limits: Limits) -> bytes:
        deadline = time.monotonic() + limits.timeout_seconds
        for _ in range(MAX_REDIRECTS + 1):
            self._check(address)
            left_seconds = deadline - time.monotonic()
            if left_seconds <= 0:
                raise ExchangeFailed("time-limit")
            with _bounded_session(left_seconds, self._allow_address) as bounded:
                answer = _exchange_once(bounded, address, body, content_type, limits.max_size_bytes)
            if isinstance(answer, bytes):
                return answer
            address = requests.compat.urljoin(address, answer.location)
        raise ExchangeFailed("http-status")

    def _check(self, address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
            raise ExchangeFailed("address-not-allowed")
        try:
            self._allow_address(address)
        except AddressNotAllowed as error:
            raise ExchangeFailed("address-not-allowed") from error


@dataclass(frozen=True)
class _Redirect:
    location: str


@dataclass(frozen=True)
class _Bounded:
    """A session whose sockets end with the time, and the sign that they did."""

    session: requests.Session
    left_seconds: float
    expired: threading.Event


def _exchange_once(
    bounded: _Bounded, address: str, body: bytes | None, content_type: str | None, max_size_bytes: int
) -> bytes | _Redirect:
    try:
        with bounded.session.request(
            "GET" if body is None else "POST",
            address,
            data=body,
            headers={"Content-Type": content_type} if content_type else {},
            timeout=bounded.left_seconds,
            allow_redirects=False,
            stream=True,
        ) as response:
            if response.is_redirect:
                return _Redirect(response.headers["Location"])
            if response.status_code != requests.codes.ok:
                raise ExchangeFailed("time-limit" if bounded.expired.is_set() else "http-status")
            received = _read_bounded(response, max_size_bytes)
    except (requests.RequestException, OSError, ValueError) as error:
        slow = bounded.expired.is_set() or isinstance(error, requests.Timeout)
        raise ExchangeFailed("time-limit" if slow else "unreachable") from error
    except AddressNotAllowed as error:
        raise ExchangeFailed("address-not-allowed") from error
    if bounded.expired.is_set():
        # To the reader the closed socket looks like the end of the answer.
        raise ExchangeFailed("time-limit")
    return received


def _read_bounded(response: requests.Response, max_size_bytes: int) -> bytes:
    received = bytearray()
    for part in response.iter_content(READ_SIZE_BYTES):
        received += part
        if len(received) > max_size_bytes:
            raise ExchangeFailed("size-limit")
    return bytes(received)


@contextmanager
def _bounded_session(left_seconds: float, allow_address: AllowAddress) -> Iterator[_Bounded]:
    sockets: list[socket.socket] = []
    expired = threading.Event()

    def end() -> None:
        expired.set()
        for opened in sockets:
            try:
                opened.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    timer = threading.Timer(left_seconds, end)
    timer.daemon = True
    with requests.Session() as session:
        # Certificates' addresses are public; a proxy or a .netrc of the machine is not meant for them.
        session.trust_env = False
        adapter = _WatchedAdapter(sockets, allow_address)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        timer.start()
        try:
            yield _Bounded(session, left_seconds, expired)
        finally:
            timer.cancel()


class _WatchedAdapter(HTTPAdapter):
    """Checks and notes each socket as soon as it is connected, before the first byte is sent."""

    def __init__(self, sockets: list[socket.socket], allow_address: AllowAddress) -> None:
        self._sockets = sockets
        self._allow_address = allow_address
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        watch = self._watch

        class Plain(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                return watch(super()._new_conn(), "http")

        class Secure(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                return watch(super()._new_conn(), "https")

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}

    def _watch(self, opened: socket.socket, scheme: str) -> socket.socket:
        host, port = opened.getpeername()[:2]
        literal = f"[{host.split('%')[0]}]" if ":" in host else host
        try:
            self._allow_address(f"{scheme}://{literal}:{port}/")
        except AddressNotAllowed:
            opened.close()
            raise
        self._sockets.append(opened)
        return opened
