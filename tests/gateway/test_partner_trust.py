"""Partners over TLS: who vouches for them, seen in real handshakes on loopback."""

import shutil
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from certs.model import Purpose
from gateway.services import Services
from gateway.trust import trust_anchors
from payments.errors import ProviderUnavailable
from payments.providers.http import post_json
from signing.timestamps.bounded_http import HttpFailed, post_bounded
from tests.certs.authority import Authority, key_usage


class _Answer(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"ok": true}')

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


class _Server(HTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Keep quiet: clients break the handshake off on purpose."""


@contextmanager
def partner(authority: Authority, folder: Path) -> Iterator[str]:
    """An https server whose certificate the authority's issuing CA made; yields its address."""
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    usage = key_usage(digital_signature=True)
    holder = authority.leaf("partner", usage=usage, extended=[ExtendedKeyUsageOID.SERVER_AUTH], more=[names])
    key = holder.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    chain = b"".join(one.certificate.public_bytes(Encoding.PEM) for one in (holder, authority.issuing))
    (folder / "server.pem").write_bytes(key + chain)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "server.pem")
    with _Server(("127.0.0.1", 0), _Answer) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"https://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join(5)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority(datetime.now(UTC).replace(microsecond=0), "http://127.0.0.1:9")


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """One kind of database is enough for what is asked of OpenSSL here."""
    shutil.copyfile(sqlite_template, tmp_path / "gateway.db")
    return f"sqlite:///{tmp_path}/gateway.db"


def install(services: Services, purpose: Purpose, certificate_der: bytes, *, until: datetime | None = None) -> None:
    now = datetime.now(UTC)
    with services.unit_of_work() as work:
        row = work.certificates.install_anchor(
            unit_id="u",
            purpose=purpose,
            certificate_der=certificate_der,
            installed_by="an",
            trusted_from=now - timedelta(days=1),
            trusted_until=until,
            now=now,
        )
        work.certificates.confirm_anchor(row.id, "bình", now)
        work.commit()


def reaches_provider(services: Services, address: str) -> bool:
    assert services.providers
    try:
        return post_json(address, {}, 5) == b'{"ok": true}'
    except ProviderUnavailable as error:
        assert "SSLError" in str(error)
        return False


def reaches_partner(services: Services, address: str) -> bool:
    trusted = services.partner_trust.ca_file(Purpose.TLS)
    try:
        return post_bounded(address, b"{}", "x/y", timeout_seconds=5, size_bytes=99, ca_file=trusted)[0] == 200
    except HttpFailed as error:
        assert "SSLError" in str(error)
        return False


def test_a_partner_under_a_private_ca_is_reached_once_its_anchor_is_confirmed(
    services: Services, authority: Authority, tmp_path: Path
) -> None:
    with partner(authority, tmp_path) as address:
        assert not reaches_partner(services, address)
        assert not reaches_provider(services, address)

        install(services, Purpose.TLS, authority.root.der)

        assert reaches_partner(services, address)
        assert reaches_provider(services, address)


def test_an_anchor_for_signatures_or_one_that_has_ended_vouches_for_no_server(
    services: Services, authority: Authority, tmp_path: Path
) -> None:
    with partner(authority, tmp_path) as address:
        install(services, Purpose.OFFICIAL, authority.root.der)
        install(services, Purpose.TLS, authority.root.der, until=datetime.now(UTC) - timedelta(hours=1))

        assert not reaches_partner(services, address)
        assert not reaches_provider(services, address)


def test_where_providers_have_anchors_nobody_else_vouches_for_them(
    services: Services, authority: Authority, tmp_path: Path
) -> None:
    other = Authority(authority.now, "http://127.0.0.1:9")
    install(services, Purpose.TLS, authority.root.der)
    install(services, Purpose.PSP, other.root.der)
    with partner(authority, tmp_path) as address:
        assert not reaches_provider(services, address)
        assert reaches_partner(services, address)
    with partner(other, tmp_path) as address:
        assert reaches_provider(services, address)
        assert not reaches_partner(services, address)


def test_the_systems_cas_stay_trusted_beside_the_anchors(services: Services, authority: Authority) -> None:
    assert services.partner_trust.ca_file(Purpose.TLS) is None

    install(services, Purpose.TLS, authority.root.der)

    path = services.partner_trust.ca_file(Purpose.TLS)
    assert path is not None
    context = ssl.create_default_context(cafile=str(path))
    assert len(context.get_ca_certs()) > 50
    assert authority.root.der in context.get_ca_certs(binary_form=True)
    path.write_text("tampered with", encoding="ascii")
    assert services.partner_trust.ca_file(Purpose.TLS) == path
    assert "tampered" not in path.read_text(encoding="ascii")


def test_anchors_for_tls_count_for_no_signature(services: Services, authority: Authority) -> None:
    install(services, Purpose.TLS, authority.root.der)
    install(services, Purpose.CITIZEN, authority.root.der)

    assert [anchor.purpose for anchor in trust_anchors(services)] == [Purpose.CITIZEN]
