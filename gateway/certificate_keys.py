"""Finds the certificate that a person at the command line means: by its id, or by where its key is."""

from sqlalchemy import select

from certs.model import CertificateState
from certs.store import SigningCertificate
from gateway.refusal import ApiProblem
from gateway.services import Services
from signing.key_sources.uri import Pkcs11Address, Pkcs12Address, parse_key_source_uri


def certificate_of_key(services: Services, key: str) -> str:
    """Return the id of the certificate that is meant.

    Args:
        key: The id itself, or the address of the key, with its pin-source or without: the inventory knows that.
    Raises:
        KeySourceUriInvalid: The address cannot be read.
        ApiProblem: No certificate in the inventory has this key, or several have it.
    """
    if not key.startswith(("pkcs11:", "pkcs12:")):
        return key
    wanted = _place(key if "?" in key else f"{key}?pin-source=env:KNOWN_TO_THE_INVENTORY")
    query = select(SigningCertificate).where(SigningCertificate.state != CertificateState.WITHDRAWN.value)
    with services.unit_of_work(read_only=True) as work:
        rows = [row for row in work.session.scalars(query) if _place(row.key_source_uri) == wanted]
        found = [(row.id, row.holder_name) for row in rows]
    if len(found) > 1:
        names = ", ".join(f"{one} ({name})" for one, name in found)
        raise ApiProblem("certificate-not-found", f"several certificates have this key, name one by its id: {names}")
    if not found:
        raise ApiProblem("certificate-not-found", "no certificate has this key; take it in with `certs import`")
    return found[0][0]


def _place(uri: str) -> tuple[object, ...] | None:
    address = parse_key_source_uri(uri)
    if isinstance(address, Pkcs11Address):
        return address.token, address.label, address.key_id
    return (address.path,) if isinstance(address, Pkcs12Address) else None
