"""The treasury at the sandbox with a detached signature: OpenSSL verifies it, and our adapter by the certificate."""

import base64
import subprocess
from datetime import UTC, datetime

import pytest

from config.secrets import LocalSecrets
from config.settings import KbnnSettings
from gateway.sandbox.base import Proof
from gateway.sandbox.book import Payment
from gateway.sandbox.kbnn.simulator import HEADER, TreasurySimulator
from payments.errors import CallbackNotAuthentic
from payments.model import BankTransfer, CallbackCall
from payments.providers.kbnn.provider import EXAMPLE, kbnn_from_settings
from payments.providers.vietqr.reference import new_transfer_reference


class Given:
    """As much of the settings as the adapter reads."""

    def __init__(self, certificate):
        self.kbnn = KbnnSettings(notice=EXAMPLE, certificates=(certificate,))


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """A folder with a key and its certificate, made by OpenSSL."""
    folder = tmp_path_factory.mktemp("office")
    subprocess.run(
        (
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-days", "2", "-subj", "/CN=KBNN", "-keyout", "key.pem", "-out", "certificate.pem"),
        ),
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture
def told(office):
    """Make the call about one credit with a proof; returns its body and its header."""
    simulator = TreasurySimulator({"signing_key": (office / "key.pem").read_text()})
    reference = new_transfer_reference()
    credit = Payment("kbnn", "1", 50_000, f"NOP {reference}", asked={"accountNumber": "39490.1"}).paid()

    def of(proof):
        call = simulator.callback(credit, proof)
        return call.body, call.headers.get(HEADER, "")

    return of


def test_openssl_and_the_adapter_verify_the_signature(office, told, tmp_path):
    body, proof = told(Proof.GOOD)
    (tmp_path / "body").write_bytes(body)
    (tmp_path / "proof").write_bytes(base64.b64decode(proof))
    key = subprocess.run(
        ["openssl", "x509", "-in", office / "certificate.pem", "-pubkey", "-noout"], capture_output=True, check=True
    )
    (tmp_path / "public.pem").write_bytes(key.stdout)
    done = subprocess.run(
        ["openssl", "dgst", "-sha256", "-verify", "public.pem", "-signature", "proof", "body"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert done.stdout.strip() == b"Verified OK"
    transfer = read(office, body, proof)
    assert isinstance(transfer, BankTransfer)
    assert (transfer.account_number, transfer.amount.amount_minor) == ("39490.1", 50_000)


@pytest.mark.parametrize("proof", [Proof.FORGED, Proof.ABSENT])
def test_another_signature_or_none_is_refused(office, told, proof):
    with pytest.raises(CallbackNotAuthentic):
        read(office, *told(proof))


def read(office, body, proof):
    adapter = kbnn_from_settings(Given(office / "certificate.pem"), LocalSecrets())
    return adapter.read_callback(
        CallbackCall("POST", b"", body, {HEADER.lower(): proof}, received_at=datetime.now(UTC))
    )
