"""The vault's client against a stand-in over HTTP that answers as the vault does, and as it should not."""

import json
import logging
import ssl
import threading
import time
import traceback
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from config.secrets import LocalSecrets, SecretUnavailable
from gateway.secret_providers.vault import VaultAccount, VaultSecrets
from signing.errors.keys import KeySourceUnavailable, PinIncorrect
from signing.formats.cms import check_signature_value
from signing.key_sources.registry import KeySources
from signing.model import SignatureAlgorithm
from tests.signing.pki import issue
from tests.signing.softhsm import PIN, make_token

VALUE = "73190426-giá-trị"
TOKEN = "hvs.THE-VAULTS-OWN-TOKEN"


class Vault:
    """What it holds, how it behaves, and what it was asked."""

    def __init__(self) -> None:
        self.kept = {"/v1/secret/data/seal/desk": {"pin": VALUE, "number": 7, "empty": ""}}
        self.behaviour = "good"
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.url = ""
        self.released = threading.Event()

    def answer(self, path: str, token: str | None) -> tuple[int, bytes]:
        fixed = {
            "garbage": (200, b'{"data": {"data": ' + VALUE.encode()),
            "html": (200, b"<h1>login</h1>"),
            "list": (200, b"[1]"),
            "deep": (200, b"[" * 60_000),
            "huge": (200, b" " * 1_000_000),
            "sealed": (503, json.dumps({"errors": [f"sealed {VALUE}"]}).encode()),
            "broken": (500, VALUE.encode()),
            "redirect": (307, b""),
        }.get(self.behaviour)
        if fixed:
            return fixed
        if token != TOKEN:
            return 403, json.dumps({"errors": ["permission denied"]}).encode()
        if path not in self.kept:
            return 404, b'{"errors":[]}'
        return 200, json.dumps({"data": {"data": self.kept[path], "metadata": {"version": 3}}}).encode()


def _handler(vault: Vault) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            vault.asked.append((self.path, dict(self.headers)))
            if vault.behaviour == "hangs":
                vault.released.wait(10)
                return
            status, body = vault.answer(self.path, self.headers.get("X-Vault-Token"))
            self.send_response(status)
            if status == 307:
                self.send_header("Location", f"{vault.url}/v1/secret/data/elsewhere")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except OSError:
                return

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


def _served(vault: Vault, context: ssl.SSLContext | None = None) -> Iterator[Vault]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(vault))
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    scheme = "http" if context is None else "https"
    vault.url = f"{scheme}://localhost:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield vault
    finally:
        vault.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def vault() -> Iterator[Vault]:
    yield from _served(Vault())


@pytest.fixture
def account(vault: Vault, tmp_path: Path) -> VaultAccount:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    return VaultAccount(vault.url, f"file:{tmp_path}/token", timeout_seconds=0.8)


def secrets_of(account: VaultAccount) -> LocalSecrets:
    return LocalSecrets({"vault": VaultSecrets(account, LocalSecrets())})


def test_a_field_of_a_path_is_read_with_token_and_namespace(vault, account):
    assert secrets_of(account).read("vault:seal/desk#pin") == VALUE
    path, headers = vault.asked[0]
    assert (path, headers["X-Vault-Token"]) == ("/v1/secret/data/seal/desk", TOKEN)
    assert "X-Vault-Namespace" not in headers

    assert secrets_of(replace(account, namespace="thanh-pho/so")).read("vault:seal/desk#pin") == VALUE
    assert vault.asked[1][1]["X-Vault-Namespace"] == "thanh-pho/so"


def test_another_mount_and_another_token_count_from_the_next_use(vault, account, tmp_path):
    vault.kept["/v1/kv/city/data/a"] = {"b": "x"}
    assert secrets_of(replace(account, mount="kv/city")).read("vault:a#b") == "x"

    (tmp_path / "token").write_text("hvs.expired")
    with pytest.raises(SecretUnavailable, match="403"):
        secrets_of(account).read("vault:seal/desk#pin")
    (tmp_path / "token").write_text(TOKEN)
    assert secrets_of(account).read("vault:seal/desk#pin") == VALUE


@pytest.mark.parametrize(
    ("behaviour", "fact"),
    [
        ("garbage", "no text in the field"),
        ("html", "no text in the field"),
        ("list", "no text in the field"),
        ("deep", "no text in the field"),
        ("huge", "longer than"),
        ("sealed", "sealed or in maintenance .HTTP 503"),
        ("broken", "out of order .HTTP 500"),
        ("redirect", "it redirects .HTTP 307"),
        ("hangs", "no whole answer within"),
    ],
)
def test_an_answer_that_is_none_is_a_fact_without_secret_or_token(vault, account, behaviour, fact, caplog):
    caplog.set_level(logging.DEBUG)
    vault.behaviour = behaviour
    started = time.monotonic()
    with pytest.raises(SecretUnavailable, match=fact) as caught:
        secrets_of(account).open("vault:seal/desk#pin")
    assert time.monotonic() - started < 1.8
    logging.getLogger("test").error("failed", exc_info=caught.value)

    error: BaseException | None = caught.value
    told = repr(account) + caplog.text
    while error is not None:
        told += "".join(traceback.format_exception(error, chain=False)) + repr(error) + repr(error.args)
        error = error.__context__
    assert VALUE not in told
    assert TOKEN not in told
    # The redirect was not followed: the token went to one address only.
    assert len(vault.asked) == 1


@pytest.mark.parametrize(
    ("reference", "fact"),
    [
        ("vault:seal/other#pin", "nothing is kept there .HTTP 404"),
        ("vault:seal/desk#pink", "no text in the field pink"),
        ("vault:seal/desk#number", "no text in the field"),
        ("vault:seal/desk#empty", "no text in the field"),
        ("vault:seal/desk", "path#field"),
        ("vault:#pin", "path#field"),
        ("vault:seal/../../sys/seal#pin", "path#field"),
    ],
)
def test_what_is_not_there_is_named(account, reference, fact):
    with pytest.raises(SecretUnavailable, match=fact):
        secrets_of(account).read(reference)


def test_a_path_cannot_leave_its_place_in_the_address(vault, account):
    with pytest.raises(SecretUnavailable):
        secrets_of(account).read("vault:a?x=1/%2e%2e/b#pin")
    assert vault.asked[0][0] == "/v1/secret/data/a%3Fx%3D1/%252e%252e/b"


def test_a_missing_token_is_named_by_its_place_and_nothing_is_asked(vault, account):
    with pytest.raises(SecretUnavailable, match="secret file /nowhere/token"):
        secrets_of(replace(account, token="file:/nowhere/token")).read("vault:seal/desk#pin")
    assert vault.asked == []


@pytest.mark.parametrize(
    "address", ["http://vault.example.vn:8200", "http://10.1.2.3:8200", "ftp://localhost", "vault"]
)
def test_an_address_in_clear_is_refused(account, address):
    with pytest.raises(ValueError, match="https"):
        VaultSecrets(replace(account, address=address), LocalSecrets())


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[Vault]:
    ca, server = _tls_files(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server)
    assert ca.is_file()
    yield from _served(Vault(), context)


def _tls_files(folder: Path) -> tuple[Path, Path]:
    ca, server = folder / "ca.pem", folder / "server.pem"
    made = issue("CA của kho bí mật", ec.generate_private_key(ec.SECP256R1()), None, ca=True)
    ca.write_bytes(made.pem)
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vault")]))
        .issuer_name(made.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(made.key.public_key()), critical=False)
        .sign(made.key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    server.write_bytes(private + certificate.public_bytes(pem))
    return ca, server


def test_the_vaults_certificate_is_checked_against_the_ca_that_is_named(secured, tmp_path):
    (tmp_path / "token").write_text(TOKEN)
    account = VaultAccount(secured.url, f"file:{tmp_path}/token", timeout_seconds=2)
    with pytest.raises(SecretUnavailable, match="SSLError"):
        secrets_of(account).read("vault:seal/desk#pin")
    assert secured.asked == []

    assert secrets_of(replace(account, ca_file=tmp_path / "ca.pem")).read("vault:seal/desk#pin") == VALUE


def test_a_key_file_opens_with_a_pass_phrase_from_the_vault(vault, account, tmp_path):
    holder = issue("Nguyễn Văn Ví Dụ", ec.generate_private_key(ec.SECP256R1()), None)
    (tmp_path / "key.p12").write_bytes(holder.p12(VALUE))
    keys = KeySources(secrets_of(account), pkcs11_module=None, timeout_seconds=5)
    source = keys.open_key_source(f"pkcs12:{tmp_path}/key.p12?pin-source=vault:seal/desk%23pin")

    check_signature_value(
        b"data", source.sign(b"data", SignatureAlgorithm.ECDSA_SHA256), holder.der, SignatureAlgorithm.ECDSA_SHA256
    )

    keys.close_all()
    vault.behaviour = "sealed"
    with pytest.raises(KeySourceUnavailable, match="sealed"):
        source.sign(b"data", SignatureAlgorithm.ECDSA_SHA256)


def test_a_token_opens_with_a_pin_from_the_vault_that_is_read_at_each_login_and_never_before(
    vault, account, tmp_path, monkeypatch
):
    holder = issue("Nguyễn Văn Ví Dụ", rsa.generate_private_key(65537, 2048), None)
    token = make_token(tmp_path / "hsm", monkeypatch, "desk", {"signing": holder})
    vault.kept["/v1/secret/data/seal/desk"] = {"pin": PIN}
    keys = KeySources(secrets_of(account), pkcs11_module=token.module, timeout_seconds=20)
    source = keys.open_key_source("pkcs11:token=desk;object=signing?pin-source=vault:seal/desk%23pin")
    algorithm = SignatureAlgorithm.RSA_SHA256
    assert vault.asked == []

    for _ in range(3):
        check_signature_value(b"data", source.sign(b"data", algorithm), holder.der, algorithm)
    assert len(vault.asked) == 1

    # The PIN is changed in the token, not yet in the vault: the old one is tried once, however often it is asked for.
    keys.close_all()
    token.change_pin(PIN, "82910345")
    for _ in range(3):
        with pytest.raises(PinIncorrect):
            source.sign(b"data", algorithm)
    vault.kept["/v1/secret/data/seal/desk"] = {"pin": "82910345"}
    check_signature_value(b"data", source.sign(b"data", algorithm), holder.der, algorithm)
    keys.close_all()
