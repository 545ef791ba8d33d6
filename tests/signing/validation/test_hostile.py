"""Files that lie, that are broken, or that want to exhaust us: findings, never exceptions, never long waits."""

import random
import re
import time
import zlib
from collections.abc import Callable
from io import BytesIO

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm

from certs.model import Indication, SubIndication
from signing.validation.byte_range import RawSignature, gap_problem
from signing.validation.document import collect_evidence_needs, validate_pdf
from signing.validation.policy import ValidationPolicy
from signing.validation.report import Modifications, Overall, SignatureReport
from tests.certs.authority import Holder
from tests.signing.validation.conftest import DOCUMENT, Bench

GAP = re.compile(rb"/Contents\s*<([0-9a-fA-F]+)>")
BYTE_RANGE = re.compile(rb"/ByteRange\s*\[([^\]]*)\]")


@pytest.fixture
def signed(bench: Bench, official: Holder) -> bytes:
    return bench.sign(official)


@pytest.fixture
def judge(bench: Bench, official: Holder) -> Callable[[bytes], SignatureReport]:
    def only(pdf: bytes) -> SignatureReport:
        report = bench.validate(pdf, bench.policy(official))
        assert len(report.signatures) == 1
        assert report.overall.value == report.signatures[0].indication.value
        return report.signatures[0]

    return only


def numbers_of(pdf: bytes) -> list[int]:
    found = BYTE_RANGE.search(pdf)
    assert found is not None
    return [int(n) for n in found.group(1).split()]


def with_byte_range(pdf: bytes, text: str) -> bytes:
    """Return the file with another byte range of the same width, as an attacker must write it."""
    found = BYTE_RANGE.search(pdf)
    assert found is not None
    start, end = found.span(1)
    return pdf[:start] + text.encode().ljust(end - start) + pdf[end:]


def test_one_changed_byte_of_the_content_is_a_hash_failure(
    signed: bytes, judge: Callable[[bytes], SignatureReport]
) -> None:
    at = signed.index(b"/MediaBox") + 12
    changed = signed[:at] + bytes([signed[at] ^ 1]) + signed[at + 1 :]

    signature = judge(changed)

    assert (signature.indication, signature.sub_indication) == (Indication.FAILED, SubIndication.HASH_FAILURE)
    assert signature.intact is False


def test_a_changed_signature_value_is_a_crypto_failure(
    signed: bytes, judge: Callable[[bytes], SignatureReport]
) -> None:
    gap = GAP.search(signed)
    assert gap is not None
    cms = bytes.fromhex(gap.group(1).decode())
    from asn1crypto import cms as asn1_cms

    info = asn1_cms.ContentInfo.load(cms)["content"]["signer_infos"][0]
    value = info["signature"].native
    at = cms.index(value) + len(value) - 1
    changed = (cms[:at] + bytes([cms[at] ^ 1]) + cms[at + 1 :]).hex().encode()

    signature = judge(signed.replace(gap.group(1), changed))

    assert (signature.indication, signature.sub_indication) == (Indication.FAILED, SubIndication.SIG_CRYPTO_FAILURE)


def test_bytes_after_the_end_that_no_revision_explains_are_a_change(
    signed: bytes, judge: Callable[[bytes], SignatureReport]
) -> None:
    assert judge(signed + b"\n").modifications_after is Modifications.NONE
    assert judge(signed + b"%hidden").modifications_after is Modifications.NOT_PERMITTED


def update(pdf: bytes, change: Callable[[IncrementalPdfFileWriter], None]) -> bytes:
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    change(writer)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def replace_page(writer: IncrementalPdfFileWriter) -> None:
    page_ref, _ = writer.find_page_for_modification(0)
    page = page_ref.get_object()
    page["/Contents"] = writer.add_object(generic.StreamObject(stream_data=b"BT (other) Tj ET"))
    writer.mark_update(page_ref)


def overlay_annotation(writer: IncrementalPdfFileWriter) -> None:
    page_ref, _ = writer.find_page_for_modification(0)
    page = page_ref.get_object()
    entries = {"/Type": "/Annot", "/Subtype": "/FreeText"}
    annotation = generic.DictionaryObject({generic.pdf_name(k): generic.pdf_name(v) for k, v in entries.items()})
    annotation[generic.pdf_name("/Rect")] = generic.ArrayObject([generic.NumberObject(n) for n in (0, 0, 600, 800)])
    kept = list(page.get("/Annots", []))
    page["/Annots"] = generic.ArrayObject([*kept, writer.add_object(annotation)])
    writer.mark_update(page_ref)


def remove_pages(writer: IncrementalPdfFileWriter) -> None:
    pages = writer.root["/Pages"]
    pages["/Kids"] = generic.ArrayObject(list(pages["/Kids"])[:1])
    pages["/Count"] = generic.NumberObject(1)
    writer.update_container(pages)


def replace_font(writer: IncrementalPdfFileWriter) -> None:
    """Show other glyphs for the same text: the replace variant of the shadow attacks."""
    page_ref, _ = writer.find_page_for_modification(0)
    font = next(iter(page_ref.get_object()["/Resources"]["/Font"].values())).get_object()
    font["/BaseFont"] = generic.pdf_name("/Other")
    writer.update_container(font)


def change_reason(writer: IncrementalPdfFileWriter) -> None:
    signature = writer.root["/AcroForm"]["/Fields"][0]["/V"]
    signature["/Reason"] = generic.pdf_string("another reason")
    writer.update_container(signature)


@pytest.mark.parametrize("change", [replace_page, overlay_annotation, remove_pages, replace_font, change_reason])
def test_an_update_that_changes_what_is_seen_is_found(
    signed: bytes,
    judge: Callable[[bytes], SignatureReport],
    change: Callable[[IncrementalPdfFileWriter], None],
) -> None:
    signature = judge(update(signed, change))

    assert signature.indication is not Indication.PASSED
    assert signature.modified_after
    assert signature.intact is True


def test_a_signature_whose_field_was_taken_away_is_still_reported(
    signed: bytes, judge: Callable[[bytes], SignatureReport]
) -> None:
    def remove_form(writer: IncrementalPdfFileWriter) -> None:
        writer.root["/AcroForm"]["/Fields"] = generic.ArrayObject([])
        writer.update_container(writer.root["/AcroForm"])
        writer.update_root()

    signature = judge(update(signed, remove_form))

    assert signature.sub_indication is SubIndication.FORMAT_FAILURE
    assert signature.reasons[0].code == "signature-not-in-form"


def test_two_fields_with_one_signature_are_found(bench: Bench, official: Holder, signed: bytes) -> None:
    def second_field(writer: IncrementalPdfFileWriter) -> None:
        fields = writer.root["/AcroForm"]["/Fields"]
        twin = generic.DictionaryObject(fields[0])
        twin[generic.pdf_name("/T")] = generic.pdf_string("Twin")
        fields.append(writer.add_object(twin))
        writer.update_container(fields)

    report = bench.validate(update(signed, second_field), bench.policy(official))

    assert len(report.signatures) == 2
    assert report.overall is Overall.FAILED


def test_a_byte_range_that_is_not_the_whole_around_the_gap_never_passes(
    signed: bytes, judge: Callable[[bytes], SignatureReport]
) -> None:
    _, head, tail, rest = numbers_of(signed)
    ranges = [
        f"0 {head - 10} {tail} {rest}",
        f"0 {head} {tail + 10} {rest - 10}",
        f"10 {head - 10} {tail} {rest}",
        f"0 {head} {tail} {rest - 100}",
        f"0 {head} {tail} {rest + 100}",
        f"0 {head} {tail}",
        f"0 {head} {tail} {rest} 0 0",
        f"0 {tail + rest} 0 0",
        f"-1 {head} {tail} {rest}",
        f"0 {head} {head} {rest}",
        "null",
        "",
        "1e9 (a) /b <00>",
    ]
    for text in ranges:
        assert judge(with_byte_range(signed, text)).indication is not Indication.PASSED, text


def test_a_wrapped_signature_is_found(signed: bytes, judge: Callable[[bytes], SignatureReport]) -> None:
    """Move the signed tail further back and put other objects into the widened gap (Mladenov et al., 2019)."""
    _, head, tail, rest = numbers_of(signed)
    evil = b">\n9 0 obj <</Evil true>> endobj\n"
    moved = signed[: tail - 1] + evil + b"00>" + signed[tail:]
    wrapped = with_byte_range(moved, f"0 {head} {tail + len(evil) + 2} {rest}")

    signature = judge(wrapped)

    assert signature.indication is Indication.FAILED
    assert signature.modified_after


@pytest.mark.parametrize("contents", [b"<>", b"<00>", b"null", b"<30800000>", b"()", b"<3003020101>"])
def test_a_signature_without_a_signature_inside_is_malformed(
    signed: bytes, judge: Callable[[bytes], SignatureReport], contents: bytes
) -> None:
    """Universal forgery: some viewers took what they could not read for valid (Mladenov et al., 2019)."""
    gap = GAP.search(signed)
    assert gap is not None
    start, end = gap.start(1) - 1, gap.end(1) + 1
    signature = judge(signed[:start] + contents.ljust(end - start) + signed[end:])

    assert signature.indication is not Indication.PASSED
    assert signature.intact is not True


def test_a_time_stamp_copied_from_another_signature_proves_nothing(bench: Bench, official: Holder, tsa: Holder) -> None:
    from asn1crypto import cms as asn1_cms

    donor, target = bench.sign(official, tsa=tsa), bench.sign(official, tsa=tsa, reason="another")
    infos = []
    for pdf in (donor, target):
        gap = GAP.search(pdf)
        assert gap is not None
        infos.append((gap, asn1_cms.ContentInfo.load(bytes.fromhex(gap.group(1).decode()))))
    (_, given), (gap, taken) = infos
    taken["content"]["signer_infos"][0]["unsigned_attrs"] = given["content"]["signer_infos"][0]["unsigned_attrs"]
    changed = taken.dump().hex().encode()
    pdf = target.replace(gap.group(1), changed.ljust(len(gap.group(1)), b"0"))

    report = bench.validate(pdf, bench.policy(official, tsa))

    assert report.signatures[0].intact is True
    assert [stamp.trusted for stamp in report.signatures[0].timestamps] == [False]
    assert report.signatures[0].timestamps[0].sub_indication is SubIndication.HASH_FAILURE


def test_an_unsigned_document_has_no_signature(bench: Bench) -> None:
    report = bench.validate(DOCUMENT.read_bytes())

    assert (report.overall, report.signatures, report.document_reasons) == (Overall.NO_SIGNATURE, (), ())


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("quyet-dinh.encrypted-user.pdf", ["document-encrypted"]),
        ("quyet-dinh.encrypted-owner.pdf", []),
        ("quyet-dinh.truncated.pdf", ["document-unreadable"]),
    ],
)
def test_locked_and_damaged_documents_are_named(bench: Bench, name: str, codes: list[str]) -> None:
    report = bench.validate((DOCUMENT.parent / name).read_bytes())

    assert [reason.code for reason in report.document_reasons] == codes
    assert report.overall is (Overall.INDETERMINATE if codes else Overall.NO_SIGNATURE)


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7\n", b"GIF89a", b"\0" * 5000, b"%PDF-1.7\nstartxref\n0\n%%EOF"])
def test_what_is_no_pdf_is_a_finding(bench: Bench, content: bytes) -> None:
    path = bench.write(content)

    assert validate_pdf(path, ValidationPolicy(), bench.at).overall is Overall.INDETERMINATE
    assert collect_evidence_needs(path).queries == ()


def test_damage_anywhere_never_raises_and_never_passes(bench: Bench, official: Holder, signed: bytes) -> None:
    chance = random.Random(20261123)  # noqa: S311
    policy = bench.policy(official)
    gap = GAP.search(signed)
    assert gap is not None
    for _ in range(60):
        damaged = bytearray(signed)
        for _ in range(chance.randint(1, 20)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        if chance.random() < 0.4:
            del damaged[chance.randrange(len(damaged)) :]
        if bytes(damaged[: gap.start(1)]) == signed[: gap.start(1)] and damaged[gap.end(1) :] == signed[gap.end(1) :]:
            continue
        report = bench.validate(bytes(damaged), policy)
        assert report.overall is not Overall.PASSED
        collect_evidence_needs(bench.write(bytes(damaged)))


def test_an_xref_stream_that_unpacks_without_end_is_given_up_soon(bench: Bench) -> None:
    packed = zlib.compress(b"\0" * 300_000_000, 9)
    header = f"/Type/XRef/W[1 8 8]/Size 17000000/Root 2 0 R/Filter/FlateDecode/Length {len(packed)}"
    body = b"%PDF-1.7\n1 0 obj<<" + header.encode() + b">>stream\n" + packed + b"\nendstream endobj\n"
    started = time.monotonic()

    report = bench.validate(body + b"startxref\n9\n%%EOF\n")

    assert time.monotonic() - started < 5
    assert report.overall is Overall.INDETERMINATE


def test_deep_nesting_is_a_finding(bench: Bench) -> None:
    deep = b"%PDF-1.7\n1 0 obj" + b"<</A" * 20_000 + b"\nendobj\nxref\n0 2\n0000000000 65535 f \n0000000009 00000 n \n"
    deep += b"trailer<</Root 1 0 R/Size 2>>\nstartxref\n" + str(deep.index(b"xref")).encode() + b"\n%%EOF\n"

    assert bench.validate(deep).overall is Overall.INDETERMINATE


def test_a_signed_pdf_inside_another_file_is_not_taken_for_a_signature_of_it(bench: Bench, signed: bytes) -> None:
    def attach(writer: IncrementalPdfFileWriter) -> None:
        stream = generic.StreamObject(stream_data=signed)
        names = generic.ArrayObject([generic.pdf_string("a.pdf"), writer.add_object(stream)])
        writer.root["/Attached"] = names
        writer.update_root()

    outer = update(DOCUMENT.read_bytes(), attach)

    assert b"/ByteRange" in outer
    assert bench.validate(outer).overall is Overall.NO_SIGNATURE


def test_the_signed_file_is_what_pyhanko_signed(signed: bytes) -> None:
    """The bench itself: pyHanko finds its own signature and nothing else."""
    signatures = PdfFileReader(BytesIO(signed)).embedded_signatures

    assert [s.field_name for s in signatures] == ["Signature1"]


def test_a_certified_document_allows_no_further_signature(bench: Bench, official: Holder) -> None:
    certified = bench.sign(official, certify=True, docmdp_permissions=MDPPerm.NO_CHANGES)
    seal = bench.authority.leaf("Test Seal")
    policy = bench.policy(official, seal)
    followed = update(certified, lambda writer: writer.update_root())

    assert bench.validate(certified, policy).overall is Overall.PASSED
    assert bench.validate(certified + b"% later", policy).overall is Overall.FAILED
    assert bench.validate(update(followed, replace_page), policy).overall is Overall.FAILED
    report = bench.validate(_sign_all_the_same(bench, seal, certified), policy)
    assert [s.modifications_after for s in report.signatures] == [Modifications.NOT_PERMITTED, Modifications.NONE]


def _sign_all_the_same(bench: Bench, holder: Holder, certified: bytes) -> bytes:
    """Sign as a tool would that does not look for the certification."""
    hidden = certified.replace(b"/Perms", b"/Xerms")
    signed = bench.sign(holder, source=hidden, field_name="Seal")
    return signed[: len(certified)].replace(b"/Xerms", b"/Perms") + signed[len(certified) :]


@pytest.mark.parametrize(
    ("before", "after", "sound"),
    [
        (b"/Filter/X", b"/M(now)", True),
        (b"/Contents <11>", b"", False),
        (b"", b"/Contents(other)", False),
        (b"/ByteRange[0 1 2 3]", b"", False),
        (b"/Contents<> /Reason", b"", False),
    ],
)
def test_a_dictionary_that_names_an_entry_twice_is_unsound(before: bytes, after: bytes, sound: bool) -> None:
    """Two readers may take two different ones."""
    head = b"%PDF-1.7\n5 0 obj<</Type/Sig" + before + b"/ByteRange[0 000 000 000]/Contents"
    tail = after + b">>endobj\n%%EOF\n"
    numbers = (0, len(head), len(head) + 6, len(tail))
    data = head + b"<abcd>" + tail

    assert (gap_problem(data, RawSignature(numbers, b"\xab\xcd")) is None) is sound
    assert gap_problem(data, RawSignature(numbers, b"\xab\xce")) is not None


def test_usage_rights_are_no_signature(bench: Bench, signed: bytes) -> None:
    """Reader-extended forms carry one that only unlocks functions of a viewer."""

    def as_rights(writer: IncrementalPdfFileWriter) -> None:
        value = writer.root["/AcroForm"]["/Fields"][0].raw_get("/V")
        writer.root["/AcroForm"]["/Fields"] = generic.ArrayObject([])
        writer.update_container(writer.root["/AcroForm"])
        writer.root["/Perms"] = generic.DictionaryObject({generic.pdf_name("/UR3"): value})
        writer.update_root()

    assert bench.validate(update(signed, as_rights)).overall is Overall.NO_SIGNATURE
