"""Validation of JAdES signatures: offline, in the child process."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from asn1crypto import algos
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from certs.key_descriptions import UsedAlgorithms, algorithms_of
from certs.model import SubIndication
from certs.revocation.model import RevocationEvidence
from signing.errors.files import SignatureFileUnreadable
from signing.errors.keys import SignatureValueWrong
from signing.errors.signatures import AlgorithmNotAllowed
from signing.formats.cms import check_signature_value, signer_fields
from signing.formats.jades.encoding import b64url, from_b64url, read_json_object
from signing.formats.jades.headers import (
    ALGORITHMS,
    BY_URI_HASH,
    HASHES,
    SIG_D,
    UNDERSTOOD,
    certificates_in,
    claimed_time,
    names_certificate,
    object_hash,
)
from signing.formats.jades.structure import Jws, JwsSignature, read_jws_file, signing_input
from signing.formats.mapped import map_file
from signing.formats.xml.values import der_of_ecdsa
from signing.model import SignatureAlgorithm
from signing.policies import signature_algorithm
from signing.validation.cades import overall_of, queries_about
from signing.validation.cms import MAX_TIMESTAMPS, CmsFindings, check_token, parse_signed_data
from signing.validation.hostile import attempt
from signing.validation.judged import Seen, Surroundings, guarded, report_on
from signing.validation.policy import ValidationPolicy
from signing.validation.report import EvidenceNeeds, SignatureReport, ValidationReport
from signing.validation.wording import reason

Contents = Mapping[str, Path]
"""Detached files by the name under which they were signed."""

_MALFORMED = CmsFindings(SubIndication.FORMAT_FAILURE)


@dataclass(frozen=True)
class _Value:
    """A signature value that is checked or not."""

    certificate_der: bytes
    algorithm: SignatureAlgorithm


def validate_jades(path: Path, contents: Contents, policy: ValidationPolicy, at: datetime) -> ValidationReport:
    """Validate every signature of a JWS file, compact or JSON.

    Args:
        path: A file of any content; hostile content gives findings, not exceptions.
        contents: The signed files, where the payload is not in the file; a single one may have any name.
        policy: Anchors and evidence. Nothing is fetched.
        at: Validation time, aware.
    Returns:
        The report; signatures are named "#1", "#2" and so on.
    Raises:
        OSError: A file cannot be read from disk.
    Source: ETSI EN 319 102-1 V1.3.1, 5; ETSI TS 119 182-1 V1.2.1; RFC 7515, 5.2.
    """
    jws = _read(path)
    around = Surroundings(policy, at)
    signatures: tuple[SignatureReport, ...] = ()
    if jws is not None:
        signatures = tuple(
            guarded(f"#{number}", partial(_judge, f"#{number}", jws, one, contents, around), around)
            for number, one in enumerate(jws.signatures, start=1)
        )
    data = map_file(path)
    return ValidationReport(
        document_sha256=hashlib.sha256(data).hexdigest(),
        document_size_bytes=len(data),
        validated_at=at,
        overall=overall_of(signatures, readable=jws is not None),
        signatures=signatures,
        document_reasons=() if jws is not None else (reason("signature-malformed"),),
    )


def collect_jades_needs(path: Path, anchor_ders: tuple[bytes, ...] = ()) -> EvidenceNeeds:
    """Return whose status must be asked before validate_jades can judge by it. Offline, for the child process."""
    jws = _read(path)
    found: list[CmsFindings] = []
    for one in () if jws is None else jws.signatures:
        findings = check_jws(jws, one, {}) if jws is not None else _MALFORMED
        found += [findings, *(check_token(token)[0] for token in findings.tokens)]
    return EvidenceNeeds(queries_about(found, (), anchor_ders))


def check_jws(jws: Jws, signature: JwsSignature, contents: Contents) -> CmsFindings:
    """Say what the bytes of one signature are worth, without any trust."""
    return attempt(lambda: _check(jws, signature, contents), _MALFORMED)


def _read(path: Path) -> Jws | None:
    try:
        return read_jws_file(path)
    except SignatureFileUnreadable:
        return None


def _judge(name: str, jws: Jws, signature: JwsSignature, contents: Contents, around: Surroundings) -> SignatureReport:
    findings = check_jws(jws, signature, contents)
    baseline = findings.refers_to_signer and findings.claimed_time is not None
    seen = Seen(name, "JAdES-B" if baseline else "JWS-B", findings, RevocationEvidence((), findings.other_ders))
    return report_on(seen, (), around)


def _check(jws: Jws, signature: JwsSignature, contents: Contents) -> CmsFindings:
    header = signature.protected_header
    algorithm = ALGORITHMS.get(str(header.get("alg")))
    critical = header.get("crit", [])
    if algorithm is None or not isinstance(critical, list) or not set(critical) <= UNDERSTOOD & header.keys():
        return _MALFORMED
    certificates = certificates_in(header)
    found = CmsFindings(
        sub_indication=SubIndication.NO_SIGNING_CERTIFICATE_FOUND,
        claimed_time=claimed_time(header),
        tokens=attempt(lambda: _tokens(signature), ()),
        signature_value=b64url(signature.value).encode("ascii"),
    )
    if not certificates:
        return found
    named = names_certificate(header, certificates[0])
    found = replace(
        found,
        signer_der=certificates[0],
        other_ders=tuple(certificates[1:]),
        refers_to_signer=named,
        algorithms=_used(certificates[0], algorithm),
    )
    payload = _payload(jws, header, contents)
    if payload is None:
        return replace(found, sub_indication=SubIndication.SIGNED_DATA_NOT_FOUND)
    sub = _value_problem(_Value(certificates[0], algorithm), signature, payload) or _object_problem(header, contents)
    if sub is None and not named and {"x5t#S256", "x5t#o"} & header.keys():
        return replace(found, sub_indication=SubIndication.NO_SIGNING_CERTIFICATE_FOUND)
    wrong = sub in {SubIndication.SIG_CRYPTO_FAILURE, SubIndication.HASH_FAILURE}
    intact = False if wrong else None if sub is not None else True
    return replace(found, sub_indication=sub, intact=intact)


def _payload(jws: Jws, header: dict[str, Any], contents: Contents) -> bytes | None:
    """Return the payload as it is signed; None where it stands elsewhere and was not given."""
    encoded = header.get("b64", True) is not False
    if jws.payload is not None:
        if encoded:
            from_b64url(jws.payload)
        return jws.payload.encode()
    if SIG_D in header:
        return b""
    if len(contents) != 1:
        return None
    content = next(iter(contents.values())).read_bytes()
    return b64url(content).encode() if encoded else content


def _value_problem(value: _Value, signature: JwsSignature, payload: bytes) -> SubIndication | None:
    data = signing_input(signature.protected, "") + payload
    plain = _plain_value(value, signature.value)
    if plain is None:
        return SubIndication.SIG_CRYPTO_FAILURE
    try:
        check_signature_value(data, plain, value.certificate_der, value.algorithm)
    except SignatureValueWrong:
        return SubIndication.SIG_CRYPTO_FAILURE
    return None


def _plain_value(value: _Value, octets: bytes) -> bytes | None:
    """Return the value as our keys give it. JOSE ties each ECDSA algorithm to one curve (RFC 7518, 3.4)."""
    key = x509.load_der_x509_certificate(value.certificate_der).public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return octets
    try:
        fits = signature_algorithm(value.certificate_der) is value.algorithm
    except AlgorithmNotAllowed:
        fits = False
    return der_of_ecdsa(octets, key) if fits else None


def _object_problem(header: dict[str, Any], contents: Contents) -> SubIndication | None:
    """Look at the files that sigD names. Source: ETSI TS 119 182-1 V1.2.1, 5.2.8.3.3."""
    if SIG_D not in header:
        return None
    stated = header[SIG_D]
    if not isinstance(stated, dict) or stated.get("mId") != BY_URI_HASH or SIG_D not in header.get("crit", []):
        return SubIndication.FORMAT_FAILURE
    names, values = stated.get("pars"), stated.get("hashV")
    algorithm = HASHES.get(str(stated.get("hashM")))
    if algorithm is None or not isinstance(names, list) or not isinstance(values, list) or len(names) != len(values):
        return SubIndication.FORMAT_FAILURE
    if not names or len(set(names)) != len(names):
        return SubIndication.FORMAT_FAILURE
    missing = False
    for name, value in zip(names, values, strict=True):
        path = contents.get(name) or (next(iter(contents.values())) if len(contents) == len(names) == 1 else None)
        if path is None:
            missing = True
        elif object_hash(path, algorithm) != from_b64url(value):
            return SubIndication.HASH_FAILURE
    return SubIndication.SIGNED_DATA_NOT_FOUND if missing else None


def _tokens(signature: JwsSignature) -> tuple[Any, ...]:
    """Return the time-stamps over the signature value. Source: ETSI TS 119 182-1 V1.2.1, 5.3.4."""
    found = []
    for entry in signature.unsigned:
        member = entry if isinstance(entry, dict) else read_json_object(from_b64url(entry))
        for token in member.get("sigTst", {}).get("tstTokens", []):
            signed_data = parse_signed_data(_decoded(token["val"]))
            if signed_data is not None:
                found.append(signed_data)
    return tuple(found[:MAX_TIMESTAMPS])


def _decoded(value: str) -> bytes:
    return certificates_in({"x5c": [value]})[0]


def _used(certificate_der: bytes, algorithm: SignatureAlgorithm) -> UsedAlgorithms:
    mechanism = algos.SignedDigestAlgorithm.load(signer_fields(certificate_der, algorithm).signature_algorithm)
    key = asn1_x509.Certificate.load(certificate_der).public_key
    return algorithms_of(mechanism, key, algorithm.digest_algorithm)
