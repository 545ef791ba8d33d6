"""Anyone's check of a PDF, from the upload through the worker to the report."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from flask import Flask
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers

from gateway.jobs.handlers import HANDLERS
from gateway.jobs.runner import Runner
from gateway.services import Services
from tests.gateway.pages.office import Browser

DOCUMENT = Path(__file__).parents[2] / "documents" / "quyet-dinh.libreoffice.pdf"


@pytest.fixture(scope="module")
def signed_pdf() -> bytes:
    """A document signed by pyHanko's own signer, with a certificate that nobody vouches for."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Lê Văn Lạ")])
    start = datetime.now(UTC) - timedelta(days=1)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(7).not_valid_before(start).not_valid_after(start + timedelta(days=30))
    certificate = builder.sign(key, hashes.SHA256())
    p12 = serialization.pkcs12.serialize_key_and_certificates(
        b"test", key, certificate, None, serialization.NoEncryption()
    )
    signer = signers.SimpleSigner.load_pkcs12_data(p12, other_certs=[])
    writer = IncrementalPdfFileWriter(io.BytesIO(DOCUMENT.read_bytes()))
    out = signers.sign_pdf(writer, signers.PdfSignatureMetadata(field_name="Signature1"), signer=signer)
    return bytes(out.getbuffer())


def check(citizen: Browser, services: Services, name: str, content: bytes) -> str:
    """Upload a file, let the worker run and return the report's address."""
    response = citizen.upload(name, content)
    assert response.status_code == 303
    address = response.headers["Location"]
    assert "Đang kiểm tra chữ ký" in citizen.words(address)
    assert citizen.get(f"{address}/status").get_json() == {"state": "waiting", "waiting": True}
    Runner(services, HANDLERS).drain()
    assert citizen.get(f"{address}/status").get_json()["waiting"] is False
    return address


def test_an_unsigned_document_is_said_to_have_no_signature(citizen: Browser, services: Services) -> None:
    words = citizen.words(check(citizen, services, "quyet-dinh.pdf", DOCUMENT.read_bytes()))

    assert "Văn bản không có chữ ký số" in words
    assert "quyet-dinh.pdf" in words
    assert "(+07:00)" in words


def test_a_signature_that_nobody_vouches_for_is_neither_good_nor_broken(
    app: Flask, citizen: Browser, services: Services, signed_pdf: bytes
) -> None:
    address = check(citizen, services, "la.pdf", signed_pdf)

    assert "Chưa đủ căn cứ để kết luận" in citizen.words(address)
    assert "Lê Văn Lạ" in citizen.words(address)
    english = Browser(app, "en").words(address)
    assert "authority that this system trusts" in english
    assert "Chưa đủ căn cứ" not in english


def test_one_changed_byte_is_found_and_nothing_reassuring_is_said(
    citizen: Browser, services: Services, signed_pdf: bytes
) -> None:
    place = signed_pdf.index(b"stream") + 60
    tampered = signed_pdf[:place] + bytes([signed_pdf[place] ^ 1]) + signed_pdf[place + 1 :]
    words = citizen.words(check(citizen, services, "sua.pdf", tampered))

    assert "Có chữ ký không hợp lệ" in words
    assert "không được dùng tài liệu này" in words
    assert "Chữ ký bao trùm toàn bộ tệp" not in words
    assert "bổ sung được phép" not in words


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("rong.pdf", b"", "Tệp rỗng"),
        ("anh.pdf", b"\x89PNG\r\n\x1a\n" + bytes(100), "Tệp không phải PDF"),
        ("bang.xml", b"<?xml version='1.0'?><a/>", "Tệp không phải PDF"),
        ("to.pdf", b"%PDF-1.7\n" + bytes(2_000_001), None),
    ],
)
def test_what_is_no_pdf_of_our_size_is_refused_in_plain_words_and_not_kept(
    citizen: Browser, services: Services, name: str, content: bytes, words: str | None
) -> None:
    response = citizen.upload(name, content)
    page = response.get_data(as_text=True)

    assert response.status_code == 422
    assert 'role="alert"' in page
    assert words is None or words in page
    with services.unit_of_work(read_only=True) as work:
        assert work.outbox.next_due_at() is None


def test_a_form_beyond_every_limit_is_a_page_that_says_so(app: Flask, citizen: Browser) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 100_000
    response = citizen.upload("to.pdf", bytes(200_000))

    assert response.status_code == 413
    assert "Tệp quá lớn" in response.get_data(as_text=True)


def test_no_file_and_no_token_are_refused(app: Flask, citizen: Browser) -> None:
    assert citizen.post("/verify", "/verify").status_code == 400
    bare = app.test_client().post("/verify", data={"file": (io.BytesIO(b"%PDF-1.7"), "a.pdf")})
    assert bare.status_code == 400
    assert "Yêu cầu chưa đúng" in bare.get_data(as_text=True)


def test_a_report_is_found_by_its_code_alone(citizen: Browser, services: Services) -> None:
    address = check(citizen, services, "a.pdf", DOCUMENT.read_bytes())

    assert citizen.get(f"{address}x").status_code == 404
    assert citizen.get(f"{address}x/status").status_code == 404


def test_a_name_that_is_a_path_or_markup_is_only_a_name(citizen: Browser, services: Services) -> None:
    address = check(citizen, services, "../../<b>x</b>.pdf", DOCUMENT.read_bytes())
    page = citizen.get(address).get_data(as_text=True)

    assert "<b>x" not in page
    assert "&lt;b&gt;x" in page
    assert "../" not in citizen.words(address)
