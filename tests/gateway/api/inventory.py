"""A certificate authority, key files and requests for the inventory's tests."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12

from gateway.db.tables.work import EventRow
from gateway.jobs.handlers import HANDLERS
from gateway.jobs.runner import Runner
from gateway.services import Services
from tests.certs.authority import Authority, Holder
from tests.gateway.api.conftest import Machine

PASSPHRASE = "mật khẩu của kho khoá"


def pem(*holders: Holder) -> str:
    return b"".join(holder.certificate.public_bytes(Encoding.PEM) for holder in holders).decode()


def key_file(folder: Path, holder: Holder, name: str = "key") -> str:
    """Write a key file with its pass phrase beside it; return its address."""
    path = folder / f"{name}.p12"
    encryption = BestAvailableEncryption(PASSPHRASE.encode())
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"k", holder.key, holder.certificate, None, encryption))
    (folder / f"{name}.pass").write_text(PASSPHRASE)
    return f"pkcs12:{path}?pin-source=file:{folder}/{name}.pass"


def body(authority: Authority, holder: Holder, key_source: str, **more: Any) -> dict[str, Any]:
    chain = pem(holder, authority.issuing)
    return {"role": "person", "certificate": chain, "key_source": key_source, "actor": "Nguyễn Văn An", **more}


def work_off(services: Services) -> None:
    Runner(services, HANDLERS).drain()


def taken_in(machine: Machine, services: Services, authority: Authority, folder: Path, name: str) -> dict[str, Any]:
    """Take a certificate in and let a worker prove its key; return it as it stands then."""
    holder = authority.leaf(name)
    made = machine.post("/v1/certificates", body(authority, holder, key_file(folder, holder, name)))
    assert made.status_code == 201, made.get_json()
    work_off(services)
    found: dict[str, Any] = machine.get(f"/v1/certificates/{made.get_json()['id']}").get_json()
    return found


def events(services: Services, kind: str) -> list[dict[str, Any]]:
    with services.unit_of_work(read_only=True) as work:
        return [row.data for row in work.session.query(EventRow).filter(EventRow.type == kind).order_by(EventRow.id)]


def moment() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
