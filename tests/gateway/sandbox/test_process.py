"""The sandbox as a process of its own."""

import subprocess
import sys

import pytest
import requests

from gateway.demo.processes import free_port

COMMAND = [sys.executable, "-m", "gateway.sandbox"]
ACCOUNTS = """callbacks = "http://127.0.0.1:9/callbacks"
[vnpay]
tmn_code = "SANDBOX1"
hash_secret = "file:{folder}/secret"
"""


@pytest.fixture
def accounts(tmp_path):
    (tmp_path / "secret").write_text("a secret of the sandbox\n")
    path = tmp_path / "sandbox.toml"
    path.write_text(ACCOUNTS.replace("{folder}", str(tmp_path)))
    return path


def test_it_serves_until_it_is_told_to_stop(accounts):
    port = free_port()
    command = [*COMMAND, "--port", str(port), "--accounts", str(accounts)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert str(port) in process.stdout.readline().decode()
        assert requests.get(f"http://127.0.0.1:{port}/", timeout=5).status_code == 200
        # No control token was given, so there is nothing to control.
        assert requests.post(f"http://127.0.0.1:{port}/control/calls", json={}, timeout=5).status_code == 404
        taken = subprocess.run(command, capture_output=True)
        assert taken.returncode == 2
        assert b"Choose another with --port" in taken.stderr
    finally:
        process.terminate()
        assert process.wait(5) == 0
        process.stdout.close()


@pytest.mark.parametrize(
    ("change", "arguments", "said"),
    [
        ("|", ["--host", "192.0.2.1"], b"loopback"),
        ("http://127.0.0.1:9|https://example.org", [], b"loopback"),
        ("[vnpay]|[nobody]", [], b"Nothing stands in for 'nobody'"),
        ("tmn_code|tnm_code", [], b"lacks 'tmn_code'"),
        ("/secret|/no-secret", [], b"cannot be read"),
        ("[vnpay]|[vnpay", [], b"not TOML"),
    ],
)
def test_it_refuses_to_run_as_it_cannot(accounts, change, arguments, said):
    before, _, after = change.partition("|")
    if before:
        accounts.write_text(accounts.read_text().replace(before, after))
    refused = subprocess.run(
        [*COMMAND, "--port", "0", "--accounts", str(accounts), *arguments], capture_output=True, timeout=30
    )
    assert refused.returncode == 2
    assert said in refused.stderr
    assert b"a secret of the sandbox" not in refused.stderr
