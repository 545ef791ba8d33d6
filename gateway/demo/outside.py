"""What programs that we did not write say of a signed PDF."""

import shutil
import subprocess
from pathlib import Path

from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

TIMEOUT_SECONDS = 60


def count_good_by_pdfsig(path: Path) -> int | None:
    """Return how many signatures pdfsig finds valid, None where the program is not installed or failed."""
    if shutil.which("pdfsig") is None:
        return None
    done = subprocess.run(
        ["pdfsig", "-nocert", str(path)], capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
    )
    return done.stdout.count("Signature Validation: Signature is Valid.")


def count_good_by_pyhanko(path: Path, root_der: bytes) -> int:
    """Return how many signatures pyHanko itself finds intact, trusted under the root and properly time-stamped."""
    context = ValidationContext(trust_roots=[x509.Certificate.load(root_der)], allow_fetching=False)
    good = 0
    with path.open("rb") as file:
        for signature in PdfFileReader(file).embedded_regular_signatures:
            status = validate_pdf_signature(signature, context, context)
            good += bool(status.bottom_line)
    return good


def picture_of_last_page(path: Path, target: Path) -> Path | None:
    """Draw the last page with pdftoppm; None where the program is not installed."""
    if shutil.which("pdftoppm") is None:
        return None
    pages = subprocess.run(["pdfinfo", str(path)], capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=True)
    count = next(line.split()[1] for line in pages.stdout.splitlines() if line.startswith("Pages:"))
    subprocess.run(
        [
            "pdftoppm",
            "-png",
            "-r",
            "100",
            "-singlefile",
            "-f",
            count,
            "-l",
            count,
            str(path),
            str(target.with_suffix("")),
        ],
        check=True,
        timeout=TIMEOUT_SECONDS,
    )
    return target
