"""`gateway verify` and `gateway augment`: signed files of any format and of anybody's, judged and raised."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from certs.errors import CertsError
from config.confinement import ConfinementError
from gateway.augmenting import augmentation_tools
from gateway.cli.certificates.reading import shown_progress
from gateway.cli.session import open_services
from gateway.validating import validate_file
from signing.augmentation.registry import augment as raise_signatures
from signing.errors import SigningError
from signing.model import Level
from signing.validation.report import Overall, ValidationReport

Content = Annotated[
    list[Path] | None, typer.Option(exists=True, dir_okay=False, help="A file that a detached signature signs")
]
_STATUS = {Overall.PASSED: 0, Overall.FAILED: 1, Overall.INDETERMINATE: 3, Overall.NO_SIGNATURE: 4}


def verify(
    signed: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The file that holds the signature")],
    content: Content = None,
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


def augment(
    paths: Annotated[
        list[Path], typer.Argument(help="IN… OUT: signed files, and the raised file or a folder for them")
    ],
    level: Annotated[Level, typer.Option(help="B-T, B-LT or B-LTA")] = Level.B_LTA,
    content: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="What a detached CAdES signature signs, for B-LTA")
    ] = None,
) -> None:
    """Raise every signature in signed files to a level, whoever made them. Files that cannot be raised are told."""
    if len(paths) < 2:
        raise typer.BadParameter("name the signed files and, last, the raised file or a folder")
    *sources, target = paths
    if len(sources) > 1 and not target.is_dir():
        raise typer.BadParameter("several files are raised into a folder")
    pairs = [(path, target / path.name if target.is_dir() else target) for path in sources]
    for source, result in pairs:
        if not source.is_file():
            raise typer.BadParameter(f"there is no file {source}")
        if result.exists():
            raise typer.BadParameter(f"{result} is there already")
    failed = 0
    with open_services() as services:
        tools = augmentation_tools(services)
        for source, result in shown_progress(pairs, "raising"):
            try:
                found = raise_signatures(source, result, level, tools, content)
            except (SigningError, CertsError, ConfinementError) as error:
                failed += 1
                print(f"{source}: {error.code}: {error}", file=sys.stderr)
            else:
                print(result, found, level, sep="\t")
    if failed:
        raise typer.Exit(2)


def _told(report: ValidationReport) -> str:
    lines = [f"{report.overall}\t{report.document_sha256}"]
    for found in report.signatures:
        verdict = found.indication if found.sub_indication is None else f"{found.indication}/{found.sub_indication}"
        lines.append(f"{found.field_name}\t{verdict}\t{found.level or '-'}\t{found.signer_name or '-'}")
        lines += [f"  {one.vi} / {one.en}" for one in found.reasons]
    return "\n".join([*lines, *(f"  {one.vi} / {one.en}" for one in report.document_reasons)])
