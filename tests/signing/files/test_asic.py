"""Containers with CAdES: what unzip, openssl and our own validation say of them, and what is refused."""

import hashlib
import json
import subprocess
import zipfile
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree

from certs.model import Indication, SubIndication
from signing.errors.evidence import NothingToAugment
from signing.errors.files import (
    ContainerFilesUnfit,
    ContainerNameUnusable,
    SignatureFileUnreadable,
    SignedContentDiffers,
)
from signing.errors.signatures import ResultUnsound
from signing.files.asic import ContainerKind, sign_asic, sign_in_container
from signing.files.model import Means
from signing.formats.asic.container import ASIC_E, ASIC_S, rewrite_container, write_container
from signing.formats.asic.manifest import read_manifest
from signing.model import Level
from signing.validation.asic import MAX_QUERIES, collect_asic_needs, validate_asic
from signing.validation.policy import ValidationPolicy
from signing.validation.report import Overall
from tests.signing.cms_judges import openssl_complaint
from tests.signing.files.conftest import CONTENT

NOW = datetime.now(UTC)
SIMPLE, EXTENDED = ContainerKind.SIMPLE, ContainerKind.EXTENDED


def report_on(container: Path, policy: ValidationPolicy):
    return validate_asic(container, policy, datetime.now(UTC) + timedelta(minutes=1))


@pytest.fixture
def files(source: Path, tmp_path: Path) -> list[tuple[str, Path]]:
    second = tmp_path / "second"
    second.write_bytes(bytes(range(256)) * 50)
    return [("Hồ sơ/quyết định.txt", source), ("Hồ sơ/bảng & kê 100%.bin", second)]


def parts_of(container: Path, folder: Path) -> dict[str, Path]:
    """Unpack with unzip, as anybody would."""
    assert subprocess.run(["unzip", "-tq", container], capture_output=True, check=False).returncode == 0
    out = folder / f"{container.name}.out"
    with zipfile.ZipFile(container) as archive:
        archive.extractall(out)
        return {name: out / name for name in archive.namelist()}


@pytest.mark.parametrize("level", [Level.B_B, Level.B_T])
@pytest.mark.parametrize("name", ["official", "official_p256"])
def test_an_asic_s_is_good_to_unzip_openssl_and_us(name, level, pki, policy, means, signer, source, tmp_path):
    target = tmp_path / "one.asics"

    sign_asic([("quyết định.txt", source)], target, signer(name), SIMPLE, level, means, NOW)

    parts = parts_of(target, tmp_path)
    assert list(parts) == ["mimetype", "quyết định.txt", "META-INF/signature.p7s"]
    assert parts["mimetype"].read_bytes() == ASIC_S.encode()
    assert openssl_complaint(parts["META-INF/signature.p7s"], source, pki.root.der, tmp_path) == ""
    (found,) = report_on(target, policy).signatures
    assert (found.intact, found.level, found.field_name) == (True, f"CAdES-{level}", "META-INF/signature.p7s#1")
    assert found.covers_whole_document


@pytest.mark.parametrize("level", [Level.B_B, Level.B_T])
def test_an_asic_e_lists_every_file_with_the_digest_that_others_find(
    level, pki, policy, means, signer, files, tmp_path
):
    target = tmp_path / "many.asice"

    sign_asic(files, target, signer("official"), EXTENDED, level, means, NOW)

    parts = parts_of(target, tmp_path)
    manifest = parts["META-INF/ASiCManifest001.xml"]
    assert openssl_complaint(parts["META-INF/signature001.p7s"], manifest, pki.root.der, tmp_path) == ""
    root = etree.parse(manifest).getroot()
    digests = [b64decode(value.text) for value in root.iter("{http://www.w3.org/2000/09/xmldsig#}DigestValue")]
    assert digests == [hashlib.sha256(path.read_bytes()).digest() for _, path in files]
    assert [one.name for one in read_manifest(manifest.read_bytes()).references] == [name for name, _ in files]
    (found,) = report_on(target, policy).signatures
    assert (found.indication, found.level) == (Indication.PASSED, f"CAdES-{level}")


def test_the_same_order_makes_the_same_container(means, signer, files, tmp_path):
    for name in ("one", "two"):
        sign_asic(files, tmp_path / name, signer("official"), EXTENDED, Level.B_B, means, NOW)

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.parametrize("kind", list(ContainerKind))
def test_a_second_signer_joins_in_and_both_are_good(kind, pki, policy, means, signer, files, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    chosen = files[:1] if kind is SIMPLE else files
    sign_asic(chosen, one, signer("official"), kind, Level.B_T, means, NOW)

    sign_in_container(one, two, signer("seal"), Level.B_B, means, NOW)

    found = report_on(two, policy).signatures
    assert [(sig.indication, sig.level) for sig in found] == [
        (Indication.PASSED, "CAdES-B-T"),
        (Indication.PASSED, "CAdES-B-B"),
    ]
    parts = parts_of(two, tmp_path)
    signatures = [name for name in parts if name.endswith(".p7s")]
    assert len(signatures) == (1 if kind is SIMPLE else 2)
    for number, name in enumerate(signatures, start=1):
        content = chosen[0][1] if kind is SIMPLE else parts[f"META-INF/ASiCManifest{number:03}.xml"]
        assert openssl_complaint(parts[name], content, pki.root.der, tmp_path) == ""


def test_a_changed_missing_or_further_file_is_told_apart(policy, means, signer, files, tmp_path):
    good, bad = tmp_path / "good", tmp_path / "bad"
    sign_asic(files, good, signer("official_p256"), EXTENDED, Level.B_B, means, NOW)
    first = files[0][0]

    rewrite_container(good, bad, {first: CONTENT + b"!"})
    (changed,) = report_on(bad, policy).signatures
    rewrite_container(good, bad, {}, frozenset({first}))
    (missing,) = report_on(bad, policy).signatures
    rewrite_container(good, bad, {"thêm.txt": b"not signed"})
    further = report_on(bad, policy)

    assert (changed.indication, changed.sub_indication) == (Indication.FAILED, SubIndication.HASH_FAILURE)
    assert (missing.indication, missing.sub_indication) == (
        Indication.INDETERMINATE,
        SubIndication.SIGNED_DATA_NOT_FOUND,
    )
    assert further.signatures[0].indication is Indication.PASSED
    assert not further.signatures[0].covers_whole_document
    assert "unsigned-file-in-container" in {one.code for one in further.document_reasons}


def test_a_second_file_in_an_asic_s_leaves_open_what_is_signed(policy, means, signer, source, tmp_path):
    good, bad = tmp_path / "good", tmp_path / "bad"
    sign_asic([("a.txt", source)], good, signer("official_p256"), SIMPLE, Level.B_B, means, NOW)

    for changes in ({"b.txt": b"x"}, {"META-INF/signature2.p7s": b"x"}):
        rewrite_container(good, bad, changes)
        report = report_on(bad, policy)
        assert report.overall is Overall.FAILED
        assert report.signatures[0].sub_indication is SubIndication.FORMAT_FAILURE
        with pytest.raises(SignatureFileUnreadable):
            sign_in_container(bad, tmp_path / "more", signer("seal"), Level.B_B, means, NOW)


@pytest.mark.parametrize(
    "manifest",
    [
        b"bla",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>",
        b"<a/>",
        b'<ASiCManifest xmlns="http://uri.etsi.org/02918/v1.2.1#"/>',
    ],
)
def test_a_manifest_that_is_none_fails_its_signature(manifest, policy, means, signer, files, tmp_path):
    good, bad = tmp_path / "good", tmp_path / "bad"
    sign_asic(files, good, signer("official_p256"), EXTENDED, Level.B_B, means, NOW)
    rewrite_container(good, bad, {"META-INF/ASiCManifest001.xml": manifest})

    (found,) = report_on(bad, policy).signatures

    assert (found.indication, found.sub_indication) == (Indication.FAILED, SubIndication.FORMAT_FAILURE)


def test_what_makes_no_container_is_refused_before_the_key_is_used(means, signer, files, source, tmp_path):
    who, target = signer("official"), tmp_path / "target"
    cases = [
        ([], EXTENDED, ContainerFilesUnfit),
        (files, SIMPLE, ContainerFilesUnfit),
        ([("META-INF/a", source)], EXTENDED, ContainerNameUnusable),
        ([("mimetype", source)], SIMPLE, ContainerNameUnusable),
        ([("../a", source)], SIMPLE, ContainerNameUnusable),
        ([("a", source), ("A", source)], EXTENDED, ContainerNameUnusable),
    ]
    for chosen, kind, error in cases:
        with pytest.raises(error):
            sign_asic(chosen, target, who, kind, Level.B_B, means, NOW)

    assert who.key.uses == 0
    assert not target.exists()


def test_nobody_joins_in_over_a_changed_file_or_in_what_holds_no_signature(means, signer, source, tmp_path):
    who = signer("seal")
    sign_asic([("a.txt", source)], tmp_path / "good", signer("official"), SIMPLE, Level.B_B, means, NOW)
    rewrite_container(tmp_path / "good", tmp_path / "bad", {"a.txt": b"changed"})
    write_container(tmp_path / "none", ASIC_S, [("a.txt", source)])
    (tmp_path / "no-zip").write_bytes(b"no zip")

    for name, error in (
        ("bad", SignedContentDiffers),
        ("none", NothingToAugment),
        ("no-zip", SignatureFileUnreadable),
    ):
        with pytest.raises(error):
            sign_in_container(tmp_path / name, tmp_path / "target", who, Level.B_B, means, NOW)
    assert who.key.uses == 0
    assert {path.name for path in tmp_path.iterdir()} == {"good", "bad", "none", "no-zip", source.name}


def test_a_distrusted_time_stamp_keeps_the_container_back(means, signer, source, tmp_path):
    distrustful = Means(means.confined, ValidationPolicy(), means.tsa)
    with pytest.raises(ResultUnsound):
        sign_asic([("a", source)], tmp_path / "t", signer("official"), SIMPLE, Level.B_T, distrustful, NOW)
    assert not (tmp_path / "t").exists()


def test_files_that_are_no_container_are_findings(policy, tmp_path):
    for content in (b"", b"PK\x03\x04", b"%PDF-1.7", b"PK\x05\x06" + bytes(18)):
        (tmp_path / "file").write_bytes(content)
        report = report_on(tmp_path / "file", policy)
        assert report.overall in {Overall.INDETERMINATE, Overall.NO_SIGNATURE}
        assert report.signatures == ()


# Containers by others.


def corpus_entries(corpus: Path, *formats: str):
    folder = corpus / "validation"
    entries = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]
    return [(one, folder / one["file"]) for one in entries if one["format"] in formats]


def test_containers_by_others_are_what_their_authors_say(corpus):
    judged = [
        (entry, validate_asic(path, ValidationPolicy(), NOW))
        for entry, path in corpus_entries(corpus, "ASiC-E-CAdES", "ASiC-S-CAdES")
    ]
    assert len(judged) == 4
    for entry, report in judged:
        assert len(report.signatures) == entry["signatures"], entry["file"]
        if entry["intact"] is not None:
            assert report.signatures[0].intact is entry["intact"], entry["file"]
        assert report.overall is not Overall.PASSED
    subs = {
        entry["id"]: (report.signatures[0].indication, report.signatures[0].sub_indication) for entry, report in judged
    }
    assert subs["V176"] == (Indication.FAILED, SubIndication.FORMAT_FAILURE)
    assert subs["V177"] == (Indication.INDETERMINATE, SubIndication.SIGNED_DATA_NOT_FOUND)


def test_containers_with_a_time_stamp_only_are_what_their_authors_say(corpus):
    for entry, path in corpus_entries(corpus, "ASiC-S-TST"):
        report = validate_asic(path, ValidationPolicy(), NOW)
        (stamp,) = report.document_timestamps
        unknown_authority = {SubIndication.NO_CERTIFICATE_CHAIN_FOUND, SubIndication.OUT_OF_BOUNDS_NO_POE}
        assert (stamp.sub_indication in unknown_authority) is (entry["intact"] is True), entry["file"]
        assert not stamp.trusted


def test_hostile_containers_by_others_cost_little_and_pass_never(corpus):
    for entry, path in corpus_entries(corpus, "ASiC-E-XAdES", "ASiC-S-XAdES"):
        report = validate_asic(path, ValidationPolicy(), NOW)
        assert report.overall in {Overall.INDETERMINATE, Overall.FAILED}, entry["file"]
        assert len(collect_asic_needs(path).queries) <= MAX_QUERIES


def test_a_container_without_any_signature_has_none(policy, source, tmp_path):
    write_container(tmp_path / "plain", ASIC_E, [("a.txt", source)])
    assert report_on(tmp_path / "plain", policy).overall is Overall.NO_SIGNATURE
