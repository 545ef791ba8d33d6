"""JAdES signatures raised to B-T."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from signing.augmentation.jades import augment_jades
from signing.augmentation.registry import augment
from signing.errors.evidence import AlreadyAtLevel, AugmentationLevelUnknown, SignatureBroken
from signing.errors.files import SignatureFileUnreadable
from signing.files.jades import sign_jades
from signing.files.model import Packaging
from signing.formats.jades.structure import Serialisation, read_jws
from signing.model import Level
from signing.validation.jades import validate_jades
from tests.signing.augmentation.test_cades import Papers


@pytest.fixture
def papers(city, tmp_path: Path) -> Papers:
    return Papers(city, tmp_path)


def signed(papers: Papers, serialisation: Serialisation, packaging: Packaging = Packaging.ATTACHED) -> Path:
    target = papers.folder / f"{serialisation}.jws"
    files = [("biên bản", papers.source)]
    now = datetime.now(UTC)
    sign_jades(files, target, papers.signer(), Level.B_B, packaging, serialisation, papers.means(), now)
    return target


@pytest.mark.parametrize("serialisation", list(Serialisation))
def test_every_form_is_raised_and_what_was_signed_stays(serialisation, papers, city):
    source, target = signed(papers, serialisation), papers.folder / "raised"

    assert augment(source, target, Level.B_T, city.tools()) == "jades"

    (found,) = validate_jades(target, {}, papers.informed(), datetime.now(UTC)).signatures
    assert (found.indication.value, found.level) == ("TOTAL_PASSED", "JAdES-B-T")
    old, new = (read_jws(path.read_bytes()) for path in (source, target))
    assert (new.payload, new.signatures[0].protected, new.signatures[0].value) == (
        old.payload,
        old.signatures[0].protected,
        old.signatures[0].value,
    )
    with pytest.raises(AlreadyAtLevel):
        augment(target, papers.folder / "again", Level.B_T, city.tools())


def test_entries_in_the_clear_stay_in_the_clear(papers, city):
    source, target = signed(papers, Serialisation.FLATTENED), papers.folder / "raised"
    members = json.loads(source.read_bytes())
    members["header"] = {"etsiU": [{"xVals": []}]}
    source.write_text(json.dumps(members))

    augment_jades(source, target, Level.B_T, city.tools())

    entries = json.loads(target.read_bytes())["header"]["etsiU"]
    assert entries[0] == {"xVals": []}
    assert list(entries[1]) == ["sigTst"]


def test_what_cannot_be_raised_is_refused_and_leaves_nothing(papers, city):
    detached, target = signed(papers, Serialisation.FLATTENED, Packaging.DETACHED), papers.folder / "raised"
    other = papers.folder / "other"
    other.write_bytes(b"other")
    with pytest.raises(SignatureBroken):
        augment_jades(detached, target, Level.B_T, city.tools(), {"biên bản": other})
    with pytest.raises(AugmentationLevelUnknown):
        augment_jades(detached, target, Level.B_LT, city.tools())
    with pytest.raises(SignatureFileUnreadable):
        augment_jades(other, target, Level.B_T, city.tools())
    assert not target.exists()

    augment_jades(detached, target, Level.B_T, city.tools(), {"biên bản": papers.source})
    found = validate_jades(target, {"biên bản": papers.source}, papers.informed(), datetime.now(UTC)).signatures
    assert [one.level for one in found] == ["JAdES-B-T"]
