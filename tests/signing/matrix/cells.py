"""What is signed how: each line is one signature that is made, validated by us and judged by others.

It is no full cross product: test_table.py demands every pair of format × key, format × source, key × source,
level × key, level × source and packaging × level that there is, and no line for what there is not.
"""

from dataclasses import dataclass

RSA_KEYS = ("rsa-2048", "rsa-3072", "rsa-4096", "rsa-pss")
KEYS = ("rsa-2048", "rsa-pss", "p256", "p384", "ed25519")
SOURCES = ("pkcs12", "pkcs11")
LEVELS = ("B-B", "B-T", "B-LT", "B-LTA")
# By format: what it offers, and up to which level.
PACKAGINGS: dict[str, tuple[str, ...]] = {
    "pades": ("approval", "certification", "second"),
    "cades": ("detached", "attached", "parallel", "counter"),
    "xades": ("enveloped", "element", "enveloping", "detached", "parallel", "counter"),
    "asic-s": ("cades", "xades"),
    "asic-e": ("cades", "xades"),
    "jades": ("attached", "detached", "parallel"),
    "jades-compact": ("attached", "detached"),
}
HIGHEST = {"jades": "B-T", "jades-compact": "B-B"}
# What joins others or comes with a lock is made at the ends of the ladder: the rungs between are those of its format.
ENDS_ONLY = frozenset({"certification", "second", "parallel", "counter"})
# What a judge cannot do, so that another one stands in its place.
CANNOT = {
    "pdfsig": ("ed25519",),
    "openssl-cms": ("ed25519",),
    "xmlsec1": ("rsa-pss", "ed25519"),
    "signxml": ("ed25519",),
}


@dataclass(frozen=True)
class Cell:
    """One line: where the key is, what is made with it, and who besides us judges the result."""

    format: str
    packaging: str
    level: str
    key: str
    source: str
    judges: tuple[str, ...]

    def __str__(self) -> str:
        return "-".join((self.format, self.packaging, self.level, self.key, self.source))


def levels_of(format_name: str, packaging: str = "") -> tuple[str, ...]:
    """Return the levels of a format, or those that a packaging of it is made at."""
    found = LEVELS[: LEVELS.index(HIGHEST.get(format_name, "B-LTA")) + 1]
    return (found[0], found[-1]) if packaging in ENDS_ONLY else found


def _cells(lines: str) -> tuple[Cell, ...]:
    parts = [line.split() for line in lines.strip().splitlines()]
    return tuple(Cell(*first, tuple(judges)) for *first, judges in ((*part[:5], part[5:]) for part in parts))


# format         packaging     level  key       source  judged by, besides our own validation
CELLS = _cells("""
pades            approval      B-B    rsa-2048  pkcs12  pdfsig qpdf pyhanko
pades            approval      B-B    rsa-3072  pkcs11  pdfsig qpdf pyhanko
pades            approval      B-B    rsa-4096  pkcs11  pdfsig qpdf pyhanko
pades            approval      B-T    rsa-pss   pkcs11  pdfsig qpdf pyhanko openssl-ts
pades            approval      B-LT   p256      pkcs12  pdfsig qpdf pyhanko-lt openssl-ts
pades            approval      B-LTA  p384      pkcs11  pdfsig qpdf pyhanko-lta openssl-ts
pades            certification B-B    ed25519   pkcs11  qpdf pyhanko
pades            certification B-LTA  rsa-2048  pkcs11  pdfsig qpdf pyhanko-lta openssl-ts
pades            second        B-B    p384      pkcs12  pdfsig qpdf pyhanko
pades            second        B-LTA  p256      pkcs11  pdfsig qpdf pyhanko-lta openssl-ts
cades            detached      B-B    rsa-2048  pkcs11  openssl-cms pyhanko
cades            detached      B-T    rsa-pss   pkcs12  openssl-cms pyhanko openssl-ts
cades            detached      B-LT   p256      pkcs11  openssl-cms pyhanko openssl-ts
cades            detached      B-LTA  p384      pkcs12  openssl-cms pyhanko openssl-ts
cades            attached      B-B    ed25519   pkcs12  pyhanko
cades            attached      B-T    p256      pkcs12  openssl-cms pyhanko openssl-ts
cades            attached      B-LT   rsa-2048  pkcs12  openssl-cms pyhanko openssl-ts
cades            attached      B-LTA  rsa-pss   pkcs11  openssl-cms pyhanko openssl-ts
cades            parallel      B-B    rsa-pss   pkcs11  openssl-cms
cades            parallel      B-LTA  p256      pkcs12  openssl-cms
cades            counter       B-B    p256      pkcs11  openssl-cms counter-value
cades            counter       B-LTA  rsa-2048  pkcs12  openssl-cms counter-value
xades            enveloped     B-B    rsa-2048  pkcs12  xmlsec1 signxml
xades            enveloped     B-T    rsa-pss   pkcs11  signxml openssl-ts
xades            enveloped     B-LT   p256      pkcs12  xmlsec1 signxml openssl-ts
xades            enveloped     B-LTA  p384      pkcs11  xmlsec1 signxml openssl-ts
xades            element       B-B    p384      pkcs12  xmlsec1 signxml
xades            element       B-T    p256      pkcs11  xmlsec1 signxml openssl-ts
xades            element       B-LT   rsa-2048  pkcs11  xmlsec1 signxml openssl-ts
xades            element       B-LTA  rsa-pss   pkcs12  signxml openssl-ts
xades            enveloping    B-B    rsa-pss   pkcs11  signxml
xades            enveloping    B-T    ed25519   pkcs11  openssl-pkeyutl openssl-ts
xades            enveloping    B-LT   p384      pkcs12  xmlsec1 signxml openssl-ts
xades            enveloping    B-LTA  p256      pkcs12  xmlsec1 signxml openssl-ts
xades            detached      B-B    p256      pkcs11  xmlsec1
xades            detached      B-T    rsa-2048  pkcs12  xmlsec1 openssl-ts
xades            detached      B-LT   ed25519   pkcs12  openssl-pkeyutl openssl-ts
xades            detached      B-LTA  rsa-2048  pkcs11  xmlsec1 openssl-ts
xades            parallel      B-B    rsa-2048  pkcs11  xmlsec1
xades            parallel      B-LTA  p384      pkcs12  xmlsec1
xades            counter       B-B    p384      pkcs11  xmlsec1
xades            counter       B-LTA  p256      pkcs11  xmlsec1
asic-s           cades         B-B    rsa-pss   pkcs12  unzip openssl-cms
asic-s           cades         B-T    rsa-2048  pkcs11  unzip openssl-cms openssl-ts
asic-s           cades         B-LT   p384      pkcs11  unzip openssl-cms openssl-ts
asic-s           cades         B-LTA  ed25519   pkcs12  unzip pyhanko openssl-ts
asic-s           xades         B-B    p256      pkcs12  unzip xmlsec1
asic-s           xades         B-T    p384      pkcs12  unzip xmlsec1 openssl-ts
asic-s           xades         B-LT   rsa-2048  pkcs11  unzip xmlsec1 openssl-ts
asic-s           xades         B-LTA  rsa-2048  pkcs12  unzip xmlsec1 openssl-ts
asic-e           cades         B-B    p384      pkcs11  unzip openssl-cms
asic-e           cades         B-T    ed25519   pkcs12  unzip pyhanko openssl-ts
asic-e           cades         B-LT   rsa-pss   pkcs11  unzip openssl-cms openssl-ts
asic-e           cades         B-LTA  rsa-2048  pkcs12  unzip openssl-cms openssl-ts
asic-e           xades         B-B    rsa-2048  pkcs12  unzip xmlsec1
asic-e           xades         B-T    p256      pkcs11  unzip xmlsec1 openssl-ts
asic-e           xades         B-LT   p384      pkcs12  unzip xmlsec1 openssl-ts
asic-e           xades         B-LTA  ed25519   pkcs11  unzip openssl-pkeyutl openssl-ts
jades            attached      B-B    rsa-2048  pkcs12  joserfc
jades            attached      B-T    p256      pkcs11  joserfc openssl-ts
jades            detached      B-B    rsa-pss   pkcs11  joserfc
jades            detached      B-T    p384      pkcs12  joserfc openssl-ts
jades            parallel      B-B    ed25519   pkcs12  joserfc
jades            parallel      B-T    rsa-2048  pkcs11  joserfc openssl-ts
jades-compact    attached      B-B    p256      pkcs12  joserfc
jades-compact    attached      B-B    p384      pkcs11  joserfc
jades-compact    attached      B-B    rsa-2048  pkcs12  joserfc
jades-compact    detached      B-B    rsa-pss   pkcs12  joserfc
jades-compact    detached      B-B    ed25519   pkcs11  joserfc
""")
