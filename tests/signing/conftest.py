"""The PKI, the time-stamping authority, documents and pictures that the signing tests share."""

import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from config.confinement import InProcess
from signing.journeys import sign_pdf
from signing.key_sources.fake import FakeKeySource
from signing.model import SignatureStep, SignedRevision
from signing.profiles import load_profiles
from signing.timestamps.base import TimestampAuthority
from signing.timestamps.rfc3161 import Rfc3161Authority
from tests.signing.authority import Authority, running_authority
from tests.signing.pki import NAME, Holder, Pki, build_pki

DOCUMENTS = Path(__file__).parents[1] / "documents"
SIGNABLE = (
    "libreoffice",
    "chromium",
    "rotated",
    "objstm",
    "linearized",
    "pdfa3b",
    "ghostscript14",
    "libreoffice-pdfa2b",
    "weasyprint",
)


@pytest.fixture(scope="session")
def pki() -> Pki:
    return build_pki()


@pytest.fixture
def authority(pki: Pki) -> Iterator[Authority]:
    with running_authority(pki) as running:
        yield running


@pytest.fixture
def tsa(authority: Authority, pki: Pki) -> Rfc3161Authority:
    return Rfc3161Authority("thử nghiệm", authority.url, anchors=pki.anchors, timeout_seconds=5)


@pytest.fixture(scope="session")
def document() -> Callable[[str], Path]:
    """Gives the decision as a named producer made it."""
    return lambda producer: DOCUMENTS / f"quyet-dinh.{producer}.pdf"


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()


@pytest.fixture(scope="session")
def handwriting() -> bytes:
    """A blue scrawl, 3 : 1, on nothing."""
    image = Image.new("RGBA", (600, 200), (0, 0, 0, 0))
    points = [(10, 160), (80, 30), (120, 170), (200, 60), (260, 150), (340, 40), (420, 160), (590, 90)]
    ImageDraw.Draw(image).line(points, fill=(20, 40, 160, 255), width=9, joint="curve")
    return _png(image)


@pytest.fixture(scope="session")
def seal_image() -> bytes:
    """A red ring with a star of lines, 1 : 1, on nothing."""
    image = Image.new("RGBA", (400, 400), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.ellipse((4, 4, 396, 396), outline=(210, 20, 30, 230), width=12)
    draw.ellipse((70, 70, 330, 330), outline=(210, 20, 30, 230), width=6)
    star = [(200, 110), (255, 290), (110, 175), (290, 175), (145, 290), (200, 110)]
    draw.line(star, fill=(210, 20, 30, 230), width=8)
    return _png(image)


@pytest.fixture
def person_step(pki: Pki, handwriting: bytes) -> SignatureStep:
    profile = load_profiles()["person"]
    return SignatureStep(profile, NAME, pki.official.der, pki.chain, handwriting)


@pytest.fixture
def seal_step(pki: Pki, seal_image: bytes) -> SignatureStep:
    profile = load_profiles()["organisation"]
    return SignatureStep(profile, "UBND phường Ví Dụ", pki.seal.der, pki.chain, seal_image)


def key_of(holder: Holder) -> FakeKeySource:
    return FakeKeySource(holder.key)


@pytest.fixture
def sign_once() -> Callable[..., SignedRevision]:
    """Signs with a holder's key in this process, now."""

    def sign(
        source: Path, target: Path, step: SignatureStep, holder: Holder, tsa: TimestampAuthority | None = None
    ) -> SignedRevision:
        assert (tsa is not None) == step.profile.level.has_timestamp
        return sign_pdf(source, target, step, key=key_of(holder), tsa=tsa, confined=InProcess(), now=datetime.now(UTC))

    return sign
