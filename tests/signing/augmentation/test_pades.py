"""Raising what is signed already, by us or by others, from any level to any higher one."""

import hashlib
from dataclasses import replace
from io import BytesIO

import pytest
from asn1crypto.x509 import Certificate
from pyhanko.pdf_utils.reader import PdfFileReader

from certs.algorithms import shipped_algorithms
from signing.errors.documents import DocumentEncrypted
from signing.errors.evidence import (
    AlreadyAtLevel,
    AugmentationLevelUnknown,
    FormatNotAugmentable,
    MaterialNotSound,
    MaterialUnavailable,
    NothingToAugment,
    SignatureBroken,
)
from signing.errors.timestamps import TimestampUnavailable
from signing.model import Level
from signing.validation.document import validate_pdf
from signing.validation.policy import ValidationPolicy
from tests.signing.augmentation.bench import in_minutes, in_years
from tests.signing.conftest import DOCUMENTS

# So that the test says the same in the years to come.
RSA_WITHOUT_END = replace(
    shipped_algorithms(), keys={**shipped_algorithms().keys, "rsa": shipped_algorithms().keys["ed25519"]}
)
DECISION = DOCUMENTS / "quyet-dinh.libreoffice.pdf"


@pytest.mark.parametrize("stamped", [False, True])
@pytest.mark.parametrize("level", [Level.B_LT, Level.B_LTA])
def test_a_signature_of_anybodys_is_raised_until_it_proves_itself(city, official, stamped, level):
    signed = city.foreign(official, DECISION, stamped=stamped)

    raised = city.augment(signed, level)

    # One document time-stamp stands in for the missing one of the signature, and by covering it makes it B-LTA.
    reached = "B-LTA" if level is Level.B_LTA or not stamped else "B-LT"
    count = int(not stamped) + int(level is Level.B_LTA)
    city.assert_provable(raised, reached, timestamps=count, own_stamps=stamped)


def test_a_signature_without_a_time_stamp_reaches_b_t_by_a_document_time_stamp(city, official):
    raised = city.augment(city.foreign(official, DECISION), Level.B_T)

    policy = ValidationPolicy(tuple(city.anchors()), city.evidence(city.authority.now))
    (found,) = validate_pdf(raised, policy, in_years(0)).signatures
    assert (found.indication, found.level, found.timestamp_by) == ("TOTAL_PASSED", "PAdES-B-T", "Test TSA")


def test_levels_are_climbed_one_by_one_and_the_archive_is_stamped_again(city, official, seal):
    signed = city.foreign(seal, city.foreign(official, DECISION, stamped=True), stamped=True)

    provable = city.augment(signed, Level.B_LT)
    archived = city.augment(provable, Level.B_LTA)
    again = city.augment(archived, Level.B_LTA)

    city.assert_provable(provable, "B-LT", "B-LT")
    city.assert_provable(archived, "B-LTA", "B-LTA", timestamps=1)
    city.assert_provable(again, "B-LTA", "B-LTA", timestamps=2)


def test_an_archived_signature_outlives_its_certificate(city, official):
    """Much later only the last time-stamp's authority has to be asked about."""
    archived = city.augment(city.foreign(official, DECISION, stamped=True), Level.B_LTA)
    later = in_years(2)

    def judged(path):
        policy = ValidationPolicy(tuple(city.anchors()), city.evidence(later), RSA_WITHOUT_END)
        return validate_pdf(path, policy, later).signatures[0]

    assert judged(archived).indication == "TOTAL_PASSED"
    for stamped in (True, False):
        not_archived = city.foreign(official, DECISION, stamped=stamped)
        assert judged(not_archived).sub_indication == "OUT_OF_BOUNDS_NO_POE"


def test_a_certificate_revoked_after_its_time_stamp_can_still_be_raised_and_one_revoked_before_cannot(city, running):
    holder = running[0].leaf("Sắp bị thu hồi")
    running[1].issued[holder.certificate.serial_number] = holder.certificate
    stamped, bare = city.foreign(holder, DECISION, stamped=True), city.foreign(holder, DECISION)
    revoked = running[0].leaf("Đã bị thu hồi")
    running[1].issued[revoked.certificate.serial_number] = revoked.certificate
    running[0].revoke(revoked, running[0].now - in_minutes(10))

    with pytest.raises(MaterialNotSound, match="Đã bị thu hồi"):
        city.augment(city.foreign(revoked, DECISION, stamped=True), Level.B_LT)
    assert city.augment(stamped, Level.B_LT)
    assert city.augment(bare, Level.B_LT)


def test_what_has_the_level_already_is_not_touched(city, official):
    provable, _ = city.sign(DECISION, official, Level.B_LT)

    for level in (Level.B_T, Level.B_LT):
        with pytest.raises(AlreadyAtLevel):
            city.augment(provable, level)
    assert sorted(path.suffix for path in city.folder.iterdir()) == [".pdf"]


@pytest.mark.parametrize(
    ("name", "refusal"),
    [("libreoffice", NothingToAugment), ("encrypted-user", DocumentEncrypted)],
)
def test_a_document_that_cannot_be_raised_is_refused_by_name(city, name, refusal):
    with pytest.raises(refusal):
        city.augment(DOCUMENTS / f"quyet-dinh.{name}.pdf", Level.B_LTA)
    assert list(city.folder.iterdir()) == []


def test_files_of_other_formats_and_the_lowest_level_are_refused(city, tmp_path):
    other = tmp_path / "anh.png"
    other.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))

    with pytest.raises(FormatNotAugmentable):
        city.augment(other, Level.B_LT)
    with pytest.raises(AugmentationLevelUnknown):
        city.augment(DECISION, Level.B_B)


def test_a_broken_signature_is_not_kept_for_longer(city, official):
    signed = city.foreign(official, DECISION)
    content = signed.read_bytes()
    broken = city.path("broken")
    broken.write_bytes(content.replace(b"/Producer", b"/Producex", 1))
    assert broken.read_bytes() != content

    with pytest.raises(SignatureBroken):
        city.augment(broken, Level.B_LTA)


def test_nothing_is_kept_when_somebody_does_not_answer(city, official, running):
    unknown = running[0].leaf("Không ai biết", behaviour="down")
    silent = city.tsa()
    silent.failure = TimestampUnavailable("silent")
    signed, foreign = city.foreign(official, DECISION), city.foreign(unknown, DECISION)
    there = sorted(city.folder.iterdir())

    with pytest.raises(TimestampUnavailable):
        city.augment(signed, Level.B_T, tsa=silent)
    with pytest.raises(MaterialUnavailable):
        city.augment(foreign, Level.B_LT)

    assert sorted(city.folder.iterdir()) == there


def test_the_material_of_each_signature_is_found_under_the_hash_of_its_contents(city, official, seal):
    """Also after a second round: a new entry says all that the old one said."""
    signed = city.foreign(seal, city.foreign(official, DECISION, stamped=True), stamped=True)
    raised = city.augment(city.augment(signed, Level.B_LT), Level.B_LTA)

    reader = PdfFileReader(BytesIO(raised.read_bytes()))
    entries = reader.root["/DSS"]["/VRI"]
    for found in reader.embedded_regular_signatures:
        entry = entries["/" + hashlib.sha1(found.pkcs7_content, usedforsecurity=False).hexdigest().upper()]
        kept = {Certificate.load(stream.get_object().data).subject.human_friendly for stream in entry["/Cert"]}
        assert sum("Test TSA" in name for name in kept) == 1
        assert sum("Test Root" in name for name in kept) == 1
        assert len(entry["/OCSP"]) == 2
