"""Signing PDFs at each level: against the bare key, and against pyHanko called directly, on one core in one run.

The city's authorities run in the same process. The first result of each kind must be accepted by pdfsig, qpdf and
pyHanko before anything is timed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import process_time

from pyhanko.pdf_utils.images import PdfImage
from pyhanko.stamp import StaticStampStyle

from benchmarks.frame import Comparison, benchmark
from benchmarks.pictures import handwriting, handwriting_image
from benchmarks.signers import DOCUMENT, SigningBench, make_bench
from config.confinement import ConfinedRunner, InProcess
from config.settings import LimitSettings
from gateway.confinement import ChildProcesses
from signing.appearance.draw import StampContent, draw_stamp
from signing.appearance.style import DrawnStamp
from signing.augmentation.material import PathMaterial
from signing.journeys import sign_pdf
from signing.key_sources.fake import FakeKeySource
from signing.model import (
    BetweenText,
    Invisible,
    Level,
    PageRectangle,
    Placement,
    SignatureStep,
    SignerRole,
    SigningProfile,
)
from signing.profiles import load_profiles

SIGNATURES = 20
FEW = 5
PROVABLE = 2
# What this design set out to reach: 0.4 and 0.3 times the rate of the bare key.
AT_MOST, AT_MOST_WITH_MARK = 1 / 0.4, 1 / 0.3
INVISIBLE, HERE = Invisible(), InProcess()
FONTS = Path("/usr/share/fonts/truetype/liberation2")
SOMEWHERE = PageRectangle("last", 60, 100, 210, 150)
RAW = "bare RSA-2048 signatures"
PYHANKO = "pyHanko called directly, key object kept"


@dataclass
class Pades:
    """Makes PAdES signatures in one way."""

    bench: SigningBench
    level: Level = Level.B_B
    placement: Placement = INVISIBLE
    picture: bytes | None = None
    stamp: DrawnStamp | None = None
    confined: ConfinedRunner = HERE
    materials: PathMaterial | None = None

    def __post_init__(self) -> None:
        self.tsa = self.bench.city.tsa()
        self.materials = self.bench.city.materials if self.level.has_material else None

    def sign(self, source: Path = DOCUMENT) -> Path:
        bench, target = self.bench, self.bench.target()
        profile = SigningProfile("benchmark", SignerRole.PERSON, self.level, self.placement, None)
        step = SignatureStep(
            profile,
            "Nguyễn Văn Ví Dụ",
            bench.official.der,
            (bench.city.authority.issuing.der,),
            self.picture,
            self.stamp,
        )
        sign_pdf(
            source,
            target,
            step,
            key=FakeKeySource(bench.key),
            tsa=self.tsa if self.level.has_timestamp else None,
            confined=self.confined,
            now=datetime.now(UTC),
            materials=self.materials,
        )
        return target

    def many(self, count: int) -> Callable[[], int]:
        """Return what signs so many times, after one result was accepted by all."""
        self.bench.assert_accepted(self.sign(), stamps=int(self.level is Level.B_LTA))

        def sign() -> int:
            return sum(self.sign().stat().st_size > 0 for _ in range(count))

        return sign


@benchmark("pades-b-b", unit="signatures")
def pades_b_b(folder: Path) -> Comparison:
    """Invisible, on a document that was looked at when it was uploaded."""
    bench = make_bench(folder)
    return Comparison(SIGNATURES, Pades(bench).many(SIGNATURES), RAW, bench.raw(SIGNATURES), AT_MOST, process_time)


@benchmark("pades-b-b-picture", unit="signatures")
def pades_b_b_picture(folder: Path) -> Comparison:
    """With a picture of handwriting, packed once."""
    bench = make_bench(folder)
    ours = Pades(bench, placement=SOMEWHERE, picture=handwriting()).many(SIGNATURES)
    return Comparison(SIGNATURES, ours, RAW, bench.raw(SIGNATURES), AT_MOST_WITH_MARK, process_time)


@benchmark("pades-b-b-stamp", unit="signatures")
def pades_b_b_stamp(folder: Path) -> Comparison:
    """With a drawn stamp (letters in a font of its own, picture, QR code), as a batch has one for all its documents."""
    bench = make_bench(folder)
    style = load_profiles()["card"].stamp
    if style is None:
        raise ValueError("the card has no stamp")
    lines = ("Ký bởi: Nguyễn Văn Ví Dụ", "Thời gian ký: 24.11.2026 10:04:05 +07:00")
    content = StampContent(lines, handwriting(), verify_url="https://vi.du/verify")
    drawn = draw_stamp(style, content, FONTS)
    ours = Pades(bench, placement=SOMEWHERE, stamp=drawn).many(SIGNATURES)
    return Comparison(SIGNATURES, ours, RAW, bench.raw(SIGNATURES), AT_MOST_WITH_MARK, process_time)


@benchmark("pades-b-b-between-texts", unit="signatures")
def pades_b_b_between_texts(folder: Path) -> Comparison:
    """As officials sign: the handwriting between title and name, which are looked for on the page."""
    bench = make_bench(folder)
    between = BetweenText("CHỦ TỊCH", "Nguyễn Văn Ví Dụ", "last", "last", 140, 60)
    ours = Pades(bench, placement=between, picture=handwriting()).many(FEW)
    return Comparison(FEW, ours, RAW, bench.raw(FEW), clock=process_time)


@benchmark("pades-b-b-unseen", unit="signatures")
def pades_b_b_unseen(folder: Path) -> Comparison:
    """Documents that nobody has looked at before: each one is read whole and proved."""
    bench = make_bench(folder)
    signer, content = Pades(bench), DOCUMENT.read_bytes()
    signer.many(1)
    written = b"/Lang(en-US)"
    if content.count(written) != 1:
        raise ValueError("the document has no language to tell its copies apart by")

    def ours() -> int:
        for _ in range(FEW):
            source = bench.target()
            source.write_bytes(content.replace(written, b"/Lang(%05d)" % (next(bench.numbers) % 100_000)))
            signer.sign(source)
        return FEW

    return Comparison(FEW, ours, RAW, bench.raw(FEW), clock=process_time)


@benchmark("pades-b-b-confined", unit="signatures")
def pades_b_b_confined(folder: Path) -> Comparison:
    """As the worker does it: the file is read by a child with limits, on the same core."""
    bench = make_bench(folder)
    confined = Pades(bench, confined=ChildProcesses(LimitSettings()))
    return Comparison(SIGNATURES, confined.many(SIGNATURES), RAW, bench.raw(SIGNATURES))


@benchmark("pades-b-b-pyhanko", unit="signatures")
def pades_b_b_pyhanko(folder: Path) -> Comparison:
    """Invisible, as above."""
    return _beside_pyhanko(Pades(make_bench(folder)), FEW)


@benchmark("pades-b-b-picture-pyhanko", unit="signatures")
def pades_b_b_picture_pyhanko(folder: Path) -> Comparison:
    """With the picture, which pyHanko packs each time."""
    picture = handwriting()
    return _beside_pyhanko(Pades(make_bench(folder), placement=SOMEWHERE, picture=picture), FEW)


@benchmark("pades-b-t-pyhanko", unit="signatures")
def pades_b_t(folder: Path) -> Comparison:
    """With a time-stamp; the authority's own work is in both figures."""
    return _beside_pyhanko(Pades(make_bench(folder), Level.B_T), FEW)


@benchmark("pades-b-lt-pyhanko", unit="signatures")
def pades_b_lt(folder: Path) -> Comparison:
    """With certificates and revocation lists, which both have at hand."""
    return _beside_pyhanko(Pades(make_bench(folder), Level.B_LT), PROVABLE)


@benchmark("pades-b-lta-pyhanko", unit="signatures")
def pades_b_lta(folder: Path) -> Comparison:
    """And with a document time-stamp over all of it."""
    return _beside_pyhanko(Pades(make_bench(folder), Level.B_LTA), PROVABLE)


def _beside_pyhanko(ours: Pades, count: int) -> Comparison:
    style = None
    if ours.picture is not None:
        style = StaticStampStyle(background=PdfImage(handwriting_image()), border_width=0, background_opacity=1)
    return Comparison(
        count, ours.many(count), PYHANKO, ours.bench.pyhanko(count, ours.level, style), clock=process_time
    )
