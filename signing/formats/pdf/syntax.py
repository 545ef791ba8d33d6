"""Reads an object's tokens by the letter: readers that forgive differ in what they see, and a signature must not.

Source: ISO 32000-2:2020, 7.2 and 7.3.
"""

import re
from mmap import mmap

from signing.errors import DocumentTooComplex, DocumentUnreadable

MAXIMUM_DEPTH = 200
_HEADER = re.compile(rb"\s*\d+\s+\d+\s+obj")
_BLANK = re.compile(rb"(?:[\x00\t\n\x0c\r ]+|%[^\r\n]*)*")
_TOKEN = re.compile(
    rb"(?P<open><<|\[)|(?P<close>>>|\])|(?P<hex><[0-9A-Fa-f\x00\t\n\x0c\r ]*>)|(?P<string>\()"
    rb"|(?P<name>/[^\x00\t\n\x0c\r <>\[\](){}/%]*)|(?P<word>[^\x00\t\n\x0c\r <>\[\](){}/%]+)"
)
_OPERAND = re.compile(rb"[-+.0-9]+|true|false|null|R")
_STRING_PART = re.compile(rb"[^()\\]*(?:\\.[^()\\]*)*([()])", re.DOTALL)
_CLOSES = {b">>": b"<<", b"]": b"["}


def check_object_syntax(content: mmap, offset: int) -> None:
    """Read one indirect object up to endobj or the start of its stream.

    Raises:
        DocumentUnreadable: A token that there is not, brackets that do not pair, or no end.
        DocumentTooComplex: Brackets nested too deep.
    """
    header = _HEADER.match(content, offset)
    if header is None:
        raise DocumentUnreadable("an object does not begin where the cross-references say")
    position, brackets = header.end(), list[bytes]()
    while True:
        position = _end_of(_BLANK, content, position)
        token = _TOKEN.match(content, position)
        if token is None:
            raise DocumentUnreadable("an object holds what is no token")
        position = token.end()
        if token.lastgroup == "string":
            position = _string_end(content, position)
        elif token.lastgroup == "word":
            if token[0] in {b"endobj", b"stream"} and not brackets:
                return
            if not _OPERAND.fullmatch(token[0]):
                raise DocumentUnreadable("an object holds an unknown word")
        else:
            _pair(brackets, token)


def _pair(brackets: list[bytes], token: re.Match[bytes]) -> None:
    if token.lastgroup == "open":
        brackets.append(token[0])
        if len(brackets) > MAXIMUM_DEPTH:
            raise DocumentTooComplex("an object is nested too deep")
    elif token.lastgroup == "close" and (not brackets or brackets.pop() != _CLOSES[token[0]]):
        raise DocumentUnreadable("an object's brackets do not pair")


def _end_of(pattern: re.Pattern[bytes], content: mmap, position: int) -> int:
    match = pattern.match(content, position)
    return position if match is None else match.end()


def _string_end(content: mmap, position: int) -> int:
    depth = 1
    while depth:
        part = _STRING_PART.match(content, position)
        if part is None:
            raise DocumentUnreadable("a string does not end")
        depth += 1 if part[1] == b"(" else -1
        position = part.end()
    return position
