"""`gateway sign`: files of any kind, PDF too, signed with a certificate of the inventory, without the API."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from certs.errors import CertsError
from certs.model import CertificateRole
from config.confinement import ConfinementError
from config.secrets import SecretUnavailable
from gateway.certificate_keys import certificate_of_key
from gateway.cli.certificates.reading import refusals, shown_progress
from gateway.cli.session import open_services
from gateway.file_signing import FILES_PROFILE, sign_local_files
from gateway.services import Services
from gateway.signing_engine import ResultNotGood, SigningOrder, present_certificate, sign_local_file
from signing.appearance.words import check_asked
from signing.errors import SigningError
from signing.files.model import Packaging, SignedFile
from signing.files.registry import FORMATS, FileOrder
from signing.model import Level, SignedRevision
from signing.profiles import parse_placement

PDF_FORMAT = "pades"
NAMES = (PDF_FORMAT, *FORMATS)
CONTAINER = "asic-e"
OFFICE = frozenset({".docx", ".xlsx", ".pptx", ".odt", ".ods"})
REFUSALS = (CertsError, SigningError, SecretUnavailable, ConfinementError, ResultNotGood)

Paths = Annotated[
    list[Path], typer.Argument(help="IN… OUT: the files to sign, and the signed file or a folder for them")
]
Key = Annotated[str, typer.Option(help="pkcs11:token=…;object=…, pkcs12:/…, or the certificate's id in the inventory")]
Format = Annotated[str | None, typer.Option("--format", help=f"{', '.join(NAMES)}; by the files where left out")]
Profile = Annotated[str | None, typer.Option(help="The signing profile; for a PDF by default that of the key's role")]
Place = Annotated[str | None, typer.Option(help='Over the profile\'s place, in JSON: {"kind": "invisible"}')]
Stamp = Annotated[list[str] | None, typer.Option(help="A text for the stamp, NAME=TEXT; repeat")]


@dataclass(frozen=True)
class _Asked:
    """What the options say, the same for every file."""

    certificate_id: str
    profile: str | None
    level: Level | None
    packaging: Packaging | None
    placement: dict[str, Any] | None
    stamp: Mapping[str, str]
    over_broken: bool


@dataclass(frozen=True)
class _Work:
    """One signature: these files, into this one, in this format."""

    paths: tuple[Path, ...]
    target: Path
    format_name: str


def sign(
    paths: Paths,
    key: Key,
    format_name: Format = None,
    profile: Profile = None,
    level: Annotated[Level | None, typer.Option(help="B-B, B-T, B-LT or B-LTA")] = None,
    packaging: Annotated[Packaging | None, typer.Option(help="attached or detached, where the format has both")] = None,
    placement: Place = None,
    stamp: Stamp = None,
    over_broken: Annotated[bool, typer.Option(help="Sign a PDF in which a signature does not hold")] = False,
) -> None:
    """Sign files. Into a folder each gets a signature of its own; into a file they share one.

    Ends with 0 if all are signed; each that is not is told on standard error, the others are signed all the same.
    """
    plan = _plan(paths, format_name)
    with open_services() as services, refusals():
        asked = _Asked(
            certificate_id=certificate_of_key(services, key),
            profile=_known_profile(services, profile),
            level=level,
            packaging=packaging,
            placement=_read_placement(placement),
            stamp=_read_stamp(stamp or []),
            over_broken=over_broken,
        )
        present_certificate(services, asked.certificate_id)
        failed = 0
        for work in shown_progress(plan, "signing"):
            try:
                signed = _sign(services, asked, work)
            except REFUSALS as error:
                failed += 1
                print(f"{', '.join(map(str, work.paths))}: {error.code}: {error}", file=sys.stderr)
            else:
                print(work.target, signed.level, signed.sha256, sep="\t")
                _advise(work)
    if failed:
        raise typer.Exit(2)


def _advise(work: _Work) -> None:
    """Say what an Office file's reader will miss."""
    kinds = {path.suffix.lower() for path in work.paths}
    if kinds & OFFICE and ".pdf" not in kinds:
        print(
            f"{work.target}: Office itself shows no signature; sign the file together with its PDF, "
            "so that readers see what was signed",
            file=sys.stderr,
        )


def _plan(paths: Sequence[Path], format_name: str | None) -> list[_Work]:
    """Return the signatures to be made.

    Raises:
        typer.BadParameter: A file is missing, a target is there already, or the format is none of ours.
    """
    if len(paths) < 2:
        raise typer.BadParameter("name the files to sign and, last, the signed file or a folder")
    *sources, target = paths
    if format_name is not None and format_name not in NAMES:
        raise typer.BadParameter(f"the format is one of {', '.join(NAMES)}")
    missing = [path for path in sources if not path.is_file()]
    if missing:
        raise typer.BadParameter(f"there is no file {missing[0]}")
    if target.is_dir():
        plan = [_into_folder(path, target, format_name or _format_of([path], None)) for path in sources]
    else:
        plan = [_Work(tuple(sources), target, format_name or _format_of(sources, target))]
    there = [work.target for work in plan if work.target.exists()]
    if there:
        raise typer.BadParameter(f"{there[0]} is there already")
    if len({work.target for work in plan}) < len(plan):
        raise typer.BadParameter("two of the files have one name, and would be signed into one file")
    several = [work for work in plan if work.format_name == PDF_FORMAT and len(work.paths) > 1]
    if several:
        raise typer.BadParameter("each PDF gets a signature of its own; name a folder as the last argument")
    if not target.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {target.parent}")
    return plan


def _into_folder(path: Path, folder: Path, format_name: str) -> _Work:
    name = path.name if format_name == PDF_FORMAT else f"{path.name}{FORMATS[format_name].suffix}"
    return _Work((path,), folder / name, format_name)


def _format_of(paths: Sequence[Path], target: Path | None) -> str:
    """Return what fits: a container that the target's name asks for; PAdES for one PDF; else ASiC-E."""
    by_suffix = {".asice": CONTAINER, ".asics": "asic-s", ".p7m": "cades", ".json": "jades", ".jws": "jades-compact"}
    if target is not None and target.suffix in by_suffix:
        return by_suffix[target.suffix]
    if len(paths) == 1:
        with paths[0].open("rb") as file:
            head = file.read(5)
        if head == b"%PDF-":
            return PDF_FORMAT
        if target is not None and target.suffix == ".xml":
            return "xades"
    return CONTAINER


def _known_profile(services: Services, code: str | None) -> str | None:
    if code is not None and code not in services.profiles:
        raise typer.BadParameter(f"the profile is one of {', '.join(services.profiles)}")
    return code


def _read_placement(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        values = json.loads(text)
    except ValueError:
        raise typer.BadParameter("the placement is a JSON object") from None
    parse_placement(values)
    return dict(values)


def _read_stamp(texts: Sequence[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    if not all(separator for _, separator, _ in pairs):
        raise typer.BadParameter("a text for the stamp is NAME=TEXT")
    return {name: value for name, _, value in pairs}


def _sign(services: Services, asked: _Asked, work: _Work) -> SignedFile | SignedRevision:
    now = datetime.now(UTC)
    if work.format_name == PDF_FORMAT:
        return _sign_pdf(services, asked, work, now)
    level = asked.level or Level.B_T
    order = FileOrder(tuple((path.name, path) for path in work.paths), level, asked.packaging)
    profile = asked.profile or FILES_PROFILE
    return sign_local_files(
        services, asked.certificate_id, work.format_name, order, work.target, now, profile_code=profile
    )


def _sign_pdf(services: Services, asked: _Asked, work: _Work, now: datetime) -> SignedRevision:
    certificate = present_certificate(services, asked.certificate_id)
    code = asked.profile or ("person" if certificate.role == CertificateRole.PERSON else "organisation")
    stamp = services.profiles[code].stamp
    check_asked(stamp.lines if stamp else (), asked.stamp)
    order = SigningOrder(certificate, code, asked.placement, asked.stamp, asked.level, over_broken=asked.over_broken)
    try:
        return sign_local_file(services, order, work.paths[0], work.target, now)
    except BaseException:
        work.target.unlink(missing_ok=True)
        raise
