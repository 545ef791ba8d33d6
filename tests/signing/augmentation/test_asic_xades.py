"""Containers with XAdES that prove themselves, made so by us or raised."""

from datetime import UTC, datetime

import pytest

from certs.algorithms import shipped_algorithms
from signing.augmentation.archive import provable_until
from signing.augmentation.registry import augment
from signing.errors.evidence import AlreadyAtLevel, SignatureBroken
from signing.files.asic import ContainerKind
from signing.files.asic_xades import sign_asic_xades
from signing.files.model import FileSigner, Means
from signing.formats.asic.container import rewrite_container
from signing.key_sources.fake import FakeKeySource
from signing.model import Level
from signing.validation.asic import validate_asic
from signing.validation.policy import ValidationPolicy
from tests.signing.files.test_asic_xades import xmlsec1_complaints

SIMPLE, EXTENDED = ContainerKind.SIMPLE, ContainerKind.EXTENDED


@pytest.mark.parametrize("level", [Level.B_LT, Level.B_LTA])
@pytest.mark.parametrize("kind", [SIMPLE, EXTENDED])
def test_containers_prove_themselves_made_so_or_raised(kind, level, city, official, tmp_path):
    made, bare, raised = (tmp_path / name for name in ("made.asice", "bare.asice", "raised.asice"))
    anchors = ValidationPolicy(tuple(city.anchors()))
    means = Means(city.confined, anchors, city.tsa(), city.tools())
    by = FileSigner(official.der, FakeKeySource(official.key), (city.authority.issuing.der,))
    (tmp_path / "a").write_bytes(b"content")
    files = [("a.txt", tmp_path / "a")]

    sign_asic_xades(files, made, by, kind, level, means, datetime.now(UTC))
    sign_asic_xades(files, bare, by, kind, Level.B_B, means, datetime.now(UTC))
    augment(bare, raised, level, city.tools())

    for path in (made, raised):
        report = validate_asic(path, anchors, datetime.now(UTC))
        (found,) = report.signatures
        assert (found.indication, found.level) == ("TOTAL_PASSED", f"XAdES-{level}"), report.to_dict()
        assert xmlsec1_complaints(path, city.authority, tmp_path) == [""]
    again = tmp_path / "again.asice"
    if level is Level.B_LTA:
        augment(raised, again, level, city.tools())
        assert len(validate_asic(again, anchors, datetime.now(UTC)).signatures[0].timestamps) == 3
        assert provable_until(again, shipped_algorithms(), city.confined) > datetime.now(UTC)
    else:
        with pytest.raises(AlreadyAtLevel):
            augment(raised, again, level, city.tools())
        assert not again.exists()


def test_a_container_with_another_content_is_not_raised(city, official, tmp_path):
    good, bad = tmp_path / "good.asice", tmp_path / "bad.asice"
    (tmp_path / "a").write_bytes(b"content")
    means = Means(city.confined, ValidationPolicy(tuple(city.anchors())), city.tsa())
    by = FileSigner(official.der, FakeKeySource(official.key), (city.authority.issuing.der,))
    sign_asic_xades([("a", tmp_path / "a")], good, by, EXTENDED, Level.B_B, means, datetime.now(UTC))
    rewrite_container(good, bad, {"a": b"other"})

    with pytest.raises(SignatureBroken):
        augment(bad, tmp_path / "x", Level.B_T, city.tools())
    assert not (tmp_path / "x").exists()
