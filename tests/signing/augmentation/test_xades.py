"""Long-term XAdES: made by us, or raised from what we or others signed, and judged with nothing but the file."""

import base64
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml import DigestAlgorithm, SignatureMethod
from signxml.xades import XAdESSigner

from certs.algorithms import shipped_algorithms
from signing.augmentation.archive import provable_until
from signing.augmentation.registry import augment
from signing.errors.evidence import AlreadyAtLevel, MaterialNotSound, NotArchived, NothingToAugment, SignatureBroken
from signing.errors.files import SignatureFileUnreadable, SignedContentMissing
from signing.files.model import FileSigner, Means
from signing.files.xades import countersign_xades, sign_xades_detached, sign_xades_enveloped
from signing.formats.sniff import SignedFormat
from signing.formats.xml.names import XADES, XADES141
from signing.formats.xml.parsing import parse_xml
from signing.key_sources.fake import FakeKeySource
from signing.model import Level
from signing.validation.policy import ValidationPolicy
from signing.validation.xades import check_xades
from signing.validation.xml_document import validate_xades
from tests.signing.augmentation.bench import City, in_minutes, in_years
from tests.signing.formats.xml.judges import xmlsec1_problems

DOCUMENT = '<đơn Id="d"><tên>Nguyễn Văn Ví Dụ</tên></đơn>'.encode()


class Bench:
    """Signs and raises XML in a city."""

    def __init__(self, city: City) -> None:
        self.city = city

    @property
    def means(self) -> Means:
        policy = ValidationPolicy(tuple(self.city.anchors()))
        return Means(self.city.confined, policy, self.city.tsa(), self.city.tools())

    def signer(self, holder) -> FileSigner:
        return FileSigner(holder.der, FakeKeySource(holder.key), (self.city.authority.issuing.der,))

    def sign(self, holder, level, data=DOCUMENT) -> Path:
        source, target = self.city.path("source"), self.city.path(level.value)
        source.write_bytes(data)
        sign_xades_enveloped(source, target, self.signer(holder), level, self.means, datetime.now(UTC))
        return target

    def raised(self, source: Path, level: Level, **changes) -> Path:
        target = self.city.path(f"raised-{level.value}")
        assert augment(source, target, level, self.city.tools(**changes)) is SignedFormat.XADES
        return target

    def offline(self, path: Path, at=None):
        return validate_xades(path, {}, ValidationPolicy(tuple(self.city.anchors())), at or datetime.now(UTC))

    def assert_provable(self, path: Path, *levels: str) -> None:
        """Demand that every signature is good and at its level by the file alone, and good to xmlsec1 too."""
        report = self.offline(path)
        assert [found.indication for found in report.signatures] == ["TOTAL_PASSED"] * len(levels), report.to_dict()
        assert [found.level for found in report.signatures] == [f"XAdES-{level}" for level in levels]
        for found in check_xades(parse_xml(path.read_bytes())):
            assert xmlsec1_problems(path, self.city.authority, (), found.signature_id) == ""


@pytest.fixture
def bench(city) -> Bench:
    return Bench(city)


@pytest.mark.parametrize("level", [Level.B_LT, Level.B_LTA])
def test_a_signature_is_made_that_proves_itself(level, bench, official, seal):
    signed = bench.sign(official, level)
    bench.assert_provable(signed, level.value)

    twice = bench.sign(seal, level, signed.read_bytes())
    bench.assert_provable(twice, level.value, level.value)


def test_levels_are_climbed_one_by_one_without_touching_another_byte(bench, official):
    path, data = bench.sign(official, Level.B_B), b""
    for level in (Level.B_T, Level.B_LT, Level.B_LTA, Level.B_LTA):
        data, path = path.read_bytes(), bench.raised(path, level)
        _assert_only_added(data, path.read_bytes())

    bench.assert_provable(path, "B-LTA")
    root = parse_xml(path.read_bytes())
    assert len(list(root.iter(f"{{{XADES}}}SignatureTimeStamp"))) == 1
    assert len(list(root.iter(f"{{{XADES141}}}ArchiveTimeStamp"))) == 2
    assert len(list(root.iter(f"{{{XADES}}}CertificateValues"))) == 1


def _assert_only_added(before: bytes, after: bytes) -> None:
    same = next((n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), len(before))
    tail = len(before) - same
    assert after.endswith(before[same:]) if tail else True
    assert len(after) > len(before)


def _foreign(holder, authority, data=DOCUMENT) -> bytes:
    """A signature that signxml made: with its own prefixes and no unsigned properties."""
    maker = XAdESSigner(signature_algorithm=SignatureMethod.ECDSA_SHA256, digest_algorithm=DigestAlgorithm.SHA256)
    root = maker.sign(parse_xml(data), key=holder.key, cert=[holder.certificate, authority.issuing.certificate])
    return etree.tostring(root)


@pytest.mark.parametrize("level", [Level.B_LT, Level.B_LTA])
def test_a_signature_of_anothers_making_is_raised(level, bench, official, city):
    source = city.path("foreign")
    ascii_only = b"<don><ten>Vi Du</ten></don>"
    source.write_bytes(_foreign(official, city.authority, ascii_only))

    bench.assert_provable(bench.raised(source, level), level.value)


def test_what_an_archive_time_stamp_covers_cannot_change_unseen(bench, official):
    data = bench.sign(official, Level.B_LTA).read_bytes()
    certificate = base64.b64encode(official.der)
    assert data.count(certificate) == 2
    path = bench.city.path("changed")
    changes = {
        "certificate values": data[: data.rindex(certificate)] + data[data.rindex(certificate) + len(certificate) :],
        "time-stamp property": data.replace(b"<xades:SignatureTimeStamp ", b'<xades:SignatureTimeStamp a="" ', 1),
        "key info": data.replace(b"</ds:X509Data>", b"<ds:X509SKI>AA==</ds:X509SKI></ds:X509Data>", 1),
        "order": _swapped(data, b"<xades:CertificateValues", b"<xades:RevocationValues", b"<xades141:ArchiveTimeStamp"),
    }
    for what, changed in changes.items():
        path.write_bytes(changed)
        (found,) = bench.offline(path).signatures
        archive = [stamp for stamp in found.timestamps if stamp.place == "archive"]
        assert [stamp.sub_indication for stamp in archive] == ["HASH_FAILURE"], what
        assert found.level != "XAdES-B-LTA", what


def _swapped(data: bytes, first: bytes, second: bytes, end: bytes) -> bytes:
    a, b, c = data.index(first), data.index(second), data.index(end)
    return data[:a] + data[b:c] + data[a:b] + data[c:]


def test_an_archived_signature_outlives_its_certificate(bench, official, city):
    later = in_years(2)
    policy = ValidationPolicy(tuple(city.anchors()), city.evidence(later))
    archived, stamped = bench.sign(official, Level.B_LTA), bench.sign(official, Level.B_T)

    assert validate_xades(archived, {}, policy, later).signatures[0].indication == "TOTAL_PASSED"
    assert validate_xades(stamped, {}, policy, later).signatures[0].sub_indication == "OUT_OF_BOUNDS_NO_POE"


def test_the_archive_knows_when_the_first_signature_needs_its_next_stamp(bench, official, seal, city):
    once = bench.sign(official, Level.B_LTA)
    until = provable_until(once, shipped_algorithms(), city.confined)
    # RSA-2048 in a time-stamp ends before the authority's certificate does.
    assert until < city.stamping.certificate.not_valid_after_utc
    assert (
        provable_until(bench.sign(seal, Level.B_LTA, once.read_bytes()), shipped_algorithms(), city.confined) == until
    )
    for not_archived in (bench.sign(official, Level.B_LT), bench.sign(seal, Level.B_T, once.read_bytes())):
        with pytest.raises(NotArchived):
            provable_until(not_archived, shipped_algorithms(), city.confined)


def test_openssl_finds_the_time_stamps_good_over_the_canonical_value(bench, official, city, tmp_path):
    root = parse_xml(bench.sign(official, Level.B_T).read_bytes())
    token = base64.b64decode(next(root.iter(f"{{{XADES}}}EncapsulatedTimeStamp")).text)
    value = next(root.iter("{http://www.w3.org/2000/09/xmldsig#}SignatureValue"))
    (tmp_path / "token").write_bytes(token)
    (tmp_path / "value").write_bytes(etree.tostring(value, method="c14n", exclusive=True, with_tail=False))
    (tmp_path / "root.pem").write_bytes(city.authority.root.certificate.public_bytes(Encoding.PEM))
    command = "openssl ts -verify -in token -token_in -data value -CAfile root.pem"
    done = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, text=True, check=False)

    assert "Verification: OK" in done.stdout, done.stderr


def test_a_counter_signature_is_made_provable_by_what_it_countersigns(bench, official, seal, city):
    first = bench.sign(official, Level.B_T)
    (own,) = check_xades(parse_xml(first.read_bytes()))
    twice, now = city.path("countersigned"), datetime.now(UTC)
    countersign_xades(first, twice, own.signature_id, bench.signer(seal), Level.B_T, bench.means, now)

    raised = bench.raised(twice, Level.B_LTA)

    report = bench.offline(raised)
    own = report.signatures[0]
    assert (own.field_name, own.intact, own.level) == ("#1", True, "XAdES-B-LTA")
    assert report.signatures[1].intact
    assert base64.b64encode(seal.der) in raised.read_bytes()[raised.read_bytes().index(b"<xades:CertificateValues") :]


def test_what_cannot_be_raised_is_left_as_it_was(bench, official, city, tmp_path):
    signed = bench.sign(official, Level.B_LT)
    source, target = city.path("odd"), city.path("target")

    def refused(data: bytes, level: Level, expected: type[Exception]) -> None:
        source.write_bytes(data)
        with pytest.raises(expected):
            augment(source, target, level, city.tools())
        assert not target.exists()

    refused(signed.read_bytes(), Level.B_LT, AlreadyAtLevel)
    refused(signed.read_bytes(), Level.B_T, AlreadyAtLevel)
    refused(DOCUMENT, Level.B_LT, NothingToAugment)
    refused(signed.read_bytes().replace("Ví Dụ".encode(), b"Vi Du"), Level.B_LTA, SignatureBroken)
    plain = signed.read_bytes().replace(b'Target="#xades-', b'Target="#xadez-')
    refused(plain, Level.B_LTA, SignatureFileUnreadable)

    files = {"a": source}
    sign_xades_detached(files, target, bench.signer(official), Level.B_B, bench.means, datetime.now(UTC))
    detached = target.read_bytes()
    target.unlink()
    refused(detached, Level.B_T, SignedContentMissing)


def test_a_certificate_revoked_before_any_time_stamp_is_not_raised(bench, running, city):
    authority, server = running
    holder = authority.leaf("Bị thu hồi")
    server.issued[holder.certificate.serial_number] = holder.certificate
    signed = bench.sign(holder, Level.B_B)
    authority.revoke(holder, authority.now - in_minutes(10))

    with pytest.raises(MaterialNotSound):
        bench.raised(signed, Level.B_LT)
