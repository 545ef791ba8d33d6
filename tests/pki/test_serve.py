"""The development PKI's services, asked by OpenSSL over HTTP."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from cryptography import x509

from gateway.devpki import DevPki

STAMP_QUERY = {"Content-Type": "application/timestamp-query"}


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def stamp(url: str, folder: Path) -> tuple[Path, Path]:
    """Return the query and the answer for a time stamp over a small file."""
    data, query, answer = folder / "data", folder / "query.tsq", folder / "answer.tsr"
    data.write_bytes(b"the bytes to be stamped")
    assert run("openssl", "ts", "-query", "-data", data, "-sha256", "-cert", "-out", query).returncode == 0
    response = requests.post(url, data=query.read_bytes(), headers=STAMP_QUERY, timeout=5)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/timestamp-reply"
    answer.write_bytes(response.content)
    return query, answer


def test_openssl_verifies_a_time_stamp_up_to_the_root(dev_pki: DevPki, pem_folder: Path, tmp_path: Path) -> None:
    query, answer = stamp(dev_pki.tsa_url, tmp_path)
    anchors: list[str | Path] = ["-CAfile", pem_folder / "root.pem", "-untrusted", pem_folder / "issuing.pem"]
    done = run("openssl", "ts", "-verify", "-queryfile", query, "-in", answer, *anchors)
    assert "Verification: OK" in done.stdout, done.stderr


def test_a_time_stamp_for_other_bytes_does_not_verify(dev_pki: DevPki, pem_folder: Path, tmp_path: Path) -> None:
    _, answer = stamp(dev_pki.tsa_url, tmp_path)
    other = tmp_path / "other"
    other.write_bytes(b"other bytes")
    anchors: list[str | Path] = ["-CAfile", pem_folder / "root.pem", "-untrusted", pem_folder / "issuing.pem"]
    done = run("openssl", "ts", "-verify", "-data", other, "-in", answer, *anchors)
    assert done.returncode != 0
    assert "message imprint mismatch" in done.stderr


def test_the_stranger_stamps_too_but_leads_to_no_root_of_ours(
    dev_pki: DevPki, pem_folder: Path, tmp_path: Path
) -> None:
    query, answer = stamp(dev_pki.stranger_tsa_url, tmp_path)
    done = run("openssl", "ts", "-verify", "-queryfile", query, "-in", answer, "-CAfile", pem_folder / "root.pem")
    assert done.returncode != 0
    own = run(
        "openssl", "ts", "-verify", "-queryfile", query, "-in", answer, "-CAfile", pem_folder / "stranger-root.pem"
    )
    assert "Verification: OK" in own.stdout


@pytest.mark.parametrize(("name", "status"), [("official", "good"), ("seal", "good"), ("revoked", "revoked")])
def test_openssl_believes_the_ocsp_responder(dev_pki: DevPki, pem_folder: Path, name: str, status: str) -> None:
    question: list[str | Path] = [
        "-issuer",
        pem_folder / "issuing.pem",
        "-cert",
        pem_folder / f"{name}.pem",
        "-url",
        dev_pki.ocsp_url,
    ]
    chain = pem_folder / "chain.pem"
    chain.write_bytes((pem_folder / "root.pem").read_bytes() + (pem_folder / "issuing.pem").read_bytes())
    done = run("openssl", "ocsp", *question, "-CAfile", chain)
    assert "Response verify OK" in done.stderr
    assert f"{name}.pem: {status}" in done.stdout


def test_the_ocsp_responder_does_not_answer_for_another_authority(dev_pki: DevPki, pem_folder: Path) -> None:
    question: list[str | Path] = ["-issuer", pem_folder / "stranger-root.pem", "-cert", pem_folder / "stranger.pem"]
    done = run("openssl", "ocsp", *question, "-url", dev_pki.ocsp_url, "-CAfile", pem_folder / "root.pem")
    assert "Responder Error: unauthorized" in done.stdout + done.stderr


def test_a_stale_answer_can_be_asked_for(dev_pki: DevPki) -> None:
    """What a cache or a lying proxy would hand out; tests of freshness need it."""
    last_week = datetime.now(UTC) - timedelta(days=7)
    headers = {"X-Certomancer-Fake-Time": last_week.isoformat()}
    crl = x509.load_der_x509_crl(requests.get(dev_pki.crl_url("issuing"), headers=headers, timeout=5).content)
    assert crl.next_update_utc is not None
    assert crl.next_update_utc < datetime.now(UTC)


@pytest.mark.parametrize("issuer", ["root", "issuing", "stranger-root"])
def test_each_authority_publishes_a_crl_in_force(
    dev_pki: DevPki, pem_folder: Path, tmp_path: Path, issuer: str
) -> None:
    response = requests.get(dev_pki.crl_url(issuer), timeout=5)
    assert response.headers["Content-Type"] == "application/pkix-crl"
    path = tmp_path / "latest.crl"
    path.write_bytes(response.content)
    done = run("openssl", "crl", "-inform", "der", "-in", path, "-noout", "-CAfile", pem_folder / f"{issuer}.pem")
    assert "verify OK" in done.stderr
    crl = x509.load_der_x509_crl(response.content)
    assert crl.next_update_utc is not None
    assert crl.last_update_utc <= datetime.now(UTC) < crl.next_update_utc
    revoked = {x509.load_der_x509_certificate(dev_pki.certificate_der("revoked")).serial_number}
    assert {entry.serial_number for entry in crl} == (revoked if issuer == "issuing" else set())


def test_the_issuers_certificate_is_served_where_certificates_say(dev_pki: DevPki) -> None:
    response = requests.get(f"{dev_pki.address}/dev/certs/issuing/ca.crt", timeout=5)
    assert response.headers["Content-Type"] == "application/pkix-cert"
    assert response.content == dev_pki.certificate_der("issuing")


def test_no_key_can_be_had_over_http(dev_pki: DevPki) -> None:
    form = {"cert": "tsa", "passphrase": "x"}
    for path in ("/_certomancer/pfx-download/dev", "/dev/keys/tsa.pem", "/keys/tsa.pem"):
        assert requests.post(f"{dev_pki.address}{path}", data=form, timeout=5).status_code == 404


@pytest.mark.parametrize(
    ("body", "status"), [(b"", 400), (b"\x30\x80garbage", 400), (b"\x04\x02hi", 400), (b"\x30" * 70_000, 413)]
)
def test_unreadable_requests_are_refused_and_the_next_one_is_answered(
    dev_pki: DevPki, tmp_path: Path, body: bytes, status: int
) -> None:
    for url in (dev_pki.tsa_url, dev_pki.ocsp_url):
        assert requests.post(url, data=body, timeout=5).status_code == status
    stamp(dev_pki.tsa_url, tmp_path)


def test_a_pki_made_for_another_address_is_not_served(dev_pki: DevPki) -> None:
    done = run(sys.executable, "-m", "gateway.devpki.serve", "--folder", dev_pki.folder, "--port", "9")
    assert done.returncode == 1
    assert f"point to {dev_pki.address}" in done.stderr
