"""The steps that all formats share: the key signs, its value is checked and stamped, the result is judged."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from certs.model import SubIndication
from signing.errors.evidence import MaterialUnavailable
from signing.errors.signatures import ResultUnsound
from signing.errors.timestamps import TimestampUnavailable
from signing.files.model import FileSigner, Means, SignedFile
from signing.formats.cms import check_signature_value
from signing.model import Level
from signing.timestamps.base import TimestampAuthority, TimestampToken
from signing.validation.report import TimestampReport, ValidationReport


@dataclass(frozen=True)
class SignatureValue:
    """What a key returned, verified, and its time-stamp where there is one."""

    value: bytes
    token: TimestampToken | None

    def signed_at(self, claimed: datetime) -> datetime:
        """Return the time-stamp's time, or without one the time that the signer claims."""
        return claimed if self.token is None else self.token.gen_time

    @property
    def token_der(self) -> bytes | None:
        """The token's bytes."""
        return None if self.token is None else self.token.der


def needed_tsa(level: Level, means: Means) -> TimestampAuthority | None:
    """Return the authority that a level needs; ask before the key is used.

    Raises:
        TimestampUnavailable: It needs one and none is set.
        MaterialUnavailable: From B-LT on, nothing here asks responders.
    """
    if level.has_material and means.raising is None:
        raise MaterialUnavailable(f"the level {level} needs responders to be asked, and nothing here asks them")
    if not level.has_timestamp:
        return None
    if means.tsa is None:
        raise TimestampUnavailable(f"the level {level} needs a time-stamping authority, and none is set")
    return means.tsa


def sign_value(data: bytes, signer: FileSigner, tsa: TimestampAuthority | None) -> SignatureValue:
    """Have the key sign once, check what it returned, and stamp it.

    Raises:
        KeySourceError: The key could not be used, or its value does not verify.
        TimestampError: Signed, but not stamped.
    """
    algorithm = signer.algorithm
    value = signer.key.sign(data, algorithm)
    check_signature_value(data, value, signer.certificate_der, algorithm)
    if tsa is None:
        return SignatureValue(value, None)
    return SignatureValue(value, tsa.timestamp(imprint_of(value), "sha256"))


def imprint_of(content: bytes) -> bytes:
    """Return the digest that we have time-stamped."""
    return hashlib.sha256(content).digest()


@contextmanager
def all_or_nothing(target: Path) -> Iterator[None]:
    """Take the target away again, whatever fails inside."""
    try:
        yield
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def check_result(report: ValidationReport, name: str, certificate_der: bytes, level_name: str) -> None:
    """Let a result pass only if the new signature holds, is by this certificate, and has the level asked for.

    Trust in the signer is judged before the key is used, and by whoever validates later. Whether the authority's
    certificate was revoked may be unknown here at B-T; from B-LT on the file itself must say so.

    Args:
        name: The new signature's, as the report gives it.
        level_name: With its format: CAdES-B-T.
    Raises:
        ResultUnsound: It does not, or another signature in the file is broken.
    """
    made = next((one for one in report.signatures if one.field_name == name), None)
    if made is None or made.signer_certificate_der != certificate_der or made.intact is not True:
        raise ResultUnsound("the new signature does not hold in the finished file")
    if any(one.intact is False for one in report.signatures):
        raise ResultUnsound("another signature in the file does not hold")
    family, _, level = level_name.rpartition("-")
    names = {level_name} | ({f"{family}-B"} if level == "T" else set())
    if made.level not in names:
        raise ResultUnsound(f"the new signature is {made.level}, not {level_name}")
    if level != "B" and not any(_stands(stamp) for stamp in made.timestamps):
        raise ResultUnsound("the new signature's time-stamp does not hold")


def _stands(stamp: TimestampReport) -> bool:
    return stamp.trusted or stamp.sub_indication is SubIndication.TRY_LATER


def measured(target: Path, level: Level, signed_at: datetime) -> SignedFile:
    """Return what was written."""
    with target.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return SignedFile(digest, file.tell(), signed_at, level)
