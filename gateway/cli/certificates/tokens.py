"""`gateway certs request|import`: a key made in a token, and the certificate that comes back for it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer
from asn1crypto import pem

from certs.model import CertificateRole
from gateway.callers import OPERATOR, check_unit
from gateway.certificate_inventory import Decider, NewCertificate, check_profiles, take_in
from gateway.cli.certificates.reading import (
    app,
    read_certificates,
    read_pkcs12,
    read_token,
    refusals,
    token_setup,
)
from gateway.cli.session import open_services
from gateway.services import Services
from signing.key_sources.self_check import check_key
from signing.key_sources.uri import Pkcs11Address, Pkcs12Address, is_server_side, parse_key_source_uri


@app.command()
def request(
    key_source: Annotated[str, typer.Argument(help="pkcs11:token=…;object=NEW-NAME?pin-source=file:/…")],
    common_name: Annotated[str, typer.Option(help="The official's or the unit's name")],
    out: Annotated[Path, typer.Option(help="Where the request goes, PEM")],
    organisation: str = "",
    country: str = "VN",
    bits: int = 3072,
) -> None:
    """Make a key in a token and a request for its certificate; prints the key's address for `certs import`."""
    subject = {"country_name": country, "organization_name": organisation, "common_name": common_name}
    with open_services() as services, refusals(), out.open("xb") as target:
        # The file is there before the key is: a key whose request is lost would lie in the token for nothing.
        try:
            address = parse_key_source_uri(key_source)
            if not isinstance(address, Pkcs11Address) or address.label is None:
                raise typer.BadParameter("a key is made in a token, under a name: pkcs11:token=…;object=…")
            setup = token_setup(services, address.token)
            wanted = {name: value for name, value in subject.items() if value}
            made = setup.make_request(address.pin_source, address.label, wanted, key_bits=bits)
        except BaseException:
            out.unlink()
            raise
        target.write(pem.armor("CERTIFICATE REQUEST", made.request_der))
    path, _, query = key_source.partition("?")
    token = ";".join(part for part in path.split(";") if not part.startswith(("id=", "object=")))
    key_id = "".join(f"%{byte:02x}" for byte in made.key_id)
    print(f"{token};object={quote(address.label, safe='')};id={key_id}?{query}")


@app.command("import")
def import_certificate(
    unit_id: str,
    role: CertificateRole,
    source: Annotated[str, typer.Argument(help="A PEM, DER or PKCS#12 file, or pkcs11:token=…;object=…")],
    key_source: Annotated[str, typer.Option(help="The key's address, with its pin-source")],
    chain: Annotated[Path | None, typer.Option(help="Issuers, PEM, nearest first")] = None,
    replaces: Annotated[
        str | None, typer.Option(help="The id of the certificate that this one takes over from")
    ] = None,
    profile: Annotated[list[str] | None, typer.Option(help="What it may be used for; repeat; default all")] = None,
) -> None:
    """Add a certificate after its key has proved, by signing a nonce, that it is the certificate's. Prints the id.

    A key at a desk or with a remote service cannot be asked here; it proves itself with its first signature.
    """
    now = datetime.now(UTC)
    with open_services() as services, refusals():
        with services.unit_of_work(read_only=True) as work:
            # What can be refused without the key is, before its PIN is used.
            check_unit(work, unit_id)
        check_profiles(services.profiles, role, profile or ())
        ders = _read(services, source, key_source)
        proved = is_server_side(key_source)
        if proved:
            # Once: whatever is wrong with the PIN, a person has to look before it is tried again.
            check_key(services.key_sources.open_key_source(key_source), ders[0])
        new = NewCertificate(
            unit_id=unit_id,
            label=f"{role.value} {now:%Y-%m-%d}",
            role=role,
            certificate_der=ders[0],
            chain_ders=tuple(read_certificates(chain) if chain else ders[1:]),
            key_source_uri=key_source,
            allowed_profiles=tuple(profile or ()),
            replaces=replaces,
        )
        with services.unit_of_work() as work:
            row = take_in(work, new, services.profiles, Decider(OPERATOR, OPERATOR), now, key_proved=True)
            row.self_checked_at = now if proved else None
            work.commit()
    print(row.id)


def _read(services: Services, source: str, key_source: str) -> list[bytes]:
    if source.startswith("pkcs11:"):
        found = read_token(services, source)
        if len(found) != 1:
            names = ", ".join(f"{one.label or '-'} (id {one.key_id.hex()})" for one in found) or "none"
            raise typer.BadParameter(f"name one certificate by object or id; the token has: {names}")
        return [found[0].certificate_der]
    address = parse_key_source_uri(key_source)
    if isinstance(address, Pkcs12Address) and Path(source).resolve() == address.path.resolve():
        return read_pkcs12(address.path, services, address.pin_source)
    return read_certificates(Path(source))
