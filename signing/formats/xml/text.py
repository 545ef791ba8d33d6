"""Writes XML in its exclusive canonical form, so that what is hashed need not be parsed first.

Every element written here carries the namespaces it uses, as exclusive canonicalisation would show them; in a file
they are declared once, further up, and `in_document` takes them away. What stands in the file is ASCII.
"""

import base64
from collections.abc import Mapping

from signing.formats.xml.names import DS, XADES, XADES141

_NAMESPACES = {"ds": DS, "xades": XADES, "xades141": XADES141}
_DECLARATIONS = {prefix: f' xmlns:{prefix}="{uri}"' for prefix, uri in _NAMESPACES.items()}


def element(name: str, *parts: str, attributes: Mapping[str, str | None] | None = None) -> str:
    """Return one element with its prefix declared, as exclusive canonicalisation writes the apex of a subset.

    Args:
        name: With prefix ds, xades or xades141.
        parts: Elements written here, or text that was escaped. A prefix declared above is not declared again.
        attributes: In any order; those that are None are left out.
    """
    prefix = name.partition(":")[0]
    declared = _DECLARATIONS[prefix]
    written = "".join(
        f' {key}="{escape_attribute(value)}"' for key, value in sorted((attributes or {}).items()) if value is not None
    )
    content = "".join(parts).replace(declared, "")
    return f"<{name}{declared}{written}>{content}</{name}>"


def escape_text(text: str) -> str:
    """Return text as Canonical XML writes it between tags."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#xD;")


def escape_attribute(text: str) -> str:
    """Return text as Canonical XML writes it in an attribute's value."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return escaped.replace("\t", "&#x9;").replace("\n", "&#xA;").replace("\r", "&#xD;")


def base64_text(content: bytes) -> str:
    """Return base64 on one line."""
    return base64.b64encode(content).decode("ascii")


def octets(canonical_text: str) -> bytes:
    """Return the canonical octets of an element written here: what is hashed and signed."""
    return canonical_text.encode("utf-8")


def in_document(canonical_text: str) -> bytes:
    """Return an element as it stands in a file, whatever its encoding, as long as ASCII is a part of that."""
    return canonical_text.encode("ascii", "xmlcharrefreplace")
