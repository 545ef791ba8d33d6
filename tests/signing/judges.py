"""What others say about a signed PDF: pdfsig, qpdf, and pyHanko's own validation."""

import re
import subprocess
from pathlib import Path

from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from tests.signing.pki import Pki


def pdfsig_verdicts(path: Path, password: str = "") -> list[str]:
    """Return pdfsig's sentence on each signature; an encrypted file is opened with its owner's password."""
    opened = ["-opw", password] if password else []
    done = subprocess.run(
        ["pdfsig", "-nocert", *opened, str(path)], capture_output=True, text=True, errors="replace", check=False
    )
    return re.findall(r"Signature Validation: (.*)", done.stdout)


def qpdf_problems(path: Path, password: str = "") -> str:
    """Return what qpdf --check complains about; empty where it finds nothing."""
    opened = [f"--password={password}"] if password else []
    done = subprocess.run(
        ["qpdf", "--check", *opened, str(path)], capture_output=True, text=True, errors="replace", check=False
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def assert_sound(path: Path, pki: Pki, *, signatures: int, stamped: bool, strict: bool = True) -> None:
    """Demand that three others find every signature good, and only allowed changes after each."""
    assert pdfsig_verdicts(path) == ["Signature is Valid."] * signatures
    assert qpdf_problems(path) == ""
    roots = [x509.Certificate.load(pki.root.der)]
    with path.open("rb") as file:
        found = PdfFileReader(file, strict=strict).embedded_regular_signatures
        assert len(found) == signatures
        for signature in found:
            context = ValidationContext(trust_roots=roots, allow_fetching=False)
            status = validate_pdf_signature(signature, context)
            assert status.bottom_line, status.pretty_print_details()
            assert status.modification_level in {ModificationLevel.NONE, ModificationLevel.FORM_FILLING}
            assert (status.timestamp_validity is not None) == stamped
            if stamped:
                assert status.timestamp_validity.valid
                assert status.timestamp_validity.trusted
