"""`gateway pki`: a development PKI is made, described and served; what is wrong is one sentence."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import app
from gateway.demo.processes import free_port


def said(result: Result) -> str:
    """Return what a command said, without the frame around it."""
    return " ".join(result.output.replace("│", " ").split())


def test_a_pki_is_made_described_and_served_until_it_is_stopped(tmp_path: Path) -> None:
    folder, address = tmp_path / "pki", f"http://127.0.0.1:{free_port()}"
    made = CliRunner().invoke(app, ["pki", "init", str(folder), "--address", address])

    assert made.exit_code == 0, made.output
    assert "everything in it is a TEST" in made.stdout
    for signer, word in (
        ("official", "good"),
        ("citizen", "good"),
        ("revoked", "must fail"),
        ("weak-digest", "must fail"),
    ):
        assert any(line.split()[:2] == [signer, word.split()[0]] for line in made.stdout.splitlines()), signer
    again = CliRunner().invoke(app, ["pki", "init", str(folder), "--address", address])
    assert again.stdout == made.stdout

    command = [sys.executable, "-m", "gateway", "pki", "serve", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as serving:
        try:
            assert serving.stdout is not None
            assert address in serving.stdout.readline()
            query = ["openssl", "ts", "-query", "-data", str(folder / "pki.json"), "-sha256", "-cert"]
            asked = subprocess.run(query, capture_output=True, check=True).stdout
            (tmp_path / "query.tsq").write_bytes(asked)
            url = f"{address}/dev/tsa/tsa"
            header = "Content-Type: application/timestamp-query"
            curl = ["curl", "-sf", "-H", header, "--data-binary", f"@{tmp_path}/query.tsq", url]
            answer = subprocess.run(curl, capture_output=True, check=True).stdout
            (tmp_path / "answer.tsr").write_bytes(answer)
            shown = ["openssl", "ts", "-reply", "-in", str(tmp_path / "answer.tsr"), "-text"]
            assert "Status: Granted" in subprocess.run(shown, capture_output=True, text=True, check=True).stdout
        finally:
            serving.send_signal(signal.SIGINT)
        assert serving.wait(10) == 0


@pytest.mark.parametrize(
    "address", ["https://127.0.0.1:1", "http://0.0.0.0:8093", "http://127.0.0.1:1/path", "nonsense"]
)
def test_an_address_that_others_could_reach_is_refused(tmp_path: Path, address: str) -> None:
    refused = CliRunner().invoke(app, ["pki", "init", str(tmp_path / "pki"), "--address", address])

    assert refused.exit_code == 2
    assert "for this machine alone" in said(refused)
    assert not (tmp_path / "pki").exists()


def test_a_folder_without_a_pki_or_that_cannot_be_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "pki.json").write_text(json.dumps({"address": "http://127.0.0.1:1"}))
    for folder in (tmp_path, tmp_path / "half"):
        refused = CliRunner().invoke(app, ["pki", "serve", str(folder)])
        assert (refused.exit_code, "make one with pki init" in said(refused)) == (2, True)

    blocked = CliRunner().invoke(app, ["pki", "init", str(tmp_path / "file")])
    assert blocked.exit_code == 2
    assert "cannot make a PKI" in said(blocked)


def test_without_the_development_packages_the_missing_one_is_named(tmp_path: Path) -> None:
    with patch.dict(sys.modules, {"gateway.devpki.build": None}):
        refused = CliRunner().invoke(app, ["pki", "init", str(tmp_path / "pki")])

    assert refused.exit_code == 2
    assert "requirements-dev.txt" in said(refused)
