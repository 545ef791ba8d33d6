"""What a PDF signature covers, worked out on the bytes and not on what a reader made of them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from mmap import mmap

from cryptography.hazmat.primitives import hashes
from pyhanko_certvalidator.util import get_pyca_cryptography_hash

MAX_SCANNED = 64
MAX_SPANS = 16
CHUNK_SIZE_BYTES = 1 << 20
GAP_MAX_SIZE_BYTES = 20_000_000
NEAR_SIZE_BYTES = 2_000_000
AROUND_SIZE_BYTES = 100_000
BYTE_RANGE = re.compile(rb"/ByteRange[\s\x00]*\[([\d\s\x00]{1,200})\]")
HEX_STRING = re.compile(rb"<[0-9A-Fa-f\s\x00]*>")
CONTENTS = re.compile(rb"/Contents[\s\x00]*<([0-9A-Fa-f\s\x00]*)>")
OBJECT_START = re.compile(rb"\d[\s\x00]+obj\b")
NOT_HEX = re.compile(rb"[^0-9A-Fa-f]")


@dataclass(frozen=True)
class RawSignature:
    """A signature dictionary's two load-bearing entries."""

    byte_range: tuple[int, ...]
    contents: bytes

    @property
    def end(self) -> int:
        """The offset after the last byte covered, where the range has its normal shape."""
        return self.byte_range[2] + self.byte_range[3] if len(self.byte_range) == 4 else 0


def gap_problem(data: mmap | bytes, signature: RawSignature) -> str | None:
    """Return one sentence on why the byte range is unsound, or None where exactly /Contents is left out.

    Source: ISO 32000-2:2020, 12.8.1; the attacks of Mladenov et al., CCS 2019 (signature wrapping, forgery).
    """
    numbers = signature.byte_range
    if len(numbers) != 4 or any(n < 0 for n in numbers):
        return "not four offsets and lengths"
    head_offset, head_length, tail_offset, tail_length = numbers
    if head_offset != 0:
        return "it does not begin at the first byte"
    if head_length >= tail_offset:
        return "the spans touch or overlap"
    if tail_offset + tail_length > len(data):
        return "it reaches beyond the end of the file"
    if tail_offset - head_length > GAP_MAX_SIZE_BYTES:
        return "the gap is too wide"
    gap = data[head_length:tail_offset]
    if HEX_STRING.fullmatch(gap) is None:
        return "the gap is not one hexadecimal string"
    if _unhex(gap) != signature.contents:
        return "the gap does not hold this signature"
    return _surroundings_problem(data, head_length, tail_offset)


def _surroundings_problem(data: mmap | bytes, gap_start: int, gap_end: int) -> str | None:
    """Demand one /Contents and one /ByteRange in the object around the gap: with two, readers disagree."""
    head = data[max(0, gap_start - AROUND_SIZE_BYTES) : gap_start]
    starts = [match.end() for match in OBJECT_START.finditer(head)]
    end = data.find(b"endobj", gap_end, gap_end + AROUND_SIZE_BYTES)
    if not starts or end < 0:
        return "no object surrounds the gap"
    around = head[starts[-1] :] + data[gap_end:end]
    if not head.rstrip(b"\0\t\n\f\r ").endswith(b"/Contents"):
        return "the gap is not the value of /Contents"
    for name in (rb"/Contents(?![A-Za-z0-9])", rb"/ByteRange(?![A-Za-z0-9])"):
        if len(re.findall(name, around)) != 1:
            return "the signature dictionary names an entry twice"
    return None


def scan_signatures(data: mmap | bytes) -> Iterator[RawSignature]:
    """Yield what looks like a signature dictionary in the bytes, also where no reader would find it."""
    for count, match in enumerate(BYTE_RANGE.finditer(data)):
        if count >= MAX_SCANNED:
            return
        numbers = tuple(int(n) for n in match.group(1).replace(b"\0", b" ").split() if len(n) < 16)
        yield RawSignature(numbers, _contents_near(data, match.start(), numbers))


def _contents_near(data: mmap | bytes, position: int, numbers: tuple[int, ...]) -> bytes:
    if len(numbers) == 4 and 0 <= numbers[1] < numbers[2] <= min(len(data), numbers[1] + GAP_MAX_SIZE_BYTES):
        gap = data[numbers[1] : numbers[2]]
        if HEX_STRING.fullmatch(gap) is not None:
            return _unhex(gap)
    near = data[max(0, position - NEAR_SIZE_BYTES) : position + NEAR_SIZE_BYTES]
    middle = min(position, NEAR_SIZE_BYTES)
    start, end = max(near.rfind(b"endobj", 0, middle), 0), near.find(b"endobj", middle)
    found = CONTENTS.search(near, start, end if end >= 0 else len(near))
    return _unhex(found.group(1)) if found is not None else b""


def _unhex(text: bytes) -> bytes:
    digits = NOT_HEX.sub(b"", text)
    # An odd last digit counts as followed by 0. Source: ISO 32000-2:2020, 7.3.4.3.
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))


def digest_of(data: mmap | bytes, byte_range: Sequence[int], algorithm: str) -> bytes | None:
    """Return the digest over the spans, however odd they are, or None where that makes no sense at all.

    An odd range is a finding of its own; whether digest and value hold over it is still worth saying.
    """
    spans = list(zip(byte_range[::2], byte_range[1::2], strict=False))
    if not spans or len(byte_range) % 2 or len(spans) > MAX_SPANS or any(n < 0 for n in byte_range):
        return None
    if sum(length for _, length in spans) > 2 * len(data):
        return None
    digest = hashes.Hash(get_pyca_cryptography_hash(algorithm))
    for offset, length in spans:
        for position in range(offset, min(offset + length, len(data)), CHUNK_SIZE_BYTES):
            digest.update(data[position : min(position + CHUNK_SIZE_BYTES, offset + length)])
    return digest.finalize()
