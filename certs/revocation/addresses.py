"""Where a certificate says that its status can be asked. Pure; runs in the child for untrusted certificates."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from asn1crypto import algos, core, ocsp, x509

from certs.errors import CertificateUnreadable
from certs.names import parse_certificate
from certs.revocation.certificate_facts import (
    CertificateFacts,
    certificate_facts,
    comparable_name,
    read_distribution_points,
)
from certs.revocation.crl import read_crl_head
from certs.revocation.der import SEQUENCE, DerUnsound, read_element, read_whole
from certs.revocation.model import StatusQuery

MAX_ADDRESSES_EACH = 3
MAX_ADDRESS_LENGTH = 2_000
MAX_QUERIES = 16
KEPT_QUESTIONS = 512
URI = 0x86


def build_status_queries(
    certificate_der: bytes, pool_ders: Sequence[bytes], anchor_ders: Sequence[bytes] = ()
) -> tuple[StatusQuery, ...]:
    """Return one query for the certificate and for each CA above it, as far as the issuers are at hand.

    Anchors are not asked about: the operator vouches for them. The issuer is chosen by name and key identifier
    only; whether it really signed is for path validation to say.
    Raises:
        CertificateUnreadable: The first certificate is not readable; unreadable others are ignored.
    """
    pool: dict[str | bytes, list[tuple[bytes, CertificateFacts]]] = {}
    for der in (*anchor_ders, *pool_ders):
        facts = _facts(der)
        if facts is not None:
            pool.setdefault(comparable_name(facts.subject), []).append((der, facts))
    current: bytes | None = certificate_der
    queries: list[StatusQuery] = []
    seen = set(anchor_ders)
    while current is not None and current not in seen and len(queries) < MAX_QUERIES:
        seen.add(current)
        query = _question(current, _find_issuers(current, pool))
        if query is None:
            break
        queries.append(query)
        current = query.issuer_der
    return tuple(queries)


def _facts(certificate_der: bytes) -> CertificateFacts | None:
    try:
        return certificate_facts(certificate_der)
    except DerUnsound:
        return None


def _find_issuers(
    certificate_der: bytes, pool: Mapping[str | bytes, Sequence[tuple[bytes, CertificateFacts]]]
) -> list[bytes]:
    """Return who may have issued a certificate, by name and key identifier. The pool is laid out by name."""
    certificate = _facts(certificate_der)
    if certificate is None:
        return []
    named = [one for one in pool.get(comparable_name(certificate.issuer), ()) if one[0] != certificate_der]
    wanted = certificate.authority_key
    exact = [one for one in named if wanted is not None and one[1].key_identifier == wanted]
    return [der for der, _ in (exact or named)]


def _question(certificate_der: bytes, issuer_ders: Sequence[bytes]) -> StatusQuery | None:
    """Return the question about a certificate to its first readable issuer; None where it issued itself."""
    readable = (issuer_der for issuer_der in issuer_ders if _is_readable(issuer_der))
    return _query(certificate_der, next(readable, None))


@lru_cache(maxsize=KEPT_QUESTIONS)
def _is_readable(certificate_der: bytes) -> bool:
    try:
        parse_certificate(certificate_der)
    except CertificateUnreadable:
        return False
    return True


# The same few certificates are asked about all day, and taking them apart costs more than a signature.
@lru_cache(maxsize=KEPT_QUESTIONS)
def _query(certificate_der: bytes, issuer_der: bytes | None) -> StatusQuery | None:
    certificate = parse_certificate(certificate_der)
    issuer = None if issuer_der is None else parse_certificate(issuer_der)
    if certificate.self_signed in {"maybe", "yes"}:
        return None
    access = certificate.authority_information_access_value or ()
    return StatusQuery(
        certificate_der=certificate_der,
        issuer_der=issuer_der,
        ocsp_addresses=_addresses(d["access_location"] for d in access if d["access_method"].native == "ocsp"),
        ocsp_request_der=None if issuer is None else _ocsp_request(certificate, issuer),
        crl_addresses=_point_addresses(certificate.crl_distribution_points_value),
        delta_addresses=_point_addresses(certificate.freshest_crl_value),
        issuer_addresses=_addresses(d["access_location"] for d in access if d["access_method"].native == "ca_issuers"),
    )


def _point_addresses(points: Sequence[x509.DistributionPoint] | None) -> tuple[str, ...]:
    named = [point["distribution_point"].chosen for point in points or () if point["distribution_point"].native]
    return _addresses(name for names in named if isinstance(names, x509.GeneralNames) for name in names)


def find_delta_addresses(list_der: bytes) -> tuple[str, ...]:
    """Return where a list itself says that changes to it are published; nowhere where that cannot be read.

    Source: RFC 5280, 5.2.6.
    """
    try:
        freshest = read_crl_head(list_der).freshest_der
        points = read_distribution_points(read_whole(freshest, SEQUENCE)) if freshest else ()
    except DerUnsound:
        return ()
    names = (read_element(name, 0, len(name)) for point in points for name in point.names)
    return _http_addresses(name.content for name in names if name.tag == URI)


def _addresses(names: Iterable[x509.GeneralName]) -> tuple[str, ...]:
    return _http_addresses(name.chosen.contents for name in names if name.name == "uniform_resource_identifier")


def _http_addresses(uris: Iterable[bytes]) -> tuple[str, ...]:
    """Return the HTTP addresses as ASCII; LDAP and the like are not asked."""
    found: list[str] = []
    for uri in uris:
        address = uri.decode("ascii", "replace").strip()
        usable = address.isascii() and address.isprintable() and len(address) <= MAX_ADDRESS_LENGTH
        if usable and address.lower().startswith(("http://", "https://")) and address not in found:
            found.append(address)
    return tuple(found[:MAX_ADDRESSES_EACH])


def _ocsp_request(certificate: x509.Certificate, issuer: x509.Certificate) -> bytes:
    """Return a request for one certificate, always the same one; whoever asks adds a nonce.

    Source: RFC 6960, 4.1.1; RFC 5019, 2.1.1 (SHA-1 identifies the issuer here, it protects nothing).
    """
    cert_id = ocsp.CertId(
        {
            "hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha1", "parameters": core.Null()}),
            "issuer_name_hash": certificate.issuer.sha1,
            "issuer_key_hash": issuer.public_key.sha1,
            "serial_number": certificate.serial_number,
        }
    )
    request = ocsp.Request({"req_cert": cert_id})
    encoded: bytes = ocsp.OCSPRequest({"tbs_request": ocsp.TBSRequest({"request_list": [request]})}).dump()
    return encoded
