"""Containers with XAdES: what unzip, xmlsec1, signxml's kin and our own validation say of them."""

import json
import subprocess
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from certs.model import SubIndication
from signing.errors.files import ContainerFilesUnfit, ContainerNameUnusable, ContainerUnsafe, SignatureFileUnreadable
from signing.files.asic import ContainerKind, sign_asic
from signing.files.asic_xades import sign_asic_xades, sign_in_container_xades
from signing.formats.asic import xml_signatures
from signing.formats.asic.container import ASIC_E, ASIC_S, rewrite_container
from signing.formats.asic.xml_signatures import CONTENTS, SIMPLE_SIGNATURES
from signing.model import Level
from signing.validation.asic import validate_asic
from signing.validation.policy import ValidationPolicy
from signing.validation.report import Overall
from tests.signing.formats.xml.judges import xmlsec1_problems

NOW = datetime.now(UTC)
SIMPLE, EXTENDED = ContainerKind.SIMPLE, ContainerKind.EXTENDED
FIRST = "META-INF/signatures001.xml"


@pytest.fixture
def files(source: Path, tmp_path: Path) -> list[tuple[str, Path]]:
    second = tmp_path / "second"
    second.write_bytes(bytes(range(256)) * 50)
    return [("Hồ sơ/quyết định & phụ lục.pdf", source), ("Hồ sơ/bảng kê 100%.bin", second)]


def judged(container: Path, policy: ValidationPolicy):
    return validate_asic(container, policy, datetime.now(UTC) + timedelta(minutes=1))


def xmlsec1_complaints(container: Path, pki, folder: Path) -> list[str]:
    """Unpack as anybody would, and ask xmlsec1 about each signature file from the container's root."""
    assert subprocess.run(["unzip", "-tq", container], capture_output=True, check=False).returncode == 0
    out = folder / f"{container.name}.out"
    complaints = []
    with zipfile.ZipFile(container) as archive:
        archive.extractall(out)
        for name in archive.namelist():
            if name.startswith("META-INF/signatures"):
                at_root = out / Path(name).name
                at_root.write_bytes(archive.read(name))
                complaints.append(xmlsec1_problems(at_root, pki))
    return complaints


@pytest.mark.parametrize("level", [Level.B_B, Level.B_T])
@pytest.mark.parametrize("name", ["official", "official_p256"])
def test_an_asic_s_is_good_to_unzip_xmlsec1_and_us(name, level, pki, policy, means, signer, source, tmp_path):
    target = tmp_path / "one.asics"

    sign_asic_xades([("quyết định.txt", source)], target, signer(name), SIMPLE, level, means, NOW)

    assert xmlsec1_complaints(target, pki, tmp_path) == [""]
    with zipfile.ZipFile(target) as archive:
        assert archive.namelist() == ["mimetype", "quyết định.txt", SIMPLE_SIGNATURES]
        assert archive.read("mimetype") == ASIC_S.encode()
    (found,) = judged(target, policy).signatures
    assert (found.intact, found.level, found.field_name) == (True, f"XAdES-{level}", f"{SIMPLE_SIGNATURES}#1")
    assert found.covers_whole_document


@pytest.mark.parametrize("level", [Level.B_B, Level.B_T])
def test_an_asic_e_signs_and_lists_every_file(level, pki, policy, means, signer, files, tmp_path):
    target = tmp_path / "many.asice"

    sign_asic_xades(files, target, signer("official"), EXTENDED, level, means, NOW)

    assert xmlsec1_complaints(target, pki, tmp_path) == [""]
    with zipfile.ZipFile(target) as archive:
        assert archive.namelist() == ["mimetype", *(name for name, _ in files), CONTENTS, FIRST]
        assert archive.read("mimetype") == ASIC_E.encode()
        listed = archive.read(CONTENTS).decode()
        assert "Hồ sơ/quyết định &amp; phụ lục.pdf" in listed
        assert "application/pdf" in listed
    (found,) = judged(target, policy).signatures
    assert (found.intact, found.level, found.covers_whole_document) == (True, f"XAdES-{level}", True)


@pytest.mark.parametrize("kind", [SIMPLE, EXTENDED])
def test_further_signers_join_and_every_signature_keeps_its_bytes(kind, pki, policy, means, signer, files, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second.asice"
    sign_asic_xades(files[: 1 if kind is SIMPLE else 2], first, signer("official"), kind, Level.B_T, means, NOW)
    sign_in_container_xades(first, second, signer("official_p384"), Level.B_T, means, NOW)

    report = judged(second, policy)
    assert [one.intact for one in report.signatures] == [True, True]
    assert report.overall is Overall.PASSED
    names = [one.field_name for one in report.signatures]
    assert names == (
        [f"{SIMPLE_SIGNATURES}#1", f"{SIMPLE_SIGNATURES}#2"]
        if kind is SIMPLE
        else [f"{FIRST}#1", "META-INF/signatures002.xml#1"]
    )
    with zipfile.ZipFile(first) as old, zipfile.ZipFile(second) as new:
        before = old.read(names[0].partition("#")[0])
        after = new.read(names[0].partition("#")[0])
        made = before[before.index(b"<ds:Signature ") : before.index(b"</ds:Signature>")]
        assert made in after


def test_any_change_around_a_signature_is_found(policy, means, signer, files, tmp_path):
    good, bad = tmp_path / "good.asice", tmp_path / "bad.asice"
    sign_asic_xades(files, good, signer("official"), EXTENDED, Level.B_B, means, NOW)
    name = files[1][0]

    rewrite_container(good, bad, {name: b"other"})
    assert judged(bad, policy).signatures[0].sub_indication is SubIndication.HASH_FAILURE

    rewrite_container(good, bad, {}, frozenset({name}))
    assert judged(bad, policy).signatures[0].sub_indication is SubIndication.SIGNED_DATA_NOT_FOUND

    rewrite_container(good, bad, {"unsigned.txt": b"x"})
    report = judged(bad, policy)
    assert not report.signatures[0].covers_whole_document
    assert "unsigned-file-in-container" in {one.code for one in report.document_reasons}

    rewrite_container(good, bad, {FIRST: b"<!DOCTYPE a><a/>"})
    assert judged(bad, policy).overall is Overall.FAILED


def test_a_container_that_is_no_place_for_a_signature_never_reaches_the_key(
    means, signer, files, source, tmp_path, monkeypatch
):
    by, target = signer("official"), tmp_path / "x.asice"
    with pytest.raises(ContainerFilesUnfit):
        sign_asic_xades(files, target, by, SIMPLE, Level.B_B, means, NOW)
    with pytest.raises(ContainerNameUnusable):
        sign_asic_xades([("../a", source)], target, by, EXTENDED, Level.B_B, means, NOW)
    with pytest.raises(SignatureFileUnreadable):
        sign_in_container_xades(source, target, by, Level.B_B, means, NOW)
    cades = tmp_path / "cades.asics"
    sign_asic([("a", source)], cades, signer("official"), SIMPLE, Level.B_B, means, NOW)
    with pytest.raises(SignatureFileUnreadable):
        sign_in_container_xades(cades, target, by, Level.B_B, means, NOW)
    assert by.key.uses == 0
    monkeypatch.setattr(xml_signatures, "MAX_FILE_BYTES", 10)
    with pytest.raises(ContainerUnsafe):
        xml_signatures.ContainerFiles(cades)("a")


def test_containers_that_others_made_are_judged_as_their_makers_judge_them(corpus):
    lines = (corpus / "validation" / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    known = [one for one in map(json.loads, lines) if one["format"] in {"ASiC-E-XAdES", "ASiC-S-XAdES", "ODF"}]
    assert len(known) >= 13
    for entry in known:
        report = validate_asic(corpus / "validation" / entry["file"], ValidationPolicy(), NOW)
        assert report.overall is not Overall.PASSED, entry["file"]
        everyone = bool(report.signatures) and all(one.intact is True for one in report.signatures)
        # A wrapped signing time does not make the content less intact; we do not call such a signature whole.
        if entry["intact"] is not None and entry["category"] != "wrapping":
            assert everyone is entry["intact"], entry["file"]
        if "lta" in entry["file"]:
            stamps = [(one.place, one.sub_indication) for one in report.signatures[0].timestamps]
            assert ("archive", SubIndication.NO_CERTIFICATE_CHAIN_FOUND) in stamps
        if "no-signed-file" in entry["file"] or "2-signatures-in-different" in entry["file"]:
            assert report.overall is Overall.FAILED
        if entry["category"] == "wrapping":
            assert not everyone
