"""Containers raised to B-LT and B-LTA, and archived again."""

import hashlib
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import tsp

from certs.model import Indication, SubIndication
from signing.augmentation.registry import augment
from signing.errors.evidence import AlreadyAtLevel, NothingToAugment, SignatureBroken
from signing.errors.timestamps import TimestampUnavailable
from signing.files.asic import ContainerKind, sign_asic, sign_in_container
from signing.formats.asic.container import ASIC_E, rewrite_container, write_container
from signing.model import Level
from signing.validation.asic import validate_asic
from signing.validation.policy import ValidationPolicy
from tests.signing.augmentation.test_cades import Papers
from tests.signing.cms_judges import openssl_complaint, openssl_stamp_complaint

SIMPLE, EXTENDED = ContainerKind.SIMPLE, ContainerKind.EXTENDED


@pytest.fixture
def papers(city, tmp_path: Path) -> Papers:
    return Papers(city, tmp_path)


def signed(papers: Papers, kind: ContainerKind, level: Level) -> Path:
    target = papers.folder / f"{kind}-{level}"
    files = [("biên bản.txt", papers.source)]
    if kind is EXTENDED:
        files.append(("phụ lục/bản sao.txt", papers.source))
    sign_asic(files, target, papers.signer(), kind, level, papers.means(), datetime.now(UTC))
    return target


def raised(papers: Papers, container: Path, level: Level, **changes) -> Path:
    target = container.with_name(f"{container.name}.{level}")
    augment(container, target, level, papers.city.tools(**changes))
    return target


def offline(papers: Papers, container: Path):
    return validate_asic(container, ValidationPolicy(tuple(papers.city.anchors())), datetime.now(UTC))


@pytest.mark.parametrize("kind", list(ContainerKind))
@pytest.mark.parametrize("level", [Level.B_LT, Level.B_LTA])
def test_what_is_signed_at_a_long_term_level_proves_itself(kind, level, papers, city, tmp_path):
    container = signed(papers, kind, level)

    report = offline(papers, container)

    assert [(one.indication, one.level) for one in report.signatures] == [(Indication.PASSED, f"CAdES-{level}")]
    with zipfile.ZipFile(container) as archive:
        archive.extractall(tmp_path / "out")
    name, content = (
        ("signature.p7s", tmp_path / "out" / "biên bản.txt")
        if kind is SIMPLE
        else ("signature001.p7s", tmp_path / "out" / "META-INF" / "ASiCManifest001.xml")
    )
    signature = tmp_path / "out" / "META-INF" / name
    assert openssl_complaint(signature, content, city.authority.root.der, tmp_path) == ""


@pytest.mark.parametrize("kind", list(ContainerKind))
@pytest.mark.parametrize(
    ("start", "level"),
    [(Level.B_B, Level.B_T), (Level.B_B, Level.B_LTA), (Level.B_T, Level.B_LT), (Level.B_LT, Level.B_LTA)],
)
def test_a_container_is_raised_step_by_step_and_in_one(kind, start, level, papers):
    container = signed(papers, kind, start)

    higher = raised(papers, container, level)

    found = validate_asic(higher, papers.informed(), datetime.now(UTC)).signatures
    assert [(one.indication, one.level) for one in found] == [(Indication.PASSED, f"CAdES-{level}")]
    with zipfile.ZipFile(container) as old, zipfile.ZipFile(higher) as new:
        unchanged = [name for name in old.namelist() if not name.endswith(".p7s")]
        assert all(old.read(name) == new.read(name) for name in unchanged)


def test_an_archive_is_archived_again_under_the_fixed_name_and_openssl_finds_each_stamp(papers, city, tmp_path):
    container = signed(papers, EXTENDED, Level.B_LTA)

    twice = raised(papers, container, Level.B_LTA)
    thrice = raised(papers, twice, Level.B_LTA)

    report = offline(papers, thrice)
    assert [(one.indication, one.level) for one in report.signatures] == [(Indication.PASSED, "CAdES-B-LTA")]
    assert [stamp.trusted for stamp in report.document_timestamps] == [True] * 3
    with zipfile.ZipFile(thrice) as archive:
        manifests = ("ASiCArchiveManifest001.xml", "ASiCArchiveManifest002.xml", "ASiCArchiveManifest.xml")
        for number, name in enumerate(manifests, start=1):
            token, stamped = tmp_path / "token", archive.read(f"META-INF/{name}")
            token.write_bytes(archive.read(f"META-INF/timestamp{number:03}.tst"))
            # Tokens that hold OCSP answers are CMS of version 5, which `openssl ts` does not read.
            assert openssl_complaint(token, None, city.authority.root.der, tmp_path) == ""
            stated = tsp.TSTInfo.load((tmp_path / "verified").read_bytes())
            assert stated["message_imprint"]["hashed_message"].native == hashlib.sha256(stamped).digest()
        newest = archive.read("META-INF/timestamp003.tst")
        assert openssl_stamp_complaint(newest, stamped, city.authority.root.der, tmp_path) == ""
        assert b'Rootfile="true"' in archive.read("META-INF/ASiCArchiveManifest.xml")


def test_what_an_archive_lists_cannot_be_changed_without_notice(papers):
    container = signed(papers, EXTENDED, Level.B_LTA)
    bad = papers.folder / "bad"

    for changes in ({"META-INF/signature001.p7s": b"0"}, {"biên bản.txt": b"changed"}):
        rewrite_container(container, bad, changes)
        report = offline(papers, bad)
        assert report.document_timestamps[0].trusted is False
        assert report.document_timestamps[0].sub_indication is SubIndication.HASH_FAILURE
        assert report.signatures[0].indication is Indication.FAILED


def test_a_later_signer_is_archived_with_the_next_stamp(papers, city):
    container = signed(papers, EXTENDED, Level.B_LTA)
    seal = city.authority.leaf("UBND phường Ví Dụ")
    joined = papers.folder / "joined"
    sign_in_container(container, joined, papers.signer(seal), Level.B_LTA, papers.means(), datetime.now(UTC))

    found = offline(papers, joined).signatures
    assert [(one.indication, one.level) for one in found] == [(Indication.PASSED, "CAdES-B-LTA")] * 2


def test_what_cannot_be_raised_is_refused_and_leaves_nothing(papers, city):
    container = signed(papers, EXTENDED, Level.B_LT)
    broken, plain = papers.folder / "broken", papers.folder / "plain"
    rewrite_container(container, broken, {"biên bản.txt": b"changed"})
    write_container(plain, ASIC_E, [("a.txt", papers.source)])
    silent = city.tsa()
    silent.failure = TimestampUnavailable("silent")

    with pytest.raises(SignatureBroken):
        raised(papers, broken, Level.B_LTA)
    with pytest.raises(NothingToAugment):
        raised(papers, plain, Level.B_T)
    with pytest.raises(AlreadyAtLevel):
        raised(papers, container, Level.B_LT)
    with pytest.raises(AlreadyAtLevel):
        raised(papers, signed(papers, EXTENDED, Level.B_LTA), Level.B_LT)
    with pytest.raises(TimestampUnavailable):
        raised(papers, container, Level.B_LTA, tsa=silent)
    assert not [path for path in papers.folder.iterdir() if ".B-" in path.name or path.is_dir()]


def test_an_archive_lives_on_when_the_authorities_certificate_has_ended(papers, city):
    """The second archive time-stamp, by an authority that lasts, proves the first beyond its end."""
    ending = city.authority.tsa(ends=timedelta(days=300))
    city.server.issued[ending.certificate.serial_number] = ending.certificate
    container = papers.folder / "ending"
    means = papers.means()
    means = type(means)(means.confined, means.policy, city.tsa(ending), city.tools(tsa=city.tsa(ending)))
    sign_asic([("a", papers.source)], container, papers.signer(), EXTENDED, Level.B_LTA, means, datetime.now(UTC))
    again = raised(papers, container, Level.B_LTA)

    later = datetime.now(UTC) + timedelta(days=600)
    policy = ValidationPolicy(tuple(city.anchors()), city.evidence(later))
    (once,) = validate_asic(container, policy, later).signatures
    (twice,) = validate_asic(again, policy, later).signatures

    assert once.indication is not Indication.PASSED
    assert (twice.indication, twice.level) == (Indication.PASSED, "CAdES-B-LTA")
