"""`gateway certs inspect|check`: what a certificate says, and whether it may sign."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from certs.errors import CertificateUnknown, CertsError
from certs.inspection import describe_certificate
from certs.journeys import SigningCertificateView, check_may_sign
from certs.model import CertificateRole, CertificateState
from gateway.cli.certificates.reading import app, read_certificates, read_pkcs12, read_token, refusals
from gateway.cli.refusals import told
from gateway.cli.session import open_services
from gateway.problem_catalogue import PROBLEMS
from gateway.trust import revocation_gatherer, trust_anchors

WORDS = {
    "subject": "chủ thể",
    "issuer": "đơn vị cấp",
    "serial": "số sê-ri",
    "valid_from": "có hiệu lực từ",
    "valid_until": "có hiệu lực đến",
    "key": "khoá",
    "signed_with": "được ký bằng",
    "is_ca": "là CA",
    "key_usage": "mục đích khoá",
    "extended_key_usage": "mục đích mở rộng",
    "ocsp_addresses": "nơi hỏi OCSP",
    "crl_addresses": "nơi lấy CRL",
    "issuer_addresses": "nơi lấy chứng thư của đơn vị cấp",
}


@dataclass
class _Given:
    """A certificate from a file, as the check reads it."""

    certificate_der: bytes
    role: str
    chain_der: list[str] = field(default_factory=list)
    state: str = CertificateState.ACTIVE.value
    hold_code: str | None = None


@app.command()
def inspect(
    source: Annotated[str, typer.Argument(help="A PEM, DER or PKCS#12 file, or pkcs11:token=…[;object=…]")],
    passphrase_source: Annotated[str | None, typer.Option(help="For PKCS#12: env:NAME, file:/path, vault:…")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable")] = False,
) -> None:
    """Show what certificates say: the first is the one asked about, those after it are its chain."""
    with refusals():
        shown = [{**name, **describe_certificate(der).to_dict()} for name, der in _read(source, passphrase_source)]
    if as_json:
        print(json.dumps(shown, ensure_ascii=False, indent=1))
        return
    for item in shown:
        for name, value in item.items():
            print(f"{_label(name):44} {_plain(value)}")
        print()


def _label(name: str) -> str:
    english = name.replace("_", " ")
    return f"{WORDS[name]} / {english}" if name in WORDS else english


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "có / yes" if value else "không / no"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _read(source: str, passphrase_source: str | None) -> list[tuple[dict[str, str], bytes]]:
    if source.startswith("pkcs11:"):
        with open_services() as services:
            found = read_token(services, source)
        return [({"object": one.label, "id": one.key_id.hex()}, one.certificate_der) for one in found]
    if passphrase_source is not None:
        with open_services() as services:
            return [({}, der) for der in read_pkcs12(Path(source), services, passphrase_source)]
    return [({}, der) for der in read_certificates(Path(source))]


@app.command()
def check(
    certificate: Annotated[str, typer.Argument(help="An id of the inventory, or a PEM or DER file")],
    at: Annotated[datetime | None, typer.Option(help="As of this time, UTC; default now")] = None,
    role: Annotated[CertificateRole, typer.Option(help="For a file: whose it is")] = CertificateRole.PERSON,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable")] = False,
) -> None:
    """Say whether a certificate may sign: path, usage, validity, revocation. Ends with 1 if it may not."""
    moment = at.replace(tzinfo=at.tzinfo or UTC) if at else datetime.now(UTC)
    answer: dict[str, Any] = {"at": moment.isoformat(), "may_sign": True, "code": "", "reason": {}}
    with open_services() as services:
        try:
            view = _find(services, certificate, role)
            gatherer = revocation_gatherer(services)
            result, evidence = check_may_sign(view, trust_anchors(services), gatherer, moment, services.algorithms)
        except CertificateUnknown as error:
            fact = f"{error}, and {certificate} is no file either"
            raise typer.BadParameter(told(error.code, fact)) from None
        except CertsError as error:
            words = PROBLEMS[error.code]
            reason = {"vi": words.title_vi, "en": words.title_en, "fact": str(error)}
            answer |= {"may_sign": False, "code": error.code, "reason": reason}
        else:
            status = result.revocation
            answer |= {
                "path": [describe_certificate(der).subject for der in result.path_der],
                "revocation": {"status": status.status, "source": status.source},
                "this_update": status.this_update.isoformat() if status.this_update else None,
                "next_update": status.next_update.isoformat() if status.next_update else None,
                "failures": [f"{failure.address}: {failure.code}" for failure in evidence.failures],
                "revocation_waived": result.revocation_waived,
                "findings": [str(one) for one in result.findings],
            }
    _show(answer, as_json)
    if not answer["may_sign"]:
        raise typer.Exit(1)


def _find(services: Any, certificate: str, role: CertificateRole) -> SigningCertificateView:
    if Path(certificate).is_file():
        ders: Sequence[bytes] = read_certificates(Path(certificate))
        return _Given(ders[0], role.value, [der.hex() for der in ders[1:]])
    with services.unit_of_work(read_only=True) as work:
        found: SigningCertificateView = work.certificates.get(certificate)
        return found


def _show(answer: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(answer, ensure_ascii=False, indent=1))
    elif answer["may_sign"]:
        print(f"Được ký / may sign, {answer['at']}")
        print("\n".join(f"  {name}" for name in answer["path"]))
        print(f"  {answer['revocation']['status']} ({answer['revocation']['source']}), {answer['this_update']}")
        if answer["revocation_waived"]:
            print(
                "  không rõ có bị thu hồi hay không, quy định cho bỏ qua / revocation unknown, the rules let that pass"
            )
        print("".join(f"  {finding}\n" for finding in answer["findings"]), end="")
    else:
        reason = answer["reason"]
        print(f"Không được ký / may not sign, {answer['at']}: {answer['code']}")
        print(f"  {reason['vi']}\n  {reason['en']}\n  {reason['fact']}")
