"""The development PKI on disk: what OpenSSL and cryptography find in it, and when it is made anew."""

import shutil
import stat
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from PIL import Image

from gateway.devpki import SIGNERS, DevPki, build_pki, load_pki
from gateway.devpki.model import GOOD_SIGNERS

NOW = datetime.now(UTC)


def certificate(pki: DevPki, name: str) -> x509.Certificate:
    return x509.load_der_x509_certificate(pki.certificate_der(name))


def openssl_verdict(pem_folder: Path, name: str) -> str:
    anchor: list[str | Path] = [
        "-CAfile",
        pem_folder / "root.pem",
        "-untrusted",
        pem_folder / "issuing.pem",
        "-x509_strict",
    ]
    command: list[str | Path] = ["openssl", "verify", *anchor, pem_folder / f"{name}.pem"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "OK" if done.returncode == 0 else done.stderr


@pytest.mark.parametrize("name", ["issuing", "official", "seal", "citizen", "tsa", "ocsp"])
def test_openssl_finds_a_path_from_each_good_certificate_to_the_root(pem_folder: Path, name: str) -> None:
    assert openssl_verdict(pem_folder, name) == "OK"


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("expired", "certificate has expired"),
        ("not-yet-valid", "certificate is not yet valid"),
        ("stranger", "unable to get local issuer certificate"),
        ("stranger-tsa", "unable to get local issuer certificate"),
    ],
)
def test_openssl_refuses_each_bad_certificate_for_its_own_fault(pem_folder: Path, name: str, fault: str) -> None:
    assert fault in openssl_verdict(pem_folder, name)


@pytest.mark.parametrize(
    ("name", "fault"),
    [("weak", "EE certificate key too weak"), ("weak-digest", "CA signature digest algorithm too weak")],
)
def test_openssl_finds_the_weak_ones_below_its_usual_level(pem_folder: Path, name: str, fault: str) -> None:
    command: list[str | Path] = ["openssl", "verify", "-auth_level", "2", "-CAfile", pem_folder / "root.pem"]
    command += ["-untrusted", pem_folder / "issuing.pem", pem_folder / f"{name}.pem"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert fault in done.stderr


def test_every_name_of_an_authority_or_a_unit_says_that_it_is_a_test(dev_pki: DevPki) -> None:
    for path in (dev_pki.folder / "certificates").glob("*.cer"):
        found = x509.load_der_x509_certificate(path.read_bytes())
        for name in (found.subject, found.issuer):
            (organisation,) = name.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
            assert "THỬ NGHIỆM" in str(organisation.value), path.stem
        assert "TEST" in found.issuer.rfc4514_string()


def test_the_official_is_a_person_of_the_unit_whose_seal_is_beside(dev_pki: DevPki) -> None:
    official, seal = (certificate(dev_pki, name).subject for name in ("official", "seal"))
    assert official.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "Nguyễn Văn Ví Dụ"
    assert (
        official.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value
        == seal.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
        == "UBND phường Ví Dụ (THỬ NGHIỆM)"
    )


def test_signers_may_sign_and_nothing_else(dev_pki: DevPki) -> None:
    for name in GOOD_SIGNERS:
        usage = certificate(dev_pki, name).extensions.get_extension_for_class(x509.KeyUsage)
        assert usage.critical
        assert usage.value.digital_signature and usage.value.content_commitment
        assert not (usage.value.key_encipherment or usage.value.key_cert_sign or usage.value.crl_sign)
    wrong = certificate(dev_pki, "wrong-usage").extensions.get_extension_for_class(x509.KeyUsage).value
    assert not wrong.digital_signature and not wrong.content_commitment


def test_the_time_stamp_certificate_may_only_stamp_and_says_so_critically(dev_pki: DevPki) -> None:
    purpose = certificate(dev_pki, "tsa").extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert purpose.critical
    assert list(purpose.value) == [ExtendedKeyUsageOID.TIME_STAMPING]


def test_certificates_point_to_where_their_status_is_served(dev_pki: DevPki) -> None:
    extensions = certificate(dev_pki, "official").extensions
    points = extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    access = extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    assert [name.value for point in points for name in point.full_name or ()] == [dev_pki.crl_url("issuing")]
    assert {entry.access_method: entry.access_location.value for entry in access} == {
        AuthorityInformationAccessOID.OCSP: dev_pki.ocsp_url,
        AuthorityInformationAccessOID.CA_ISSUERS: f"{dev_pki.address}/dev/certs/issuing/ca.crt",
    }


def test_a_chain_leads_from_the_issuer_to_the_root(dev_pki: DevPki) -> None:
    assert dev_pki.chain_der("official") == tuple(dev_pki.certificate_der(name) for name in ("issuing", "root"))
    assert dev_pki.chain_der("stranger") == (dev_pki.certificate_der("stranger-root"),)
    assert dev_pki.chain_der("root") == ()


@pytest.mark.parametrize("signer", SIGNERS)
def test_each_signer_has_a_pkcs12_file_that_only_its_pass_phrase_opens(dev_pki: DevPki, signer: str) -> None:
    bundle, pass_phrase = dev_pki.pkcs12_file(signer).read_bytes(), dev_pki.pass_phrase_file(signer).read_bytes()
    key, found, chain = pkcs12.load_key_and_certificates(bundle, pass_phrase)
    assert isinstance(key, rsa.RSAPrivateKey)
    assert found == certificate(dev_pki, signer)
    assert found is not None and found.public_key() == key.public_key()
    assert len(chain) == len(dev_pki.chain_der(signer))
    with pytest.raises(ValueError, match="password"):
        pkcs12.load_key_and_certificates(bundle, pass_phrase + b"x")


def test_nothing_secret_can_be_read_by_others_and_signers_keys_lie_nowhere_in_the_open(dev_pki: DevPki) -> None:
    assert stat.S_IMODE(dev_pki.folder.stat().st_mode) == 0o700
    secrets = [*(dev_pki.folder / "signers").iterdir()]
    for path in (dev_pki.folder / "keys").iterdir():
        if b"PRIVATE" in path.read_bytes():
            secrets.append(path)
            assert path.stem not in SIGNERS
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets} == {0o600}


def test_pass_phrases_differ(dev_pki: DevPki) -> None:
    assert len({dev_pki.pass_phrase_file(signer).read_text(encoding="utf-8") for signer in SIGNERS}) == len(SIGNERS)


def test_the_handwriting_is_blue_on_nothing(dev_pki: DevPki) -> None:
    with Image.open(dev_pki.handwriting_png) as image:
        assert image.mode == "RGBA"
        assert image.getpixel((0, 0))[3] == 0  # type: ignore[index]
        inked = [pixel for pixel in image.get_flattened_data() if pixel[3] > 200]  # type: ignore[index]
    assert len(inked) > 3000
    assert all(blue > red and blue > green for red, green, blue, _ in inked)  # type: ignore[misc]


def test_the_seal_is_red_on_nothing_and_36_mm_across(dev_pki: DevPki) -> None:
    with Image.open(dev_pki.seal_png) as image:
        millimetres = [pixels / image.info["dpi"][0] * 25.4 for pixels in image.size]
        assert millimetres == pytest.approx([36, 36], abs=0.1)
        assert image.getpixel((0, 0))[3] == 0  # type: ignore[index]
        inked = [pixel for pixel in image.get_flattened_data() if pixel[3] > 200]  # type: ignore[index]
    assert all(red > blue and red > green for red, green, blue, _ in inked)  # type: ignore[misc]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def own_copy(dev_pki: DevPki, tmp_path: Path) -> Path:
    """A PKI that a test may spoil; its certificates name the folder nowhere."""
    folder = tmp_path / "pki"
    shutil.copytree(dev_pki.folder, folder)
    return folder


def test_a_pki_that_still_holds_is_used_again_as_it_is(dev_pki: DevPki, own_copy: Path) -> None:
    before = contents(own_copy)
    again = build_pki(own_copy, NOW + timedelta(days=300), address=dev_pki.address)
    assert contents(own_copy) == before
    assert again == load_pki(own_copy)
    assert again.folder == own_copy
    assert again.valid_until == dev_pki.valid_until


def test_a_pki_is_made_anew_when_its_certificates_end(dev_pki: DevPki, own_copy: Path) -> None:
    later = dev_pki.valid_until - timedelta(minutes=30)
    again = build_pki(own_copy, later, address=dev_pki.address)
    assert again.fingerprint != dev_pki.fingerprint
    assert certificate(again, "official").not_valid_after_utc > later + timedelta(days=1000)
    assert not again.token_configuration_file.exists()


def test_a_pki_is_made_anew_when_its_services_move(dev_pki: DevPki, own_copy: Path) -> None:
    moved = build_pki(own_copy, NOW, address="http://127.0.0.1:9")
    assert moved.tsa_url == "http://127.0.0.1:9/dev/tsa/tsa"
    assert moved.certificate_der("official") != dev_pki.certificate_der("official")
    points = certificate(moved, "official").extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert "http://127.0.0.1:9/dev/crls/issuing/latest.crl" in str(list(points))


@pytest.mark.parametrize("damage", ["", "{", '{"address": "x"}'])
def test_half_a_pki_is_made_anew(dev_pki: DevPki, own_copy: Path, damage: str) -> None:
    (own_copy / "pki.json").write_text(damage, encoding="utf-8")
    again = build_pki(own_copy, NOW, address=dev_pki.address)
    assert again == load_pki(own_copy)
    assert again.certificate_der("root") != dev_pki.certificate_der("root")
