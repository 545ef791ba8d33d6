"""CAdES files raised to B-T, B-LT and B-LTA, whoever made them, and judged by the file alone."""

import base64
import hashlib
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import cms, core, tsp
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from certs.model import SubIndication
from signing.augmentation.cades import augment_cades
from signing.augmentation.registry import augment
from signing.errors.evidence import (
    AlreadyAtLevel,
    MaterialNotSound,
    MaterialUnavailable,
    NothingToAugment,
    SignatureBroken,
)
from signing.errors.files import SignatureFileUnreadable, SignedContentMissing
from signing.errors.timestamps import TimestampUnavailable
from signing.files.cades import countersign, sign_cades, sign_in_parallel
from signing.files.model import FileSigner, Means, Packaging
from signing.formats.cades.structure import read_signed_data, write_signed_data
from signing.key_sources.fake import FakeKeySource
from signing.model import Level
from signing.validation.cades import validate_cades
from signing.validation.policy import ValidationPolicy
from signing.validation.report import ValidationReport
from tests.signing.augmentation.bench import City
from tests.signing.cms_judges import openssl_complaint, pem

CONTENT = "Biên bản họp số 7\r\n".encode() * 20


class Papers:
    """Signs files for a city and judges them without a network."""

    def __init__(self, city: City, folder: Path) -> None:
        self.city, self.folder = city, folder
        self.official = city.authority.leaf("Nguyễn Văn Ví Dụ")
        self.source = folder / "bien-ban.txt"
        self.source.write_bytes(CONTENT)

    def signer(self, holder=None) -> FileSigner:
        holder = holder or self.official
        return FileSigner(holder.der, FakeKeySource(holder.key), (self.city.authority.issuing.der,))

    def means(self) -> Means:
        policy = ValidationPolicy(tuple(self.city.anchors()))
        return Means(self.city.confined, policy, self.city.tsa(), self.city.tools())

    def sign(self, level: Level, packaging: Packaging = Packaging.DETACHED, name: str = "signature") -> Path:
        target = self.folder / f"{name}-{level}-{packaging}.p7s"
        sign_cades(self.source, target, self.signer(), level, packaging, self.means(), datetime.now(UTC))
        return target

    def raised(self, signature: Path, level: Level, content: Path | None = None, **changes) -> Path:
        target = signature.with_name(f"{signature.name}.{level}")
        augment_cades(signature, target, level, self.city.tools(**changes), content)
        return target

    def informed(self) -> ValidationPolicy:
        """Our policy with the answers that both CAs would give."""
        return ValidationPolicy(tuple(self.city.anchors()), self.city.evidence(datetime.now(UTC)))

    def offline(self, signature: Path, content: Path | None, at: datetime | None = None) -> ValidationReport:
        return validate_cades(signature, content, ValidationPolicy(tuple(self.city.anchors())), at or datetime.now(UTC))


@pytest.fixture
def papers(city: City, tmp_path: Path) -> Papers:
    return Papers(city, tmp_path)


def levels(report: ValidationReport) -> list[tuple[str, str | None]]:
    return [(one.indication.value, one.level) for one in report.signatures]


@pytest.mark.parametrize("packaging", list(Packaging))
@pytest.mark.parametrize("level", [Level.B_LT, Level.B_LTA])
def test_what_is_signed_at_a_long_term_level_proves_itself(level, packaging, papers):
    signature = papers.sign(level, packaging)
    content = papers.source if packaging is Packaging.DETACHED else None

    assert levels(papers.offline(signature, content)) == [("TOTAL_PASSED", f"CAdES-{level}")]


@pytest.mark.parametrize(
    ("start", "level"),
    [
        (low, high)
        for low in list(Level)[:3]
        for high in list(Level)[1:]
        if list(Level).index(low) < list(Level).index(high)
    ],
)
def test_each_level_is_reached_from_each_lower_one_and_signed_parts_keep_their_bytes(start, level, papers):
    signature = papers.sign(start)

    raised = papers.raised(signature, level, papers.source)

    found = validate_cades(raised, papers.source, papers.informed(), datetime.now(UTC))
    assert levels(found) == [("TOTAL_PASSED", f"CAdES-{level}")]
    old, new = (read_signed_data(path.read_bytes()) for path in (signature, raised))
    before = old.signers[0].unsigned_attributes
    assert [one.signed_fields for one in new.signers] == [one.signed_fields for one in old.signers]
    assert new.signers[0].unsigned_attributes[: len(before)] == before
    assert new.certificates[: len(old.certificates)] == old.certificates


def test_openssl_reads_revocation_answers_of_both_kinds_and_still_verifies(papers, city, tmp_path):
    signature = papers.sign(Level.B_LTA)

    parts = read_signed_data(signature.read_bytes())
    assert parts.version == b"\x02\x01\x05"
    assert {one[0] for one in parts.crls} == {0x30, 0xA1}
    assert openssl_complaint(signature, papers.source, city.authority.root.der, tmp_path) == ""


def test_the_archive_time_stamp_is_about_what_the_standard_says(papers, city):
    """The imprint is put together here by hand from what openssl and asn1crypto see (EN 319 122-1, 5.5.3)."""
    signature = papers.sign(Level.B_LTA)
    content = cms.ContentInfo.load(signature.read_bytes())["content"]
    info = content["signer_infos"][0]
    token = next(a["values"][0].dump() for a in info["unsigned_attrs"] if a["type"].dotted == "0.4.0.1733.2.4")
    stated = cms.ContentInfo.load(token)["content"]
    (index,) = (a["values"][0].dump() for a in stated["signer_infos"][0]["unsigned_attrs"])

    fields = (info[name].dump() for name in ("version", "sid", "digest_algorithm"))
    signed = info["signed_attrs"].dump()
    end = (info[name].dump() for name in ("signature_algorithm", "signature"))
    covered = content["encap_content_info"]["content_type"].dump() + sha256(CONTENT)
    covered += b"".join(fields) + signed + b"".join(end) + index

    info_of_stamp = stated["encap_content_info"]["content"].parsed
    assert isinstance(info_of_stamp, tsp.TSTInfo)
    assert info_of_stamp["message_imprint"]["hashed_message"].native == sha256(covered)
    listed = index_lists(index)
    assert listed[0] == [sha256(one.chosen.dump()) for one in content["certificates"]]
    stamp = next(a for a in info["unsigned_attrs"] if a["type"].native == "signature_time_stamp_token")
    assert listed[2] == [sha256(stamp["type"].dump() + stamp["values"][0].dump())]


def sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def index_lists(index: bytes) -> list[list[bytes]]:
    """The three lists of an ATSHashIndexV3, read by asn1crypto."""
    fields = core.SequenceOf.load(index, spec=core.Any)
    return [
        [one.native for one in core.SequenceOf.load(field.dump(), spec=core.OctetString)] for field in list(fields)[1:]
    ]


def test_an_archive_is_stamped_again_with_what_proves_the_stamp_before(papers, city):
    once = papers.sign(Level.B_LTA)

    twice = papers.raised(once, Level.B_LTA, papers.source)

    (found,) = papers.offline(twice, papers.source).signatures
    assert found.level == "CAdES-B-LTA"
    assert [(stamp.place, stamp.trusted) for stamp in found.timestamps] == [
        ("signature", True),
        ("archive", True),
        ("archive", True),
    ]


def test_everyone_who_signed_beside_and_above_becomes_provable(papers, city):
    seal = city.authority.leaf("UBND phường Ví Dụ")
    one = papers.sign(Level.B_T)
    two, three = papers.folder / "two", papers.folder / "three"
    now = datetime.now(UTC)
    sign_in_parallel(one, papers.source, two, papers.signer(seal), Level.B_B, papers.means(), now)
    countersign(two, papers.source, three, papers.signer(seal), Level.B_T, papers.means(), now)

    raised = papers.raised(three, Level.B_LTA, papers.source)

    found = papers.offline(raised, papers.source).signatures
    assert [(one.field_name, one.indication.value, one.level) for one in found] == [
        ("#1", "TOTAL_PASSED", "CAdES-B-LTA"),
        ("#1.1", "TOTAL_PASSED", "CAdES-B-LTA"),
        ("#2", "TOTAL_PASSED", "CAdES-B-LTA"),
    ]


def test_a_signature_by_openssl_in_ber_is_raised_and_its_bytes_stay(papers, city, tmp_path):
    """openssl streams: indefinite lengths and a content cut into pieces, without a signing time of CAdES."""
    holder = papers.official
    (tmp_path / "key.pem").write_bytes(
        holder.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + pem(holder.der)
    )
    (tmp_path / "chain.pem").write_bytes(pem(city.authority.issuing.der))
    big = tmp_path / "big"
    big.write_bytes(CONTENT * 3000)
    foreign = tmp_path / "foreign.p7m"
    command = [
        "openssl",
        "cms",
        "-sign",
        "-binary",
        "-cades",
        "-stream",
        "-nodetach",
        "-outform",
        "DER",
        "-md",
        "sha256",
    ]
    command += ["-in", str(big), "-signer", str(tmp_path / "key.pem"), "-certfile", str(tmp_path / "chain.pem")]
    subprocess.run([*command, "-out", str(foreign)], check=True, capture_output=True)
    assert foreign.read_bytes()[:2] == b"\x30\x80"

    raised = papers.raised(foreign, Level.B_LTA)

    assert levels(papers.offline(raised, None)) == [("TOTAL_PASSED", "CAdES-B-LTA")]
    assert openssl_complaint(raised, None, city.authority.root.der, tmp_path) == ""
    assert (tmp_path / "verified").read_bytes() == big.read_bytes()
    old, new = (read_signed_data(path.read_bytes()) for path in (foreign, raised))
    assert new.content == old.content
    assert new.signers[0].signed_fields == old.signers[0].signed_fields


def test_the_registry_knows_the_format_and_a_pem_file_is_read_as_well(papers, city):
    signature = papers.sign(Level.B_B, Packaging.ATTACHED)
    armoured = papers.folder / "signature.pem"
    body = base64.encodebytes(signature.read_bytes())
    armoured.write_bytes(b"-----BEGIN CMS-----\n" + body + b"-----END CMS-----\n")

    for number, file in enumerate((signature, armoured)):
        target = papers.folder / f"raised-{number}"
        assert augment(file, target, Level.B_LT, city.tools()) == "cades"
        assert levels(papers.offline(target, None)) == [("TOTAL_PASSED", "CAdES-B-LT")]


def test_a_detached_signature_without_its_file_is_raised_to_b_lt_and_no_further(papers):
    signature = papers.sign(Level.B_B)

    raised = papers.raised(signature, Level.B_LT)

    assert levels(papers.offline(raised, papers.source)) == [("TOTAL_PASSED", "CAdES-B-LT")]
    with pytest.raises(SignedContentMissing):
        papers.raised(signature, Level.B_LTA)


@pytest.mark.parametrize("altered", ["certificate", "answer", "stamp", "value"])
def test_whatever_the_archive_time_stamp_covers_cannot_be_taken_away_or_changed(altered, papers):
    signature = papers.sign(Level.B_LTA)
    parts = read_signed_data(signature.read_bytes())
    (signer,) = parts.signers
    changed = {
        "certificate": lambda: replace(parts, certificates=parts.certificates[:-1]),
        "answer": lambda: replace(parts, crls=parts.crls[1:]),
        "stamp": lambda: replace(parts, signers=(replace(signer, unsigned_attributes=signer.unsigned_attributes[1:]),)),
        "value": lambda: replace(parts, signers=(replace(signer, version=b"\x02\x01\x03"),)),
    }[altered]()
    signature.write_bytes(b"".join(write_signed_data(changed)))

    (found,) = papers.offline(signature, papers.source).signatures

    (archive,) = [stamp for stamp in found.timestamps if stamp.place == "archive"]
    assert (archive.trusted, archive.sub_indication) == (False, SubIndication.HASH_FAILURE)
    assert found.level != "CAdES-B-LTA"


def test_what_cannot_be_raised_is_refused_and_leaves_nothing(papers, city):
    broken, plain = papers.sign(Level.B_B), papers.folder / "plain"
    other = papers.folder / "other"
    other.write_bytes(b"another")
    plain.write_bytes(b"no signature")
    with pytest.raises(SignatureBroken):
        papers.raised(broken, Level.B_T, other)
    with pytest.raises(SignatureFileUnreadable):
        papers.raised(plain, Level.B_T)
    nobody = papers.folder / "nobody"
    empty = replace(read_signed_data(broken.read_bytes()), signers=())
    nobody.write_bytes(b"".join(write_signed_data(empty)))
    with pytest.raises(NothingToAugment):
        papers.raised(nobody, Level.B_T)
    with pytest.raises(AlreadyAtLevel):
        papers.raised(papers.sign(Level.B_T), Level.B_T, papers.source)
    with pytest.raises(AlreadyAtLevel):
        papers.raised(papers.sign(Level.B_LT), Level.B_LT, papers.source)
    silent = city.tsa()
    silent.failure = TimestampUnavailable("silent")
    with pytest.raises(TimestampUnavailable):
        papers.raised(broken, Level.B_LTA, papers.source, tsa=silent)

    assert not [path for path in papers.folder.iterdir() if ".B-" in path.name or path.suffix == ".raised"]


def test_a_signer_who_is_revoked_or_about_whom_nobody_answers_is_not_made_provable(papers, city):
    revoked = city.authority.leaf("Đã thu hồi")
    city.authority.revoke(revoked, datetime.now(UTC) - timedelta(days=1))
    silent = city.authority.leaf("Không ai trả lời", behaviour="down")
    for holder, error in ((revoked, MaterialNotSound), (silent, MaterialUnavailable)):
        signer = papers.signer(holder)
        target = papers.folder / "target"
        with pytest.raises(error):
            sign_cades(papers.source, target, signer, Level.B_LT, Packaging.DETACHED, papers.means(), datetime.now(UTC))
        assert not target.exists()


def test_without_anyone_to_ask_no_key_is_used(papers):
    signer = papers.signer()
    means = replace(papers.means(), raising=None)
    with pytest.raises(MaterialUnavailable):
        sign_cades(papers.source, papers.folder / "x", signer, Level.B_LT, Packaging.ATTACHED, means, datetime.now(UTC))
    assert signer.key.uses == 0
