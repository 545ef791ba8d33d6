"""What a signature is to be: who signs, at which level, and where it shows. Plain values, no I/O."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Literal

from signing.appearance.style import DrawnStamp, StampStyle

POINTS_PER_MM = 72 / 25.4


class SignerRole(StrEnum):
    """As whom a signature is made."""

    PERSON = "person"
    ORGANISATION = "organisation"


class Level(StrEnum):
    """Baseline levels of PAdES, CAdES, XAdES, JAdES and ASiC (ETSI EN 319 142-1, 122-1, 132-1, 162-1; TS 119 182-1)."""

    B_B = "B-B"
    B_T = "B-T"
    B_LT = "B-LT"
    B_LTA = "B-LTA"

    @property
    def has_timestamp(self) -> bool:
        """Whether a time-stamp over the signature value belongs to it."""
        return self is not Level.B_B

    @property
    def has_material(self) -> bool:
        """Whether the certificates and revocation answers that validation needs belong to it."""
        return self in {Level.B_LT, Level.B_LTA}


# The format of signatures in PDF files, beside the names in signing.files.registry.FORMATS.
PADES = "pades"


class SignatureScheme(StrEnum):
    """How a key turns a message into a signature value (RFC 8017; FIPS 186-5; RFC 8032)."""

    RSASSA_PKCS1 = "rsassa-pkcs1-v1_5"
    RSASSA_PSS = "rsassa-pss"
    ECDSA = "ecdsa"
    EDDSA = "eddsa"


class SignatureAlgorithm(StrEnum):
    """How a key signs: its scheme and the digest inside."""

    RSA_SHA256 = "rsa-sha256"
    RSA_SHA384 = "rsa-sha384"
    RSA_SHA512 = "rsa-sha512"
    RSASSA_PSS_SHA256 = "rsassa-pss-sha256"
    RSASSA_PSS_SHA384 = "rsassa-pss-sha384"
    RSASSA_PSS_SHA512 = "rsassa-pss-sha512"
    ECDSA_SHA256 = "ecdsa-sha256"
    ECDSA_SHA384 = "ecdsa-sha384"
    ECDSA_SHA512 = "ecdsa-sha512"
    ED25519 = "ed25519"

    @property
    def digest_algorithm(self) -> str:
        """The digest over the document, as hashlib names it.

        Ed25519 hashes what it signs by itself; CMS pairs it with SHA-512. Source: RFC 8419, 2.3.
        """
        return "sha512" if self is SignatureAlgorithm.ED25519 else self.value.rpartition("-")[2]

    @property
    def scheme(self) -> SignatureScheme:
        """RSASSA-PSS here always has a salt as long as the digest, and MGF1 over the same digest."""
        return _SCHEMES[self.value.rpartition("-")[0] or self.value]


_SCHEMES = {
    "rsa": SignatureScheme.RSASSA_PKCS1,
    "rsassa-pss": SignatureScheme.RSASSA_PSS,
    "ecdsa": SignatureScheme.ECDSA,
    "ed25519": SignatureScheme.EDDSA,
}


@dataclass(frozen=True)
class Rectangle:
    """A rectangle in PDF points: lower left corner x0, y0; upper right corner x1, y1."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0


@dataclass(frozen=True)
class BetweenText:
    """Centred on the title's line, between the title block and the name under it.

    Attributes:
        above: Text of the title; of several title lines any one will do.
        below: Text of the name.
        match: Which pair of title and name in reading order, from 1, or the last one.
        page: The page it stands on, from 1; the last page; or None to look on every page.
        width_pt, height_pt: The most room that the picture takes; it keeps its proportions and may be smaller.
    """

    above: str
    below: str
    match: int | Literal["last"]
    page: int | Literal["last"] | None
    width_pt: float
    height_pt: float


@dataclass(frozen=True)
class OverSignature:
    """Over the left part of an earlier signature's picture, at the real size of the seal.

    Attributes:
        field_name: The earlier signature's field, or "previous" for the newest visible one.
        width_pt, height_pt: Size of the seal.
        covered_fraction: How much of the earlier picture's width the seal covers, from the left.
    """

    field_name: str
    width_pt: float
    height_pt: float
    covered_fraction: float = 1 / 3


@dataclass(frozen=True)
class PageRectangle:
    """A rectangle on a page counted from 1 (or the last), in points from the lower left corner as the page is seen.

    Attributes:
        avoid_text: Refuse to stand on text.
        repeat_on: Further pages, from 1, that show the same mark; the signature stays one.
    """

    page: int | Literal["last"]
    x0: float
    y0: float
    x1: float
    y1: float
    avoid_text: bool = False
    repeat_on: Literal["all"] | tuple[int, ...] = ()


@dataclass(frozen=True)
class PageCorner:
    """In a corner of a page, as the page is seen.

    Attributes:
        margin_x_pt, margin_y_pt: From the edges of the page.
        width_pt, height_pt: The most room that it takes; None for the real size of a drawn stamp.
        avoid_text: Move along the edge, away from the corner, to where no text is; refuse where no such place is.
        repeat_on: As in PageRectangle.
    """

    page: int | Literal["last"]
    corner: Literal["top-left", "top-right", "bottom-left", "bottom-right"]
    margin_x_pt: float
    margin_y_pt: float
    width_pt: float | None = None
    height_pt: float | None = None
    avoid_text: bool = False
    repeat_on: Literal["all"] | tuple[int, ...] = ()


@dataclass(frozen=True)
class BesideText:
    """At a text of the page.

    Attributes:
        match: Which place where the text stands, in reading order, from 1, or the last one.
        page: The page it stands on, from 1; the last page; or None to look on every page.
        side: Of the text; over centres the stamp on it.
        dx_pt, dy_pt: From there, to the right and upwards.
    """

    text: str
    match: int | Literal["last"]
    page: int | Literal["last"] | None
    side: Literal["below", "above", "left", "right", "over"]
    dx_pt: float = 0.0
    dy_pt: float = 0.0
    width_pt: float | None = None
    height_pt: float | None = None
    avoid_text: bool = False


@dataclass(frozen=True)
class NewPage:
    """On a page of its own behind the last one, as large as that, centred at the top."""

    width_pt: float | None = None
    height_pt: float | None = None


@dataclass(frozen=True)
class InField:
    """In an unsigned signature field of the document's own, or in the place of an empty field of another kind."""

    field_name: str


@dataclass(frozen=True)
class Invisible:
    """No picture on any page."""


Placement = BetweenText | OverSignature | PageRectangle | PageCorner | BesideText | NewPage | InField | Invisible


class Certification(IntEnum):
    """What a certification signature lets others do afterwards (DocMDP). Source: ISO 32000-2:2020, table 257."""

    NO_CHANGES = 1
    FORMS_AND_SIGNATURES = 2
    ALSO_ANNOTATIONS = 3


@dataclass(frozen=True)
class FieldLock:
    """Form fields that nobody may change after this signature (FieldMDP). Source: ISO 32000-2:2020, 12.8.2.4.

    Attributes:
        action: all of them; only the named ones (include); all but the named ones (exclude).
        fields: Full names; a name stands for everything under it as well.
    """

    action: Literal["all", "include", "exclude"]
    fields: tuple[str, ...] = ()


def with_locked(lock: FieldLock | None, names: tuple[str, ...]) -> FieldLock:
    """Return a lock that covers what another one covers, and some fields more."""
    if lock is None:
        return FieldLock("include", names)
    if lock.action == "include":
        return FieldLock("include", (*lock.fields, *names))
    return FieldLock(lock.action, tuple(name for name in lock.fields if name not in names))


@dataclass(frozen=True)
class SigningProfile:
    """One way of signing: by whom, at which level, with which picture where.

    Attributes:
        image: Which of the signer's pictures is shown, or None.
        prefer_pss: RSA keys sign with RSASSA-PSS where both schemes are open to them.
        certification: The signature certifies the document, which only the first one in it can; None for an approval.
        lock: Form fields that the signature locks.
    """

    code: str
    role: SignerRole
    level: Level
    placement: Placement
    image: Literal["handwriting", "seal"] | None
    prefer_pss: bool = False
    stamp: StampStyle | None = None
    certification: Certification | None = None
    lock: FieldLock | None = None


@dataclass(frozen=True)
class SignatureStep:
    """One signer's turn on one document.

    Attributes:
        reason: Kept in the signature's dictionary; never shown on the page.
        image_png: The picture, where the profile shows one by itself.
        stamp: What is shown instead, where the profile draws a stamp.
        certificate_der: The signing certificate.
        chain_ders: Certificates above it, nearest first; the root may be left out.
    """

    profile: SigningProfile
    signer_name: str
    certificate_der: bytes
    chain_ders: tuple[bytes, ...] = ()
    image_png: bytes | None = None
    stamp: DrawnStamp | None = None
    reason: str | None = None


@dataclass(frozen=True)
class SignedRevision:
    """What one signature made of the document.

    Attributes:
        page_index: From 0; None when invisible.
        rectangle: In the page's own coordinates (before /Rotate); None when invisible.
        signed_at: The time-stamp's time at B-T, else the time that the signer claims.
    """

    sha256: str
    size_bytes: int
    field_name: str
    page_index: int | None
    rectangle: Rectangle | None
    signed_at: datetime
    level: Level
