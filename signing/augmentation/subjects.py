"""Whose certificates have to be provable later, for signatures and time-stamps as they are read."""

from signing.errors.evidence import MaterialNotSound
from signing.formats.material import EvidenceSubject
from signing.validation.cms import check_token, parse_signed_data


def timestamp_subject(token_der: bytes) -> EvidenceSubject:
    """Return the authority behind a time-stamp token.

    Raises:
        MaterialNotSound: The token does not hold its authority's certificate, or cannot be read.
    """
    signed_data = parse_signed_data(token_der)
    findings = None if signed_data is None else check_token(signed_data)[0]
    if findings is None or findings.signer_der is None:
        raise MaterialNotSound("a time-stamp does not hold the certificate of its authority")
    return EvidenceSubject(findings.signer_der, findings.other_ders, stamps=True)
