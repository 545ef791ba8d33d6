"""Reads an object's tokens by the letter: readers that forgive differ in what they see, and a signature must not.

Source: ISO 32000-2:2020, 7.2 and 7.3.
"""

import re
from mmap import mmap

from signing.errors.documents import DocumentTooComplex, DocumentUnreadable

MAXIMUM_DEPTH = 200
_HEADER = re.compile(rb"\s*(\d{1,10})\s+(\d{1,5})\s+obj")
_BLANK = re.compile(rb"(?:[\x00\t\n\x0c\r ]+|%[^\r\n]*)*")
_TOKEN = re.compile(
    rb"(?P<open><<|\[)|(?P<close>>>|\])|(?P<hex><[0-9A-Fa-f\x00\t\n\x0c\r ]*>)|(?P<string>\()"
    rb"|(?P<name>/[^\x00\t\n\x0c\r <>\[\](){}/%]*)|(?P<word>[^\x00\t\n\x0c\r <>\[\](){}/%]+)"
)
_OPERAND = re.compile(rb"[-+.0-9]+|true|false|null")
_STRING_PART = re.compile(rb"[^()\\]*(?:\\.[^()\\]*)*([()])", re.DOTALL)
# The outermost level is opened by nothing, so nothing closes it.
_CLOSES = {b">>": b"<<", b"]": b"["}


def check_object_syntax(content: bytes | mmap, offset: int, number: int, generation: int) -> bool:
    """Read one indirect object up to endobj or the start of its stream; return whether it has a stream.

    Raises:
        DocumentUnreadable: A token that there is not, brackets that do not pair, or no end.
        DocumentTooComplex: Brackets nested too deep.
    """
    header = _HEADER.match(content, offset)
    if header is None or (int(header[1]), int(header[2])) != (number, generation):
        raise DocumentUnreadable("an object does not begin where the cross-references say")
    position, open_ones = header.end(), [_Bracket(b"")]
    while True:
        position = _end_of(_BLANK, content, position)
        token = _TOKEN.match(content, position)
        if token is None:
            raise DocumentUnreadable("an object holds what is no token")
        position = token.end()
        if token.lastgroup == "string":
            position = _string_end(content, position)
        if token[0] in {b"endobj", b"stream"} and len(open_ones) == 1:
            if open_ones[0].items not in (["other"], ["name"]):
                raise DocumentUnreadable("an object is not one value")
            return token[0] == b"stream"
        _take(open_ones, token)


class _Bracket:
    """What stands inside one pair of brackets, or inside the object itself."""

    def __init__(self, opened_by: bytes) -> None:
        self.opened_by = opened_by
        self.items: list[str] = []

    def close(self, token: bytes) -> None:
        if self.opened_by != _CLOSES[token]:
            raise DocumentUnreadable("an object's brackets do not pair")
        is_dictionary = token == b">>"
        if is_dictionary and (len(self.items) % 2 or "other" in self.items[::2]):
            raise DocumentUnreadable("a dictionary is not made of names and values")


def _take(open_ones: list[_Bracket], token: re.Match[bytes]) -> None:
    if token.lastgroup == "open":
        open_ones.append(_Bracket(token[0]))
        if len(open_ones) > MAXIMUM_DEPTH:
            raise DocumentTooComplex("an object is nested too deep")
        return
    items = open_ones[-1].items
    if token.lastgroup == "close":
        open_ones.pop().close(token[0])
        open_ones[-1].items.append("other")
    elif token[0] == b"R":
        # Two numbers before it and the R itself are one value.
        if items[-2:] != ["other", "other"]:
            raise DocumentUnreadable("a reference is not two numbers and R")
        items.pop()
    elif token.lastgroup == "word" and not _OPERAND.fullmatch(token[0]):
        raise DocumentUnreadable("an object holds an unknown word")
    else:
        items.append("name" if token.lastgroup == "name" else "other")


def _end_of(pattern: re.Pattern[bytes], content: bytes | mmap, position: int) -> int:
    match = pattern.match(content, position)
    return position if match is None else match.end()


def _string_end(content: bytes | mmap, position: int) -> int:
    depth = 1
    while depth:
        part = _STRING_PART.match(content, position)
        if part is None:
            raise DocumentUnreadable("a string does not end")
        depth += 1 if part[1] == b"(" else -1
        position = part.end()
    return position
