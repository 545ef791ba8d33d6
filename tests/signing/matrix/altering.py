"""Changes what a signature signs, so that a judge has something to complain of."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from asn1crypto import cms

from tests.signing.matrix.bench import Made


def _pdf(path: Path) -> None:
    """Change a letter of the comment that every PDF begins with."""
    data = bytearray(path.read_bytes())
    data[data.index(b"%", 5) + 2] ^= 0x01
    path.write_bytes(data)


def _xml(path: Path) -> None:
    """Change the first digest in SignedInfo."""
    before, mark, after = path.read_bytes().partition(b"DigestValue>")
    path.write_bytes(before + mark + (b"A" if after[:1] != b"A" else b"B") + after[1:])


def _json(path: Path) -> None:
    """Change the value of a JSON signature, which its time-stamp stamps."""
    members = json.loads(path.read_bytes())
    last = (members.get("signatures") or [members])[-1]
    last["signature"] = ("A" if last["signature"][0] != "A" else "B") + last["signature"][1:]
    path.write_text(json.dumps(members))


def _cms_value(path: Path) -> None:
    """Change the first signer's value, which a counter-signature signs."""
    data = path.read_bytes()
    value = cms.ContentInfo.load(data)["content"]["signer_infos"][0]["signature"].native
    path.write_bytes(data.replace(value, value[:-1] + bytes([value[-1] ^ 1])))


def altered(made: Made) -> Made:
    """Return the same signature with something else beside, or changed inside."""
    if made.cell.packaging == "detached" and made.cell.format == "cades":
        other = made.path.with_suffix(".other")
        other.write_bytes(b"other")
        return replace(made, beside=dict.fromkeys(made.beside, other))
    change: Callable[[Path], None] = {"pades": _pdf, "xades": _xml, "jades": _json, "cades": _cms_value}[
        made.cell.format
    ]
    target = made.path.with_suffix(".altered")
    target.write_bytes(made.path.read_bytes())
    change(target)
    return replace(made, path=target)
