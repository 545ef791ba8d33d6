"""Damage to DER: bytes flipped and cut as by accident, elements emptied, doubled and swapped as by an attacker.

Structure is kept where it can be, because bytes flipped at random mostly break lengths and never reach deeper readers.
"""

import random
from dataclasses import dataclass

from certs.revocation.certificate_facts import encode
from certs.revocation.der import DerUnsound, read_element

CONSTRUCTED = 0x20
MAX_DEPTH = 12
CONTENTS = (b"", b"\0", b"\xff", b"\x80", b"\x7f" * 9, b"\xff" * 21, b"\x30\x80", b"\0" * 70_000)
TAGS = (0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0A, 0x0C, 0x13, 0x17, 0x18, 0x30, 0x31, 0x80, 0xA0, 0xA1, 0xA3, 0x1F)


@dataclass
class Node:
    """One element; leaves have content, others children."""

    tag: int
    content: bytes
    children: list["Node"] | None = None

    def encoded(self) -> bytes:
        inner = self.content if self.children is None else b"".join(child.encoded() for child in self.children)
        return encode(self.tag, inner)


def parse(der: bytes, depth: int = 0) -> list[Node] | None:
    """Return the elements that bytes consist of, those inside octet and bit strings too; None where they are others."""
    nodes, at = [], 0
    while at < len(der):
        try:
            element = read_element(der, at, len(der))
        except DerUnsound:
            return None
        inner = None
        if depth < MAX_DEPTH and (element.tag & CONSTRUCTED or element.tag == 0x04):
            inner = parse(element.content, depth + 1)
        nodes.append(Node(element.tag, element.content, inner or None))
        at = element.end
    return nodes


def chance_of(seed: int) -> random.Random:
    """Return what decides, the same way for the same seed."""
    return random.Random(seed)  # noqa: S311 - damage that can be repeated


def damaged(der: bytes, chance: random.Random) -> bytes:
    """Return the bytes with one fault of some kind."""
    return chance.choice((_flip, _flip, _cut, rebuilt, rebuilt, rebuilt))(der, chance)


def _flip(der: bytes, chance: random.Random) -> bytes:
    out = bytearray(der)
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        out[chance.randrange(len(out))] ^= 1 << chance.randrange(8)
    return bytes(out)


def _cut(der: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(der))
    return der[:at] + der[at + chance.choice((1, 2, len(der))) :]


def rebuilt(der: bytes, chance: random.Random) -> bytes:
    """Return sound DER with one element changed; the lengths around it are right. Other bytes have some flipped."""
    nodes = parse(der)
    if not nodes:
        return _flip(der, chance)
    places = [(nodes, number) for number in range(len(nodes))]
    for siblings, number in places:
        below = siblings[number].children
        if below is not None:
            places += [(below, deeper) for deeper in range(len(below))]
    siblings, number = chance.choice(places)
    node = siblings[number]
    match chance.randrange(6):
        case 0:
            siblings[number] = Node(node.tag, chance.choice(CONTENTS))
        case 1:
            siblings[number] = Node(chance.choice(TAGS), node.content, node.children)
        case 2:
            siblings.insert(number, node)
        case 3:
            del siblings[number]
        case 4:
            other, at = chance.choice(places)
            siblings[number] = other[at] if not _holds(other[at], node) else Node(node.tag, b"")
        case _:
            siblings[number] = Node(0x30, b"", [Node(0x30, b"", [node])])
    return b"".join(one.encoded() for one in nodes)


def _holds(outer: Node, inner: Node) -> bool:
    return outer is inner or any(_holds(child, inner) for child in outer.children or [])
