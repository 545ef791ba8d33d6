"""A small city in a temporary folder: the real application and the real work, with a clock that tests may skip."""

import json
import shutil
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from certs.model import CertificateRole, Purpose
from certs.store import SigningCertificate
from config.settings import Settings, load_settings
from gateway.auth.scopes import SCOPES
from gateway.callers import add_client, add_collection_account, add_unit
from gateway.db.tables.documents import SignaturePictureRow
from gateway.db.tables.work import AuditRow, EventRow, OutboxRow
from gateway.db.unit_of_work import UnitOfWork
from gateway.devpki import DevPki
from gateway.devpki.model import ANCHOR, OFFICIAL, SEAL, SIGNERS, TOKEN_LABELS
from gateway.jobs.handlers import HANDLERS
from gateway.jobs.runner import Runner
from gateway.services import Services
from gateway.signing_requests import release_certificate

DOCUMENTS = Path(__file__).parents[1] / "documents"
DECISION = DOCUMENTS / "quyet-dinh.weasyprint.pdf"
UNIT_NAME = "UBND phường Ví Dụ (THỬ NGHIỆM)"
VNPAY_SECRET = "a provider secret for journeys only"


@dataclass(frozen=True)
class Seed:
    """What stands in a city's database from the start: a unit, a machine client, anchors and certificates."""

    unit_id: str
    client_id: str
    secret: str
    certificates: dict[str, str]


def seed(work: UnitOfWork, pki: DevPki, pictures: dict[str, str]) -> Seed:
    """Write what an operator would; every key is a PKCS#12 file at first."""
    now = datetime.now(UTC)
    unit = add_unit(work, "H13.TEST", UNIT_NAME, "", now)
    work.session.flush()
    add_collection_account(work, unit.id, "970436", "Vietcombank", "0123456789012", "UBND PHUONG VI DU", now)
    client, secret = add_client(work, unit.id, "Hệ thống xử lý", list(SCOPES), (), now)
    for purpose in (Purpose.OFFICIAL, Purpose.ORGANISATION, Purpose.TSA):
        anchor = work.certificates.install_anchor(
            unit_id=unit.id,
            purpose=purpose,
            certificate_der=pki.certificate_der(ANCHOR),
            installed_by="operator:1",
            trusted_from=datetime(2020, 1, 1, tzinfo=UTC),
            now=now,
        )
        work.certificates.confirm_anchor(anchor.id, "operator:2", now)
    certificates = {signer: _certificate(work, unit.id, pki, signer, pictures, now) for signer in SIGNERS}
    return Seed(unit.id, client.id, secret, certificates)


def _certificate(
    work: UnitOfWork, unit_id: str, pki: DevPki, signer: str, pictures: dict[str, str], now: datetime
) -> str:
    row = work.certificates.add(
        unit_id=unit_id,
        label=signer,
        role=CertificateRole.ORGANISATION if signer == SEAL else CertificateRole.PERSON,
        certificate_der=pki.certificate_der(signer),
        chain_ders=pki.chain_der(signer),
        key_source_uri=pki.pkcs12_uri(signer),
        now=now,
    )
    picture = pictures[SEAL if signer == SEAL else OFFICIAL]
    work.session.add(SignaturePictureRow(certificate_id=row.id, unit_id=unit_id, sha256=picture, set_at=now))
    return row.id


@dataclass(frozen=True)
class Tokens:
    """A city's own SoftHSM2 tokens, copied from ones that were made once."""

    module: Path
    folder: Path
    pins: dict[str, str]

    @property
    def configuration(self) -> Path:
        return self.folder / "softhsm2.conf"

    def pin_file(self, holder: str) -> Path:
        return self.folder / f"{holder}.pin"

    def uri(self, holder: str, token: str | None = None) -> str:
        """The holder's key, with a PIN source of its own; token: in whose token it is looked for."""
        label = TOKEN_LABELS[token or holder]
        return f"pkcs11:token={quote(label)};object=signing?pin-source=file:{quote(str(self.pin_file(holder)))}"

    def set_pin(self, holder: str, pin: str | None = None) -> None:
        """Write what the gateway will read: the right PIN, or another."""
        self.pin_file(holder).write_text(pin or self.pins[holder], encoding="ascii")

    def take_away(self) -> None:
        """Pull the tokens out."""
        (self.folder / "tokens").rename(self.folder / "elsewhere")
        (self.folder / "tokens").mkdir()

    def put_back(self) -> None:
        (self.folder / "tokens").rmdir()
        (self.folder / "elsewhere").rename(self.folder / "tokens")


def copy_tokens(module: Path, made: Path, pins: dict[str, str], folder: Path) -> Tokens:
    """Copy tokens into a folder; nothing of one test's tries is left for the next."""
    folder.mkdir()
    shutil.copytree(made, folder / "tokens")
    tokens = Tokens(module, folder, pins)
    tokens.configuration.write_text(
        f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    for holder in pins:
        tokens.set_pin(holder)
    return tokens


@dataclass(frozen=True)
class Plan:
    """How one city is set up."""

    folder: Path
    database_url: str
    authorities: tuple[str, ...]
    timeout_seconds: float = 5
    pkcs11_module: Path | None = None
    public_port: int = 8000
    document_size_bytes: int = 2_000_000
    lease_seconds: float = 60
    pkcs11_timeout_seconds: float = 10

    @property
    def profile(self) -> Path:
        return self.folder / "gateway.toml"

    def write(self) -> Settings:
        """Write the profile as an operator would, and read it."""
        for name, secret in {"master": "a master secret for journeys only", "vnpay": VNPAY_SECRET}.items():
            (self.folder / name).write_text(secret, encoding="ascii")
        authorities = "".join(
            f'[[timestamp_authorities]]\nname = "TSA {number}"\nurl = "{url}"\n'
            f"timeout_seconds = {self.timeout_seconds}\n"
            for number, url in enumerate(self.authorities, start=1)
        )
        module = f"pkcs11_module = {json.dumps(str(self.pkcs11_module))}" if self.pkcs11_module else ""
        self.profile.write_text(
            f"""
environment = "development"
data_folder = "{self.folder}"
database_url = "{self.database_url}"
queue_url = "sqlite:///{self.folder}/queue.db"
public_url = "http://127.0.0.1:{self.public_port}"
master_secret = "file:{self.folder}/master"
outgoing_networks = ["127.0.0.0/8"]
pkcs11_timeout_seconds = {self.pkcs11_timeout_seconds}
log_level = "WARNING"
{module}
[blobs]
url = "file://{self.folder}/blobs"
[limits]
document_size_bytes = {self.document_size_bytes}
[vnpay]
tmn_code = "TESTTMN1"
hash_secret = "file:{self.folder}/vnpay"
payment_url = "http://127.0.0.1:9/paymentv2/vpcpay.html"
api_url = "http://127.0.0.1:9/merchant_webapi/api/transaction"
[worker]
sweep_seconds = 0.5
lease_seconds = {self.lease_seconds}
{authorities}
""",
            encoding="utf-8",
        )
        return load_settings(self.profile)


@dataclass
class City:
    """One wired application, a machine client of its only unit, and a worker that works when it is told to."""

    plan: Plan
    services: Services
    http: FlaskClient
    seed: Seed
    runner: Runner = field(init=False)
    token: str = field(init=False, default="")

    def __post_init__(self) -> None:
        self.runner = Runner(self.services, HANDLERS)

    # --- the machine client

    def headers(self, language: str = "vi") -> dict[str, str]:
        if not self.token:
            answer = self.http.post(
                "/oauth/token",
                data={"grant_type": "client_credentials"},
                auth=(self.seed.client_id, self.seed.secret),
            )
            self.token = answer.get_json()["access_token"]
        return {"Authorization": f"Bearer {self.token}", "Accept-Language": language}

    def get(self, path: str, language: str = "vi") -> TestResponse:
        return self.http.get(path, headers=self.headers(language))

    def post(self, path: str, body: Any, language: str = "vi") -> TestResponse:
        return self.http.post(path, json=body, headers=self.headers(language))

    def upload(self, content: bytes | Path) -> TestResponse:
        data = content.read_bytes() if isinstance(content, Path) else content
        headers = {**self.headers(), "Content-Type": "application/pdf"}
        return self.http.post("/v1/documents", data=data, headers=headers)

    def ask(
        self, signers: tuple[str, ...] = (OFFICIAL, SEAL), document: Path = DECISION, **more: object
    ) -> dict[str, Any]:
        """Ask for signatures on a document and return the request."""
        made = self.try_to_ask(signers, document, **more)
        assert made.status_code == 201, made.get_json()
        body: dict[str, Any] = made.get_json()
        return body

    def try_to_ask(
        self, signers: tuple[str, ...], document: Path = DECISION, language: str = "vi", **more: object
    ) -> TestResponse:
        kept = self.upload(document).get_json()
        steps = [
            {
                "profile": "organisation" if signer == SEAL else "person",
                "certificate_id": self.seed.certificates[signer],
                **more,
            }
            for signer in signers
        ]
        body = {"dossier_code": "HS-1", "title": "Quyết định", "document_ids": [kept["id"]], "steps": steps}
        return self.post("/v1/signing-requests", body, language)

    def request(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return a request as it stands now."""
        found: dict[str, Any] = self.get(f"/v1/signing-requests/{request['id']}").get_json()
        return found

    def signed_file(self, request: dict[str, Any], name: str = "signed.pdf") -> Path:
        document = request["documents"][0]["original_document_id"]
        answer = self.get(f"/v1/signing-requests/{request['id']}/documents/{document}/signed")
        assert answer.status_code == 200, answer.get_json()
        target = self.plan.folder / name
        target.write_bytes(answer.data)
        return target

    # --- the worker and its clock

    def work(self) -> int:
        """Let the worker do what is due; nothing that it put off comes back by itself here."""
        return self.runner.drain()

    def later(self) -> int:
        """Let time pass until everything that was put off is due, and work."""
        with self.services.unit_of_work() as work:
            work.session.execute(update(OutboxRow).where(OutboxRow.state == "due").values(due_at=datetime.now(UTC)))
            work.commit()
        return self.work()

    # --- the operator

    def use_key(self, holder: str, uri: str) -> None:
        with self.services.unit_of_work() as work:
            work.certificates.get(self.seed.certificates[holder]).key_source_uri = uri
            work.commit()

    def certificate(self, holder: str) -> SigningCertificate:
        with self.services.unit_of_work(read_only=True) as work:
            return work.certificates.get(self.seed.certificates[holder])

    def release(self, holder: str) -> int:
        with self.services.unit_of_work() as work:
            count = release_certificate(work, self.seed.certificates[holder], "operator:test", datetime.now(UTC))
            work.commit()
            return count

    # --- what was written down

    def events(self, type_: str) -> list[EventRow]:
        with self.services.unit_of_work(read_only=True) as work:
            return list(work.session.scalars(select(EventRow).where(EventRow.type == type_)))

    def audited(self, action: str) -> list[AuditRow]:
        with self.services.unit_of_work(read_only=True) as work:
            return list(work.session.scalars(select(AuditRow).where(AuditRow.action == action)))

    def tasks(self, kind: str) -> list[OutboxRow]:
        with self.services.unit_of_work(read_only=True) as work:
            return list(work.session.scalars(select(OutboxRow).where(OutboxRow.kind == kind)))


def good_signatures(path: Path) -> int:
    """Ask poppler's pdfsig how many signatures are intact and cover all up to their revision."""
    done = subprocess.run(["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=False, timeout=30)
    assert done.stdout.count("Signature Validation:") == done.stdout.count("Signature is Valid"), done.stdout
    return done.stdout.count("Signature is Valid")
