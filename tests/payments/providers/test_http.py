"""A provider's server that drips, hangs, floods, redirects or refuses costs a bounded call and a clear error."""

import json
import socket
import threading
import time

import pytest

from payments.errors import ProviderUnavailable
from payments.providers.http import post_json


@pytest.fixture
def server():
    """Serve one connection with whatever a function writes; yields a function that takes it and returns the address."""
    listening = socket.create_server(("127.0.0.1", 0))
    threads = []

    def serve(write):
        def handle():
            connection, _ = listening.accept()
            with connection:
                # Closing with unread bytes would reset the connection and lose what was written.
                while b"}" not in connection.recv(65536):
                    pass
                try:
                    write(connection)
                except OSError:
                    return

        threads.append(threading.Thread(target=handle, daemon=True))
        threads[-1].start()
        return f"http://127.0.0.1:{listening.getsockname()[1]}/api"

    yield serve
    for thread in threads:
        thread.join(5)
    listening.close()


def drip(connection, first):
    connection.sendall(first)
    for _ in range(40):
        time.sleep(0.05)
        connection.sendall(b"x")


def test_a_whole_answer_comes_back_byte_for_byte(server):
    body = json.dumps({"vnp_Message": "Thành công"}).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    assert post_json(server(lambda c: c.sendall(head + body)), {"a": "b"}, 2) == body


@pytest.mark.parametrize(
    "first", [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-Long: ", b"HTTP/1.1 2"]
)
def test_a_server_that_drips_is_left_when_the_time_is_over(server, first):
    address = server(lambda connection: drip(connection, first))
    before = time.monotonic()
    with pytest.raises(ProviderUnavailable, match=r"no whole answer in 0\.3 s"):
        post_json(address, {}, 0.3)
    assert time.monotonic() - before < 1


def test_a_server_that_says_nothing_is_left(server):
    with pytest.raises(ProviderUnavailable):
        post_json(server(lambda connection: time.sleep(0.6)), {}, 0.2)


@pytest.mark.parametrize(
    ("answer", "fact"),
    [
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", "status 302"),
        (b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", "status 500"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 300_000, "too long"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx", "not reached"),
        (b"nonsense\r\n\r\n", "not reached"),
        (b"", "not reached"),
    ],
)
def test_what_is_no_answer_is_unavailable(server, answer, fact):
    with pytest.raises(ProviderUnavailable, match=fact):
        post_json(server(lambda connection: connection.sendall(answer)), {}, 2)
