"""Where a certificate says that its status can be asked. Pure; runs in the child for untrusted certificates."""

from collections.abc import Iterable, Sequence

from asn1crypto import algos, core, ocsp, x509

from certs.errors import CertificateUnreadable
from certs.names import parse_certificate
from certs.revocation.model import StatusQuery

MAX_ADDRESSES_EACH = 3
MAX_ADDRESS_LENGTH = 2_000
MAX_QUERIES = 16


def build_status_queries(
    certificate_der: bytes, pool_ders: Sequence[bytes], anchor_ders: Sequence[bytes] = ()
) -> tuple[StatusQuery, ...]:
    """Return one query for the certificate and for each CA above it, as far as the issuers are at hand.

    Anchors are not asked about: the operator vouches for them. The issuer is chosen by name and key identifier
    only; whether it really signed is for path validation to say.
    Raises:
        CertificateUnreadable: The first certificate is not readable; unreadable others are ignored.
    """
    current: x509.Certificate | None = parse_certificate(certificate_der)
    anchors = set(anchor_ders)
    pool = list(_readable([*anchor_ders, *pool_ders]))
    queries: list[StatusQuery] = []
    seen: set[bytes] = set()
    while current is not None and len(queries) < MAX_QUERIES:
        der = current.dump()
        if der in seen or der in anchors or current.self_signed in {"maybe", "yes"}:
            break
        seen.add(der)
        issuer = _find_issuer(current, pool)
        queries.append(_query(current, issuer))
        current = issuer
    return tuple(queries)


def _readable(ders: Iterable[bytes]) -> Iterable[x509.Certificate]:
    for der in ders:
        try:
            yield parse_certificate(der)
        except CertificateUnreadable:
            continue


def _find_issuer(certificate: x509.Certificate, pool: list[x509.Certificate]) -> x509.Certificate | None:
    named = [c for c in pool if c.subject == certificate.issuer and c.dump() != certificate.dump()]
    wanted = certificate.authority_key_identifier
    exact = [c for c in named if wanted is not None and c.key_identifier == wanted]
    return next(iter(exact or named), None)


def _query(certificate: x509.Certificate, issuer: x509.Certificate | None) -> StatusQuery:
    access = certificate.authority_information_access_value or ()
    return StatusQuery(
        certificate_der=certificate.dump(),
        issuer_der=None if issuer is None else issuer.dump(),
        ocsp_addresses=_addresses(d["access_location"] for d in access if d["access_method"].native == "ocsp"),
        ocsp_request_der=None if issuer is None else _ocsp_request(certificate, issuer),
        crl_addresses=_point_addresses(certificate.crl_distribution_points_value),
        delta_addresses=_point_addresses(certificate.freshest_crl_value),
        issuer_addresses=_addresses(d["access_location"] for d in access if d["access_method"].native == "ca_issuers"),
    )


def _point_addresses(points: Sequence[x509.DistributionPoint] | None) -> tuple[str, ...]:
    named = [point["distribution_point"].chosen for point in points or () if point["distribution_point"].native]
    return _addresses(name for names in named if isinstance(names, x509.GeneralNames) for name in names)


def _addresses(names: Iterable[x509.GeneralName]) -> tuple[str, ...]:
    """Return the HTTP addresses as ASCII; LDAP and the like are not asked."""
    found: list[str] = []
    for name in names:
        if name.name != "uniform_resource_identifier":
            continue
        address = name.chosen.contents.decode("ascii", "replace").strip()
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
