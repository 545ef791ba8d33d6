"""The sandbox as a process of its own."""

import os
import subprocess
import sys

import pytest
import requests

from gateway.demo.processes import free_port

COMMAND = [sys.executable, "-m", "gateway.sandbox"]
IPN = ["--tmn-code", "SANDBOX1", "--ipn-url", "http://127.0.0.1:9/callbacks/vnpay"]


def environment(**more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VNPAY_SANDBOX")}
    return {**kept, **more}


def test_it_serves_until_it_is_told_to_stop():
    port = free_port()
    process = subprocess.Popen(
        [*COMMAND, "--port", str(port), *IPN], env=environment(VNPAY_SANDBOX_SECRET="s"), stdout=subprocess.PIPE
    )
    try:
        assert str(port) in process.stdout.readline().decode()
        assert requests.get(f"http://127.0.0.1:{port}/", timeout=5).status_code == 200
        # No control token was given, so there is nothing to control.
        assert requests.post(f"http://127.0.0.1:{port}/sandbox/calls", json={}, timeout=5).status_code == 404
        taken = subprocess.run(
            [*COMMAND, "--port", str(port), *IPN], env=environment(VNPAY_SANDBOX_SECRET="s"), capture_output=True
        )
        assert taken.returncode == 2
        assert b"Choose another with --port" in taken.stderr
    finally:
        process.terminate()
        assert process.wait(5) == 0
        process.stdout.close()


@pytest.mark.parametrize(
    ("arguments", "secret", "said"),
    [
        (IPN, "", b"VNPAY_SANDBOX_SECRET"),
        ([*IPN, "--host", "192.0.2.1"], "s", b"loopback"),
        ([*IPN[:3], "https://example.org/ipn"], "s", b"loopback"),
    ],
)
def test_it_refuses_to_run_unsafely(arguments, secret, said):
    refused = subprocess.run(
        [*COMMAND, "--port", "0", *arguments], env=environment(VNPAY_SANDBOX_SECRET=secret), capture_output=True
    )
    assert refused.returncode == 2
    assert said in refused.stderr
