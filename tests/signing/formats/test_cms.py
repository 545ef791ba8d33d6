"""The CMS that we splice, read by others."""

import hashlib
import subprocess

import pytest
from asn1crypto import cms
from asn1crypto.core import OctetString
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from signing.errors.keys import SignatureValueWrong
from signing.formats import der
from signing.formats.cms import (
    assemble_signed_data,
    check_signature_value,
    reserved_size_bytes,
    signed_attributes,
)
from signing.key_sources.fake import FakeKeySource
from signing.model import SignatureAlgorithm
from signing.policies import signature_algorithm

HOLDERS = ["official", "official_p256", "official_p384", "official_ed25519"]
RSA_PSS = (
    SignatureAlgorithm.RSASSA_PSS_SHA256,
    SignatureAlgorithm.RSASSA_PSS_SHA384,
    SignatureAlgorithm.RSASSA_PSS_SHA512,
)


def signed(pki, holder, digest: bytes, algorithm: SignatureAlgorithm | None = None) -> bytes:
    algorithm = algorithm or signature_algorithm(holder.der)
    attributes = signed_attributes(digest, holder.der)
    return assemble_signed_data(
        attributes=attributes,
        signature_value=FakeKeySource(holder.key).sign(attributes, algorithm),
        algorithm=algorithm,
        certificate_der=holder.der,
        chain_ders=pki.chain,
    )


# openssl 3.0 verifies Ed25519 itself, but not inside a CMS.
@pytest.mark.parametrize("name", [name for name in HOLDERS if name != "official_ed25519"])
def test_openssl_verifies_it_over_the_content_and_not_over_another(name, pki, tmp_path):
    holder = getattr(pki, name)
    content = b"The bytes outside the gap."
    digest = hashlib.new(signature_algorithm(holder.der).digest_algorithm, content).digest()
    (tmp_path / "cms.der").write_bytes(signed(pki, holder, digest))
    (tmp_path / "root.pem").write_bytes(pki.root.pem)

    assert openssl_verifies(tmp_path, content)
    assert not openssl_verifies(tmp_path, content + b"!")


@pytest.mark.parametrize("algorithm", RSA_PSS)
def test_openssl_verifies_rsassa_pss_with_each_digest(algorithm, pki, tmp_path):
    content = b"The bytes outside the gap."
    digest = hashlib.new(algorithm.digest_algorithm, content).digest()
    (tmp_path / "cms.der").write_bytes(signed(pki, pki.official, digest, algorithm))
    (tmp_path / "root.pem").write_bytes(pki.root.pem)

    assert openssl_verifies(tmp_path, content)
    assert not openssl_verifies(tmp_path, content + b"!")


@pytest.mark.parametrize("algorithm", RSA_PSS)
def test_rsassa_pss_states_its_digest_its_mask_and_a_salt_as_long_as_the_digest(algorithm, pki):
    info = cms.ContentInfo.load(signed(pki, pki.official, b"d" * 32, algorithm))["content"]["signer_infos"][0]

    digest = {"algorithm": algorithm.digest_algorithm, "parameters": None}
    stated = info["signature_algorithm"]
    assert stated["algorithm"].native == "rsassa_pss"
    assert stated["parameters"]["hash_algorithm"].native == digest
    assert stated["parameters"]["mask_gen_algorithm"].native == {"algorithm": "mgf1", "parameters": digest}
    assert stated["parameters"]["salt_length"].native == hashlib.new(algorithm.digest_algorithm).digest_size
    assert info["digest_algorithm"]["algorithm"].native == algorithm.digest_algorithm


def test_ed25519_signs_the_attributes_goes_with_sha_512_and_has_no_parameters(pki, tmp_path):
    info = cms.ContentInfo.load(signed(pki, pki.official_ed25519, b"d" * 64))["content"]["signer_infos"][0]

    public = pki.official_ed25519.key.public_key()
    (tmp_path / "key.pem").write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    (tmp_path / "signed").write_bytes(info["signed_attrs"].untag().dump())
    (tmp_path / "value").write_bytes(info["signature"].native)
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-in", "signed"]
    assert subprocess.run([*command, "-sigfile", "value"], cwd=tmp_path, check=False).returncode == 0
    assert info["signature_algorithm"].dump() == bytes.fromhex("300506032b6570")
    assert info["digest_algorithm"]["algorithm"].native == "sha512"


def openssl_verifies(folder, content: bytes) -> bool:
    (folder / "content").write_bytes(content)
    command = ["openssl", "cms", "-verify", "-binary", "-cades", "-purpose", "any", "-inform", "DER"]
    command += ["-in", str(folder / "cms.der"), "-content", str(folder / "content")]
    command += ["-CAfile", str(folder / "root.pem"), "-out", "/dev/null"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("name", HOLDERS)
def test_it_is_der_to_the_last_byte_and_holds_what_pades_asks_for(name, pki):
    encoded = signed(pki, getattr(pki, name), b"d" * 32)

    content = cms.ContentInfo.load(encoded, strict=True)
    rebuilt = cms.ContentInfo.load(content.dump(force=True))
    info = content["content"]["signer_infos"][0]
    kinds = {attribute["type"].native for attribute in info["signed_attrs"]}
    assert rebuilt.native == content.native
    assert kinds == {"content_type", "message_digest", "signing_certificate_v2"}
    assert len(content["content"]["certificates"]) == 3
    assert content["content"]["encap_content_info"]["content"].native is None
    assert len(encoded) < reserved_size_bytes(getattr(pki, name).der, pki.chain, timestamp_bytes=0)


def test_a_value_of_another_key_or_over_other_bytes_is_wrong(pki):
    algorithm = signature_algorithm(pki.official.der)
    value = FakeKeySource(pki.official.key).sign(b"data", algorithm)

    check_signature_value(b"data", value, pki.official.der, algorithm)
    for data, der_bytes in ((b"dat", pki.official.der), (b"data", pki.seal.der), (b"data", pki.official_p256.der)):
        with pytest.raises(SignatureValueWrong):
            check_signature_value(data, value, der_bytes, algorithm)
    with pytest.raises(SignatureValueWrong):
        check_signature_value(b"data", value, pki.official.der, SignatureAlgorithm.RSASSA_PSS_SHA256)


@given(st.binary(max_size=70_000))
def test_lengths_are_written_in_the_fewest_bytes(content):
    assert der.octet_string(content) == OctetString(content).dump()
