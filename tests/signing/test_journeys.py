"""Signing whole documents, judged by others."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from config.confinement import InProcess
from config.secrets import LocalSecrets
from config.settings import LimitSettings
from gateway.confinement import ChildProcesses
from signing.journeys import sign_pdf
from signing.key_sources.registry import KeySources
from signing.model import Invisible, Level
from tests.signing.conftest import SIGNABLE, key_of
from tests.signing.judges import assert_sound
from tests.signing.softhsm import PIN, make_token


def at_level(step, level, placement=None):
    profile = replace(step.profile, level=level, placement=placement or step.profile.placement)
    return replace(step, profile=profile)


@pytest.mark.parametrize("producer", SIGNABLE)
def test_person_then_seal_at_b_t_are_good_to_pdfsig_qpdf_and_pyhanko(
    producer, document, person_step, seal_step, pki, tsa, sign_once, tmp_path
):
    once, twice = tmp_path / "once.pdf", tmp_path / "twice.pdf"

    person = sign_once(document(producer), once, person_step, pki.official, tsa)
    seal = sign_once(once, twice, seal_step, pki.seal, tsa)

    assert_sound(once, pki, signatures=1, stamped=True)
    assert_sound(twice, pki, signatures=2, stamped=True)
    assert (person.field_name, seal.field_name) == ("Signature1", "Signature2")
    assert person.page_index == seal.page_index == len_pages(once) - 1
    assert seal.sha256 == hashlib.sha256(twice.read_bytes()).hexdigest()
    assert seal.size_bytes == twice.stat().st_size


def len_pages(path: Path) -> int:
    with path.open("rb") as file:
        return int(PdfFileReader(file).root["/Pages"]["/Count"])


def test_the_original_is_an_untouched_prefix(document, person_step, pki, tsa, sign_once, tmp_path):
    sign_once(document("libreoffice"), tmp_path / "signed.pdf", person_step, pki.official, tsa)

    original = document("libreoffice").read_bytes()
    assert (tmp_path / "signed.pdf").read_bytes().startswith(original)


@pytest.mark.parametrize("holder", ["official", "official_p256", "official_p384"])
def test_a_b_b_signature_is_good_with_every_kind_of_key(holder, document, person_step, pki, sign_once, tmp_path):
    signer = getattr(pki, holder)
    step = at_level(replace(person_step, certificate_der=signer.der), Level.B_B)

    sign_once(document("chromium"), tmp_path / "signed.pdf", step, signer)

    assert_sound(tmp_path / "signed.pdf", pki, signatures=1, stamped=False)


def test_a_scan_without_text_is_signed_invisibly(document, person_step, pki, tsa, sign_once, tmp_path):
    step = at_level(person_step, Level.B_T, Invisible())

    signed = sign_once(document("scan200dpi"), tmp_path / "signed.pdf", step, pki.official, tsa)

    assert signed.rectangle is None
    assert signed.page_index is None
    assert_sound(tmp_path / "signed.pdf", pki, signatures=1, stamped=True, strict=False)


def test_the_claimed_time_is_written_in_the_citys_zone(document, person_step, pki, tmp_path):
    now = datetime(2026, 11, 23, 20, 30, tzinfo=UTC)
    step = at_level(person_step, Level.B_B)
    signed = sign_pdf(
        document("libreoffice"),
        tmp_path / "signed.pdf",
        step,
        key=key_of(pki.official),
        tsa=None,
        confined=InProcess(),
        now=now,
    )

    assert signed.signed_at == now
    with (tmp_path / "signed.pdf").open("rb") as file:
        dictionary = PdfFileReader(file).embedded_regular_signatures[0].sig_object
        assert dictionary["/M"] == "D:20261124033000+07'00'"
        assert dictionary["/SubFilter"] == "/ETSI.CAdES.detached"


def test_two_token_keys_sign_in_order_through_the_parsing_child(
    document, person_step, seal_step, pki, tsa, tmp_path, monkeypatch
):
    token = make_token(tmp_path / "hsm", monkeypatch, "desk", {"official": pki.official, "seal": pki.seal})
    (tmp_path / "pin").write_text(PIN)
    keys = KeySources(LocalSecrets(), pkcs11_module=token.module, timeout_seconds=10)
    children = ChildProcesses(LimitSettings())
    source = document("libreoffice")
    try:
        for name, step in (("official", person_step), ("seal", seal_step)):
            key = keys.open_key_source(f"pkcs11:token=desk;object={name}?pin-source=file:{tmp_path}/pin")
            target = tmp_path / f"{name}.pdf"
            sign_pdf(source, target, step, key=key, tsa=tsa, confined=children, now=datetime.now(UTC))
            source = target
    finally:
        keys.close_all()
        children.close()

    assert_sound(tmp_path / "seal.pdf", pki, signatures=2, stamped=True)
