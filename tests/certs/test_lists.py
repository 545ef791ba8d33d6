"""Lists in our own reader: scopes, deltas, indirect ones, hostile ones; made by another library or by hand."""

import resource
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ReasonFlags

from certs.model import PathResult, Purpose, SubIndication, TrustAnchor
from certs.path import check_path
from certs.revocation.certificate_facts import encode
from certs.revocation.crl import open_crl
from certs.revocation.crl_index import CrlIndex
from certs.revocation.der import DerUnsound
from certs.revocation.model import EvidenceItem, RevocationEvidence
from tests.certs.authority import Authority, Holder

KEY_COMPROMISE = ReasonFlags.key_compromise
Entry = tuple[int, ReasonFlags | None, x509.Name | None]


def uri(place: str) -> list[x509.GeneralName]:
    return [x509.UniformResourceIdentifier(f"http://crl.example/{place}")]


def scope(**changes: object) -> x509.IssuingDistributionPoint:
    settings: dict[str, object] = {
        "full_name": None,
        "relative_name": None,
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_some_reasons": None,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    return x509.IssuingDistributionPoint(**(settings | changes))  # type: ignore[arg-type]


def points(*listed: tuple[list[x509.GeneralName] | None, frozenset[ReasonFlags] | None]) -> x509.CRLDistributionPoints:
    return x509.CRLDistributionPoints([x509.DistributionPoint(names, None, why, None) for names, why in listed])


def make_list(
    signer: Holder,
    at: datetime,
    entries: Sequence[Entry] = (),
    *extensions: x509.ExtensionType,
    number: int = 7,
    lasts: timedelta = timedelta(days=1),
) -> bytes:
    """Sign a list; each entry is a serial number, a reason, and the certificate's issuer where it is another."""
    builder = x509.CertificateRevocationListBuilder().issuer_name(signer.certificate.subject)
    builder = builder.last_update(at).next_update(at + lasts).add_extension(x509.CRLNumber(number), False)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    for serial, reason, issuer in entries:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at - timedelta(hours=1))
        if reason is not None:
            entry = entry.add_extension(x509.CRLReason(reason), False)
        if issuer is not None:
            entry = entry.add_extension(x509.CertificateIssuer([x509.DirectoryName(issuer)]), True)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(signer.key, hashes.SHA256()).public_bytes(Encoding.DER)


class Bench:
    """An authority's certificates judged by lists alone."""

    def __init__(self, authority: Authority, anchors: tuple[TrustAnchor, ...]) -> None:
        self.authority, self.anchors = authority, anchors
        self.made_at = authority.now - timedelta(minutes=5)

    def leaf(self, extension: x509.ExtensionType | None = None) -> Holder:
        return self.authority.leaf("Leaf", addresses=None, more=[] if extension is None else [extension])

    def list(self, *entries: Entry, extensions: Sequence[x509.ExtensionType] = (), **settings: object) -> bytes:
        signer = settings.pop("signer", self.authority.issuing)
        made_at = settings.pop("at", self.made_at)
        return make_list(signer, made_at, entries, *extensions, **settings)  # type: ignore[arg-type]

    def judge(self, holder: Holder, *lists: bytes, pool: Sequence[bytes] = ()) -> PathResult:
        lists = (*lists, self.authority.crl(self.authority.root))
        evidence = RevocationEvidence(tuple(EvidenceItem("crl", der, "test") for der in lists))
        chain = [self.authority.issuing.der, *pool]
        return check_path(holder.der, chain, self.anchors, evidence, self.authority.now, Purpose.OFFICIAL)


@pytest.fixture
def bench(authority: Authority, anchors: tuple[TrustAnchor, ...]) -> Bench:
    return Bench(authority, anchors)


def serial(holder: Holder) -> int:
    return holder.certificate.serial_number


@pytest.mark.parametrize(
    ("narrowed", "counts"),
    [
        ({"only_contains_user_certs": True}, True),
        ({"only_contains_ca_certs": True}, False),
        ({"only_contains_attribute_certs": True}, False),
        ({"full_name": uri("mine")}, True),
        ({"full_name": uri("other")}, False),
        ({"full_name": [*uri("other"), *uri("mine")]}, True),
    ],
)
def test_a_partition_counts_only_for_the_certificates_that_it_is_about(
    bench: Bench, narrowed: dict[str, object], counts: bool
) -> None:
    holder = bench.leaf(points((uri("mine"), None)))
    good, revoking = (
        bench.list(*e, extensions=[scope(**narrowed)]) for e in ([], [(serial(holder), KEY_COMPROMISE, None)])
    )

    assert bench.judge(holder, good).sub_indication is (None if counts else SubIndication.TRY_LATER)
    revoked = bench.judge(holder, revoking).sub_indication
    assert revoked is (SubIndication.REVOKED_NO_POE if counts else SubIndication.TRY_LATER)


def test_lists_for_some_reasons_count_once_together_they_know_all(bench: Bench) -> None:
    every = set(ReasonFlags) - {ReasonFlags.unspecified, ReasonFlags.remove_from_crl}
    first = frozenset({ReasonFlags.key_compromise, ReasonFlags.ca_compromise})
    holder = bench.leaf()
    one, two = (
        bench.list(extensions=[scope(only_some_reasons=reasons)]) for reasons in (first, frozenset(every - first))
    )

    assert bench.judge(holder, one).sub_indication is SubIndication.TRY_LATER
    assert bench.judge(holder, two).sub_indication is SubIndication.TRY_LATER
    assert bench.judge(holder, one, two).passed
    revoking = bench.list((serial(holder), KEY_COMPROMISE, None), extensions=[scope(only_some_reasons=first)])
    assert bench.judge(holder, revoking).sub_indication is SubIndication.REVOKED_NO_POE


def test_a_delta_adds_revocations_to_its_base_and_lifts_holds(bench: Bench) -> None:
    revoked, held = bench.leaf(), bench.leaf()
    base = bench.list((serial(held), ReasonFlags.certificate_hold, None), number=7)
    delta = bench.list(
        (serial(revoked), KEY_COMPROMISE, None),
        (serial(held), ReasonFlags.remove_from_crl, None),
        extensions=[x509.DeltaCRLIndicator(7)],
        number=8,
    )

    assert bench.judge(revoked, base).passed
    assert bench.judge(revoked, base, delta).sub_indication is SubIndication.REVOKED_NO_POE
    assert bench.judge(held, base).sub_indication is SubIndication.REVOKED_NO_POE
    assert bench.judge(held, base, delta).passed


@pytest.mark.parametrize("change", ["later-base", "other-scope", "older", "stale", "stranger"])
def test_a_delta_that_does_not_build_on_the_base_lifts_nothing(bench: Bench, change: str) -> None:
    held = bench.leaf()
    base = bench.list((serial(held), ReasonFlags.certificate_hold, None), number=7)
    settings: dict[str, object] = {"number": 6 if change == "older" else 9}
    extensions: list[x509.ExtensionType] = [x509.DeltaCRLIndicator(8 if change == "later-base" else 5)]
    if change == "other-scope":
        extensions.append(scope(only_contains_user_certs=True))
    if change == "stale":
        settings |= {"at": bench.made_at - timedelta(days=3)}
    if change == "stranger":
        settings |= {"signer": bench.authority.stranger}
    delta = bench.list((serial(held), ReasonFlags.remove_from_crl, None), extensions=extensions, **settings)

    assert bench.judge(held, base, delta).sub_indication is SubIndication.REVOKED_NO_POE


def test_an_indirect_list_names_the_issuer_of_each_certificate(bench: Bench) -> None:
    """The issuer that one entry names holds for the entries after it, too. RFC 5280, 5.3.3."""
    authority = bench.authority
    lister = authority._ca("Test List Issuer", authority.root, "fine/root.crl")
    issuer = authority.issuing.certificate.subject
    place = x509.DistributionPoint(None, None, None, [x509.DirectoryName(lister.certificate.subject)])
    first, second, third = (bench.leaf(x509.CRLDistributionPoints([place])) for _ in range(3))
    entries: list[Entry] = [
        (serial(third), KEY_COMPROMISE, None),  # of the list issuer's own certificates: not ours
        (serial(first), KEY_COMPROMISE, issuer),
        (serial(second), None, None),
    ]
    indirect = bench.list(*entries, signer=lister, extensions=[scope(indirect_crl=True)])
    plain = bench.list(signer=lister)

    def judged(holder: Holder, der: bytes, pool: Sequence[bytes]) -> SubIndication | None:
        return bench.judge(holder, der, pool=pool).sub_indication

    pool = [lister.der]
    assert judged(first, indirect, pool) is SubIndication.REVOKED_NO_POE
    assert judged(second, indirect, pool) is SubIndication.REVOKED_NO_POE
    assert judged(third, indirect, pool) is None
    assert judged(third, plain, pool) is SubIndication.TRY_LATER  # does not say that it is indirect
    assert judged(third, indirect, []) is SubIndication.TRY_LATER  # nobody knows who signed it
    assert bench.judge(bench.leaf(), indirect, pool=pool).sub_indication is SubIndication.TRY_LATER


def test_an_indirect_list_by_a_revoked_or_unknown_issuer_does_not_count(bench: Bench) -> None:
    authority = bench.authority
    lister = authority._ca("Test List Issuer", authority.root, "fine/root.crl")
    stranger = authority._ca("Test List Issuer", authority.stranger, "fine/root.crl")
    place = x509.DistributionPoint(None, None, None, [x509.DirectoryName(lister.certificate.subject)])
    holder = bench.leaf(x509.CRLDistributionPoints([place]))
    lists = [bench.list(signer=one, extensions=[scope(indirect_crl=True)]) for one in (lister, stranger)]
    revoking = make_list(authority.root, bench.made_at, [(serial(lister), KEY_COMPROMISE, None)])

    assert bench.judge(holder, lists[0], pool=[lister.der]).passed
    assert not bench.judge(holder, lists[0], revoking, pool=[lister.der]).passed
    assert not bench.judge(holder, lists[1], pool=[stranger.der, lister.der]).passed


@pytest.mark.parametrize("kind", ["stale", "stranger", "unknown-critical", "future"])
def test_a_list_that_nobody_may_rely_on_leaves_the_status_open(bench: Bench, kind: str) -> None:
    holder = bench.leaf()
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.55555.1"), b"\x05\x00")
    der = {
        "stale": lambda: bench.list(at=bench.made_at - timedelta(days=9)),
        "stranger": lambda: bench.list(signer=bench.authority.stranger),
        "unknown-critical": lambda: bench.list(extensions=[unknown]),
        "future": lambda: bench.list(at=bench.authority.now + timedelta(hours=2)),
    }[kind]()
    item = EvidenceItem("crl", der, "test", open_crl(der, kind).head.this_update)
    root = EvidenceItem("crl", bench.authority.crl(bench.authority.root), "test")
    evidence = RevocationEvidence((item, root), gathered_at=bench.authority.now)

    result = check_path(
        holder.der, [bench.authority.issuing.der], bench.anchors, evidence, bench.authority.now, Purpose.OFFICIAL
    )

    assert result.sub_indication is SubIndication.TRY_LATER


def raw_list(signer: Holder, entries: bytes, at: datetime) -> bytes:
    """Sign a list around entries that no library would write."""
    empty = x509.load_der_x509_crl(make_list(signer, at))
    sequence = bytes.fromhex("30")[0]
    algorithm = bytes.fromhex("300a06082a8648ce3d040302")
    times = b"".join(encode(0x17, t.strftime("%y%m%d%H%M%SZ").encode()) for t in (at, at + timedelta(days=1)))
    body = b"\x02\x01\x01" + algorithm + empty.issuer.public_bytes() + times + encode(sequence, entries)
    signed = encode(sequence, body)
    assert isinstance(signer.key, ec.EllipticCurvePrivateKey)
    value = signer.key.sign(signed, ec.ECDSA(hashes.SHA256()))
    return encode(sequence, signed + algorithm + encode(0x03, b"\x00" + value))


DATE = b"\x17\x0d261101000000Z"


@pytest.mark.parametrize(
    "entries",
    [
        b"\x30\x7f\x02\x01\x05" + DATE,  # a length beyond the end
        b"\x30\x84\xff\xff\xff\xff\x02\x01\x05" + DATE,
        b"\x30\x80\x02\x01\x05" + DATE + b"\x00\x00",  # an indefinite length
        encode(0x30, b"\x02\x00" + DATE),  # no serial number
        encode(0x30, b"\x02\x7f\x05" + DATE),
        encode(0x30, b"\x02\x01\x05"),  # no time
        encode(0x30, b"\x04\x01\x05" + DATE),
        encode(0x30, b"\x02\x01\x05" + DATE + b"\x30\x81"),
        b"\x30",
        b"\x00" * 64,
    ],
)
def test_entries_that_lie_about_themselves_make_the_list_say_nothing(bench: Bench, entries: bytes) -> None:
    result = bench.judge(bench.leaf(), raw_list(bench.authority.issuing, entries, bench.made_at))

    assert result.sub_indication is SubIndication.TRY_LATER


def test_odd_serial_numbers_are_found_as_numbers() -> None:
    """Negative, padded, twice: the number counts, not how it is written."""
    later = b"\x17\x0d261102000000Z"
    written = [b"\x02\x01\xff" + DATE, b"\x02\x03\x00\x00\x05" + DATE, b"\x02\x01\x09" + later, b"\x02\x01\x09" + DATE]
    entries = b"".join(encode(0x30, one) for one in written)
    index = CrlIndex(entries, (0, len(entries)), b"issuer", False)

    found = {number: index.find(number, b"issuer") for number in (-1, 5, 9, 255)}

    assert found[-1] is not None
    assert found[5] is not None
    assert found[9] is not None
    assert found[9].revoked_at.day == 1
    assert found[255] is None
    assert index.find(5, b"another issuer") is None


def test_a_gigantic_extension_is_only_stepped_over(bench: Bench) -> None:
    holder = bench.leaf()
    gigantic = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.55555.1"), b"\x04" * 5_000_000)
    builder = x509.CertificateRevocationListBuilder().issuer_name(bench.authority.issuing.certificate.subject)
    builder = builder.last_update(bench.made_at).next_update(bench.made_at + timedelta(days=1))
    der = builder.add_extension(gigantic, critical=False).sign(bench.authority.issuing.key, hashes.SHA256())

    assert bench.judge(holder, der.public_bytes(Encoding.DER)).passed


def test_more_entries_than_are_indexed_make_the_list_say_nothing() -> None:
    entries = encode(0x30, b"\x02\x01\x05" + DATE) * 1_000_001

    with pytest.raises(DerUnsound, match="too many"):
        CrlIndex(entries, (0, len(entries)), b"issuer", False)


BIG_LIST = """
import hashlib, resource, sys
from certs.revocation.crl import open_crl
der, key = sys.stdin.buffer.read().split(b"#KEY#")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - len(der) // 1024
crl = open_crl(der, hashlib.sha256(der).hexdigest())
assert crl.signed_by(key)
found = [crl.find(number, crl.head.issuer) is not None for number in (10**37 + 3, 10**37 + 199_999 * 7 + 3, 10**37)]
print(found, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_two_hundred_thousand_entries_fit_in_a_hundred_mebibytes(bench: Bench) -> None:
    ending = DATE + bytes.fromhex("300c300a0603551d1504030a0101")
    numbers = (10**37 + number * 7 + 3 for number in range(200_000))
    entries = b"".join(encode(0x30, encode(0x02, number.to_bytes(16, "big")) + ending) for number in numbers)
    signer = bench.authority.issuing
    key = signer.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    given = raw_list(signer, entries, bench.made_at) + b"#KEY#" + key

    def bound() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (30, 30))

    command = [sys.executable, "-c", BIG_LIST]
    done = subprocess.run(command, input=given, capture_output=True, check=True, preexec_fn=bound)
    found, _, used = done.stdout.decode().strip().rpartition(" ")

    assert found == "[True, True, False]"
    assert int(used) < 100


def test_openssl_reads_the_same_number_of_entries(bench: Bench) -> None:
    numbers = [5, 300, 2**120 + 7]
    der = bench.list(*((number, KEY_COMPROMISE, None) for number in numbers))
    command = ["openssl", "crl", "-inform", "DER", "-text", "-noout"]
    text = subprocess.run(command, input=der, capture_output=True, check=True).stdout.decode()
    crl = open_crl(der, "openssl")

    assert text.count("Serial Number:") == sum(
        crl.find(number, crl.head.issuer) is not None for number in [*numbers, *map(sum, pairwise(numbers))]
    )
