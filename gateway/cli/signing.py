"""`gateway sign` and `gateway verify`: files signed with an inventory's certificate, and judged, without the API."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from config.confinement import ConfinementError
from gateway.cli.certificates.reading import refusals, shown_progress
from gateway.cli.session import open_services
from gateway.file_signing import sign_local_files
from gateway.services import Services
from gateway.signing_engine import ResultNotGood
from gateway.validating import validate_file
from signing.files.model import Packaging, SignedFile
from signing.files.registry import FORMATS, FileOrder
from signing.model import Level
from signing.validation.report import Overall, ValidationReport

Inputs = Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="The files to sign")]
Certificate = Annotated[str, typer.Option(help="The signing certificate's id in the inventory")]
Target = Annotated[Path, typer.Option(help="The signed file; a folder where each file is signed by itself")]
Format = Annotated[str, typer.Option("--format", help=", ".join(FORMATS))]
_STATUS = {Overall.PASSED: 0, Overall.FAILED: 1, Overall.INDETERMINATE: 3, Overall.NO_SIGNATURE: 4}


def sign(
    inputs: Inputs,
    certificate: Certificate,
    to: Target,
    format_name: Format = "asic-e",
    packaging: Annotated[Packaging | None, typer.Option(help="attached or detached, where the format has both")] = None,
    level: Annotated[Level, typer.Option(help="B-B, B-T, B-LT or B-LTA")] = Level.B_T,
) -> None:
    """Sign files of any kind. With a folder as target each gets a signature of its own, else all share one."""
    chosen = FORMATS.get(format_name)
    if chosen is None:
        raise typer.BadParameter(f"the format is one of {', '.join(FORMATS)}")
    orders = [(to, inputs)] if not to.is_dir() else [(to / f"{path.name}{chosen.suffix}", [path]) for path in inputs]
    with open_services() as services, refusals():
        for target, paths in shown_progress(orders, "signing"):
            order = FileOrder(tuple((path.name, path) for path in paths), level, packaging)
            signed = _sign(services, certificate, format_name, order, target)
            print(target, signed.level, signed.sha256, sep="\t")


def verify(
    signed: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The file that holds the signature")],
    content: Annotated[
        list[Path] | None, typer.Option(exists=True, dir_okay=False, help="A file that a detached signature signs")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The whole report")] = False,
) -> None:
    """Validate a signed file of any format. Ends with 0 if all is good, 1 if not, 3 if unclear, 4 if unsigned."""
    contents = {path.name: path for path in content or []}
    with open_services() as services:
        try:
            report = validate_file(services, signed, datetime.now(UTC), contents)
        except ConfinementError as error:
            print(f"{error.code}: {error}", file=sys.stderr)
            raise typer.Exit(3) from None
    print(json.dumps(report.to_dict(), ensure_ascii=False, indent=2) if as_json else _told(report))
    raise typer.Exit(_STATUS[report.overall])


def _sign(services: Services, certificate: str, format_name: str, order: FileOrder, target: Path) -> SignedFile:
    if target.exists():
        raise typer.BadParameter(f"{target} is there already")
    try:
        return sign_local_files(services, certificate, format_name, order, target, datetime.now(UTC))
    except (ConfinementError, ResultNotGood) as error:
        raise typer.BadParameter(f"{error.code}: {error}") from None


def _told(report: ValidationReport) -> str:
    lines = [f"{report.overall}\t{report.document_sha256}"]
    for found in report.signatures:
        verdict = found.indication if found.sub_indication is None else f"{found.indication}/{found.sub_indication}"
        lines.append(f"{found.field_name}\t{verdict}\t{found.level or '-'}\t{found.signer_name or '-'}")
        lines += [f"  {one.vi} / {one.en}" for one in found.reasons]
    return "\n".join([*lines, *(f"  {one.vi} / {one.en}" for one in report.document_reasons)])
