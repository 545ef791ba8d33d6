"""One bounded call to a provider: limited in size and, as a whole, in time; no redirects, no proxies of the shell."""

import json
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Self

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from payments.errors import ProviderUnavailable

MOST_BYTES = 256 * 1024
CHUNK_BYTES = 8 * 1024
ANSWERED = frozenset({200, 201})
# Under these a provider may say in its own words why it refuses; under 500 and above it does not know itself.
REFUSED = range(400, 500)
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


Refusal = Callable[[bytes], bool]
"""Says whether a body is a refusal in the provider's own words; never true of a success."""

CaFile = Callable[[], Path | None]
"""Gives the CA certificates that vouch for providers at the moment of a call; None for the system's."""


class _Trust:
    """Which CAs vouch for providers in this process: one answer for all adapters, so that none can leave it out."""

    ca_file: CaFile | None = None


def trust_cas(ca_file: CaFile | None) -> None:
    """Have every later call to a provider trust these CAs; whoever wires the process decides, once."""
    _Trust.ca_file = ca_file


@dataclass(frozen=True)
class HttpAnswer:
    """A whole answer, whatever its status."""

    status: int
    content: bytes


def post_json(
    url: str,
    body: Mapping[str, Any],
    timeout_seconds: float,
    headers: Mapping[str, str] = NO_HEADERS,
    *,
    is_refusal: Refusal | None = None,
) -> bytes:
    """POST a JSON object and return the answer's bytes.

    Args:
        headers: Beside the content's; they may be secret.
        is_refusal: Given by providers that refuse in words of their own: those are returned under a 4xx too.
    Raises:
        ProviderUnavailable: Not reached, neither 200 or 201 nor such a refusal, too long or too slow; says which, and
            nothing of what was sent.
    """
    content = json.dumps(dict(body), ensure_ascii=False).encode()
    return answered(call("POST", url, content, timeout_seconds, headers), is_refusal)


def get_json(url: str, timeout_seconds: float, headers: Mapping[str, str] = NO_HEADERS) -> bytes:
    """GET an address and return the answer's bytes. Raises as post_json."""
    return answered(call("GET", url, None, timeout_seconds, headers))


def answered(answer: HttpAnswer, is_refusal: Refusal | None = None) -> bytes:
    """Return the bytes of what is an answer by its status, or a provider's own refusal. Raises as post_json."""
    refused = is_refusal is not None and answer.status in REFUSED and is_refusal(answer.content)
    if answer.status not in ANSWERED and not refused:
        raise ProviderUnavailable(f"the provider answered with status {answer.status}")
    return answer.content


def call(
    method: str,
    url: str,
    content: bytes | None,
    timeout_seconds: float,
    headers: Mapping[str, str] = NO_HEADERS,
    *,
    most_bytes: int = MOST_BYTES,
) -> HttpAnswer:
    """Make one call and return its answer, of any status; content is JSON unless the headers say otherwise.

    Raises:
        ProviderUnavailable: Not reached, too long or too slow; says which, and nothing of what was sent.
    """
    with _Alarm(timeout_seconds) as alarm, requests.Session() as session:
        session.trust_env = False
        for scheme in ("http://", "https://"):
            session.mount(scheme, _WatchedAdapter(alarm))
        kind = {} if content is None else {"Content-Type": "application/json; charset=utf-8"}
        request = requests.Request(method, url, {"Connection": "close", **kind, **headers}, data=content)
        try:
            trusted = _Trust.ca_file() if _Trust.ca_file is not None else None
            session.verify = True if trusted is None else str(trusted)
            answer = _answer(session, request, timeout_seconds, most_bytes)
        except (requests.RequestException, OSError) as error:
            reason = f"no whole answer in {timeout_seconds:g} s" if alarm.rang else type(error).__name__
            raise ProviderUnavailable(f"the provider was not reached: {reason}") from None
        if alarm.rang:
            raise ProviderUnavailable(f"the provider was not reached: no whole answer in {timeout_seconds:g} s")
        return answer


def _answer(
    session: requests.Session, request: requests.Request, timeout_seconds: float, most_bytes: int
) -> HttpAnswer:
    with session.request(
        request.method,
        request.url,
        data=request.data,
        headers=request.headers,
        timeout=timeout_seconds,
        allow_redirects=False,
        stream=True,
    ) as response:
        received = bytearray()
        for chunk in response.iter_content(CHUNK_BYTES):
            received += chunk
            if len(received) > most_bytes:
                raise ProviderUnavailable("the provider's answer is too long")
        return HttpAnswer(response.status_code, bytes(received))


class _Alarm:
    """Shuts the call's socket when its time is over: a client's timeouts start anew with every byte that drips in."""

    def __init__(self, timeout_seconds: float) -> None:
        self.rang = False
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(timeout_seconds, self._ring)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._timer.cancel()

    def watch(self, opened: socket.socket) -> None:
        """Remember the socket that the call uses from now on."""
        self._socket = opened
        if self.rang:
            self._shut()

    def _ring(self) -> None:
        self.rang = True
        self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                # Closed already: the call ended by itself.
                return


class _WatchedAdapter(HTTPAdapter):
    """Opens connections that show their sockets to the alarm, before and after TLS took them over."""

    def __init__(self, alarm: _Alarm) -> None:
        self._alarm = alarm
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        alarm = self._alarm

        class Plain(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                opened = super()._new_conn()
                alarm.watch(opened)
                return opened

        class Secure(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                opened = super()._new_conn()
                alarm.watch(opened)
                return opened

            def connect(self) -> None:
                super().connect()
                alarm.watch(self.sock)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
