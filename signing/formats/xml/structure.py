"""The parts of a signature in a parsed file, found by where they stand and not by what they call themselves.

Sources: XML Signature 1.1, 4; ETSI EN 319 132-1 V1.2.1, 4.
"""

import base64
import binascii
from datetime import UTC, datetime

from signing.formats.xml.names import DS, XADES, XADES141, ds, xades
from signing.formats.xml.parsing import Element, text_of

MAX_SIGNATURES = 200
_UNSIGNED = f"{xades('UnsignedProperties')}/{xades('UnsignedSignatureProperties')}"


def find_signatures(root: Element) -> list[Element]:
    """Return every ds:Signature in document order, counter-signatures among them."""
    return list(root.iter(ds("Signature")))[:MAX_SIGNATURES]


def countersigned_by(signature: Element) -> Element | None:
    """Return the signature to which this one is a counter-signature, or None where it is none."""
    holder = signature.getparent()
    if holder is None or holder.tag != xades("CounterSignature"):
        return None
    return next(holder.iterancestors(ds("Signature")), None)


def only_child(parent: Element, name: str) -> Element | None:
    """Return the one child of that name; None where there is none or more than one."""
    found = parent.findall(name)
    return found[0] if len(found) == 1 else None


def qualifying_properties(signature: Element) -> Element | None:
    """Return the XAdES part of a signature, if it is the only one there and is about this signature."""
    found = [one for held in signature.findall(ds("Object")) for one in held.findall(xades("QualifyingProperties"))]
    target = f"#{signature.get('Id')}"
    return found[0] if len(found) == 1 and found[0].get("Target") == target else None


def unsigned_properties(signature: Element) -> list[Element]:
    """Return the unsigned signature properties in order; comments are none."""
    qualifying = qualifying_properties(signature)
    holder = None if qualifying is None else qualifying.find(_UNSIGNED)
    return [] if holder is None else [one for one in holder if isinstance(one.tag, str)]


def encapsulated(properties: list[Element], *names: str) -> list[bytes]:
    """Return the decoded content of every element of these names below the properties, in order; faulty ones drop out.

    Args:
        names: Local names, such as EncapsulatedX509Certificate; XAdES 1.3.2 and 1.4.1 alike.
    """
    wanted = {f"{{{namespace}}}{name}" for namespace in (XADES, XADES141, DS) for name in names}
    found = (one for held in properties for one in held.iter(*wanted))
    decoded = (base64_of(one) for one in found)
    return [one for one in decoded if one is not None]


def base64_of(element: Element) -> bytes | None:
    """Return what an element's text encodes, or None where it is no base64."""
    try:
        return base64.b64decode("".join(text_of(element).split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def time_of(element: Element | None) -> datetime | None:
    """Return an XML Schema dateTime; without a zone it is taken as UTC."""
    if element is None:
        return None
    try:
        time = datetime.fromisoformat(text_of(element).strip())
    except ValueError:
        return None
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
