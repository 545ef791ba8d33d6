"""Whether a certificate's own extensions allow what its key was used for."""

from asn1crypto import x509

from certs.model import PARTNER_PURPOSES, Purpose

DOCUMENT_EXTENDED_USAGES = frozenset(
    {
        "any_extended_key_usage",
        "email_protection",
        "1.3.6.1.5.5.7.3.36",  # id-kp-documentSigning, RFC 9336
        "1.3.6.1.4.1.311.10.3.12",  # Microsoft document signing
        "microsoft_document_signing",
        "1.2.840.113583.1.1.5",  # Adobe authentic documents
        "adobe_authentic_documents_trust",
    }
)
"""One of these must stand in a signer's extended key usage where that extension is present at all."""


def usage_problem(certificate: x509.Certificate, purpose: Purpose) -> str | None:
    """Return one sentence on why the certificate does not serve this purpose, or None where it does."""
    if purpose is Purpose.TSA:
        return _timestamping_problem(certificate)
    if purpose in PARTNER_PURPOSES:
        return _server_problem(certificate)
    return _signing_problem(certificate)


def _signing_problem(certificate: x509.Certificate) -> str | None:
    constraints, usage = certificate.basic_constraints_value, certificate.key_usage_value
    if constraints is not None and constraints["ca"].native:
        return "the certificate is a CA's, not a signer's"
    # An absent key usage extension restricts nothing. Source: RFC 5280, 4.2.1.3.
    if usage is not None and not usage.native & {"digital_signature", "non_repudiation"}:
        return "the key usage has neither digitalSignature nor nonRepudiation"
    extended = certificate.extended_key_usage_value
    if extended is not None and DOCUMENT_EXTENDED_USAGES.isdisjoint(extended.native):
        return "the extended key usage does not allow signing documents"
    return None


def _server_problem(certificate: x509.Certificate) -> str | None:
    """Source: RFC 5280, 4.2.1.12."""
    extended = certificate.extended_key_usage_value
    if extended is not None and {"server_auth", "any_extended_key_usage"}.isdisjoint(extended.native):
        return "the extended key usage does not allow TLS servers"
    return None


def _timestamping_problem(certificate: x509.Certificate) -> str | None:
    """Source: RFC 3161, 2.3: the extension is critical and has timeStamping alone."""
    extended = certificate.extended_key_usage_value
    if extended is None or extended.native != ["time_stamping"]:
        return "the extended key usage is not timeStamping alone"
    if "extended_key_usage" not in certificate.critical_extensions:
        return "the extended key usage timeStamping is not critical"
    usage = certificate.key_usage_value
    if usage is not None and not usage.native & {"digital_signature", "non_repudiation"}:
        return "the key usage has neither digitalSignature nor nonRepudiation"
    return None
