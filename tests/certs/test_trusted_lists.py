"""What a trusted list says, its signature, and what it makes of its services: anchors by purpose and moment."""

import pickle
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree
from signxml import methods
from signxml.xades import XAdESSigner

from certs.algorithms import AlgorithmTable, parse_algorithms, shipped_algorithms
from certs.errors import (
    CertsError,
    TrustedListExpired,
    TrustedListMalformed,
    TrustedListNotNewer,
    TrustedListNotSigned,
    TrustedListSignerUnknown,
    TrustedListWrongScheme,
)
from certs.model import Purpose
from certs.path import check_path
from certs.trusted_lists.acceptance import (
    check_follows,
    check_signer,
    check_timely,
    fingerprint,
    next_signers,
    signers_after_pivot,
)
from certs.trusted_lists.model import SignedList
from certs.trusted_lists.services import listed_anchors
from signing.validation import trusted_list
from tests.certs.authority import Authority, Holder, key_usage
from tests.certs.trusted_list_maker import (
    FOR,
    OLD_STATUS,
    SERVICES,
    STATUS,
    TYPES,
    ListOrder,
    Period,
    Pointer,
    Service,
    list_xml,
    sign_list,
    signed_list,
)

DAY = timedelta(days=1)
NOW = datetime.now(UTC)
ALL = (Purpose.CITIZEN, Purpose.OFFICIAL, Purpose.ORGANISATION, Purpose.TSA)


def read_signed_list(data: bytes) -> SignedList:
    return trusted_list.read_signed_list(data, NOW)


@pytest.fixture(scope="module")
def signer(running: tuple[Authority, object]) -> Holder:
    """The scheme operator's certificate: nobody's path leads to it, it is trusted by itself."""
    return running[0].leaf("Scheme operator", usage=key_usage(digital_signature=True), addresses=None)


@pytest.fixture
def order(authority: Authority, at: datetime) -> ListOrder:
    period = Period(at - 400 * DAY)
    return ListOrder(at - DAY, services=(Service((authority.root.der,), (period,)),))


def test_a_list_is_read_as_it_was_written(authority: Authority, signer: Holder, order: ListOrder, at: datetime) -> None:
    pointer = Pointer("https://tsl.example.eu/lotl.xml", "EU", (authority.root.der,), f"{TYPES}EUlistofthelists")
    found = read_signed_list(signed_list(replace(order, pointers=(pointer,), sequence_number=7), signer))

    content = found.content
    assert found.signer_der == signer.der
    assert (content.version, content.sequence_number, content.territory) == (5, 7, "VN")
    assert content.operator_name == "Example Supervisor"
    assert (content.issued_at, content.next_update) == (at - DAY, at + 179 * DAY)
    assert content.services[0].provider_name == "Trung tâm chứng thực Ví Dụ"
    assert content.services[0].certificates_der == (authority.root.der,)
    assert (content.pointers[0].location, content.pointers[0].signer_ders) == (pointer.location, pointer.signers)
    assert not content.is_list_of_lists
    assert pickle.loads(pickle.dumps(found)) == found  # noqa: S301


def test_xmlsec1_finds_the_same_signature_good(signer: Holder, order: ListOrder, tmp_path: Path) -> None:
    (tmp_path / "list.xml").write_bytes(signed_list(order, signer))
    (tmp_path / "signer.der").write_bytes(signer.der)
    command = ["xmlsec1", "--verify", "--enabled-key-data", "raw-x509-cert", "--pubkey-cert-der", "signer.der"]
    names = (
        "http://uri.etsi.org/01903/v1.3.2#:SignedProperties",
        "http://uri.etsi.org/02231/v2#:TrustServiceStatusList",
    )
    ids = [part for name in names for part in ("--id-attr:Id", name)]
    done = subprocess.run([*command, *ids, "list.xml"], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def stolen(signed: bytes, order: ListOrder) -> bytes:
    """Another list around a signature that belongs to the first one, which goes along where nobody looks."""
    victim = etree.fromstring(signed)
    signature = victim[-1]
    victim.remove(signature)
    forged = etree.fromstring(list_xml(order))
    forged.set("Id", "forged")
    holder = etree.SubElement(signature, "{http://www.w3.org/2000/09/xmldsig#}Object")
    holder.append(victim)
    reference = signature.find(".//{http://www.w3.org/2000/09/xmldsig#}Reference")
    assert reference is not None
    reference.set("URI", "#tsl")
    forged.append(signature)
    return bytes(etree.tostring(forged))


def test_a_list_that_was_touched_or_wrapped_is_not_signed(
    signer: Holder, order: ListOrder, authority: Authority
) -> None:
    signed = signed_list(order, signer)
    other = replace(order, sequence_number=99)
    two = sign_list(signed, signer)
    hostile = {
        "content": signed.replace(b"CA/QC", b"CA/PKC"),
        "unsigned": list_xml(order),
        "wrapped": stolen(signed, other),
        "two signatures": two,
        "appended": signed.replace(
            b"</TrustServiceProviderList>", b"<TrustServiceProvider/></TrustServiceProviderList>"
        ),
        "other key": signed.replace(b"<ds:SignatureValue>", b"<ds:SignatureValue>AAAA"),
    }

    for name, data in hostile.items():
        with pytest.raises(TrustedListNotSigned):
            pytest.fail(f"{name}: {read_signed_list(data)}")


def test_a_signature_over_an_algorithm_past_its_day_is_refused_by_name(signer: Holder, order: ListOrder) -> None:
    shipped = shipped_algorithms()
    own = parse_algorithms(b"[digest.sha256]\nall = 2026-01-01\n")
    ended = AlgorithmTable({**shipped.digests, **own.digests}, shipped.keys)

    with pytest.raises(TrustedListNotSigned, match="SHA-256 was acceptable until 2026-01-01"):
        trusted_list.read_signed_list(signed_list(order, signer), NOW, ended)


def test_a_signature_over_one_element_alone_is_not_the_lists(signer: Holder, order: ListOrder) -> None:
    """What is signed is the services' element; the scheme information before it could be anything."""
    xml = list_xml(order).replace(b"<TrustServiceProviderList>", b'<TrustServiceProviderList Id="part">')
    by = XAdESSigner(method=methods.enveloped, signature_algorithm="ecdsa-sha256", digest_algorithm="sha256")
    root = by.sign(
        etree.fromstring(xml), key=signer.key, cert=[signer.certificate], reference_uri="part", id_attribute="Id"
    )

    with pytest.raises(TrustedListNotSigned):
        read_signed_list(etree.tostring(root))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no xml",
        b"<TrustServiceStatusList/>",
        b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>",
        b"<!DOCTYPE l [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;'>]><l>&c;</l>",
        b"<x>" * 5000,
        b"\xff\xfe<\x00x\x00/\x00>\x00",
        b"<x>" + b"<y/>" * 600_000 + b"</x>",
        b" " * (21 * 1024 * 1024),
    ],
)
def test_hostile_xml_is_malformed_and_nothing_is_fetched(data: bytes) -> None:
    with pytest.raises((TrustedListMalformed, TrustedListNotSigned)):
        read_signed_list(data)


@pytest.mark.parametrize(
    "change",
    [
        {"version": "4"},
        {"version": "99999999999999999999"},
        {"version": "five"},
        {"territory": "a territory that is no code"},
        {"pointers": (Pointer("https://x.example", "XX", ()),) * 201},
    ],
)
def test_a_signed_list_that_is_none_of_a_known_version_is_malformed(
    signer: Holder, order: ListOrder, change: dict[str, object]
) -> None:
    with pytest.raises(TrustedListMalformed):
        read_signed_list(signed_list(replace(order, **change), signer))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"<TSLSequenceNumber>1</TSLSequenceNumber>", b""),
        (b"<TSLSequenceNumber>1<", b"<TSLSequenceNumber>-1<"),
        (b"<ListIssueDateTime>2", b"<ListIssueDateTime>x2"),
        (b"<X509Certificate>", b"<X509Certificate>*"),
        (b"<SchemeInformation>", b"<SchemeInformation/><SchemeInformation>"),
        (b"<ServiceStatus>", b"<ServiceStatus/><ServiceStatus>"),
    ],
)
def test_a_signed_list_with_a_part_missing_doubled_or_unreadable_is_malformed(
    signer: Holder, order: ListOrder, before: bytes, after: bytes
) -> None:
    xml = list_xml(order)
    assert before in xml
    with pytest.raises(TrustedListMalformed):
        read_signed_list(sign_list(xml.replace(before, after, 1), signer))


def spans(order: ListOrder, signer: Holder, purpose: Purpose) -> list[tuple[datetime, datetime | None]]:
    content = read_signed_list(signed_list(order, signer)).content
    return [(one.anchor.trusted_from, one.anchor.trusted_until) for one in listed_anchors(content, [purpose])]


def test_history_becomes_the_times_for_which_an_anchor_is_trusted(
    authority: Authority, signer: Holder, at: datetime
) -> None:
    periods = (
        Period(at - 10 * DAY, f"{STATUS}withdrawn"),
        Period(at - 100 * DAY, f"{STATUS}granted"),
        Period(at - 500 * DAY, f"{STATUS}withdrawn"),
        Period(at - 800 * DAY, f"{OLD_STATUS}undersupervision"),
        Period(at - 900 * DAY, f"{OLD_STATUS}accredited"),
    )
    order = ListOrder(at, services=(Service((authority.root.der,), periods),))

    assert spans(order, signer, Purpose.CITIZEN) == [
        (at - 900 * DAY, at - 500 * DAY),
        (at - 100 * DAY, at - 10 * DAY),
    ]


@pytest.mark.parametrize(
    ("kind", "marks", "purposes"),
    [
        ("CA/QC", (), {Purpose.CITIZEN, Purpose.OFFICIAL, Purpose.ORGANISATION}),
        ("NationalRootCA-QC", (), {Purpose.CITIZEN, Purpose.OFFICIAL, Purpose.ORGANISATION}),
        ("CA/QC", (f"{FOR}ForeSignatures",), {Purpose.CITIZEN, Purpose.OFFICIAL}),
        ("CA/QC", (f"{FOR}ForeSeals",), {Purpose.CITIZEN, Purpose.ORGANISATION}),
        ("CA/QC", (f"{FOR}ForWebSiteAuthentication",), set()),
        ("TSA/QTST", (), {Purpose.TSA}),
        ("TSA", (), {Purpose.TSA}),
        ("Certstatus/OCSP/QC", (), set()),
        ("IdV", (), set()),
    ],
)
def test_a_service_vouches_for_what_it_is_listed_for_alone(
    authority: Authority, signer: Holder, at: datetime, kind: str, marks: tuple[str, ...], purposes: set[Purpose]
) -> None:
    period = Period(at - DAY, kind=f"{SERVICES}{kind}", marks=marks)
    order = ListOrder(at, services=(Service((authority.root.der,), (period,)),))
    content = read_signed_list(signed_list(order, signer)).content

    assert {one.anchor.purpose for one in listed_anchors(content, ALL)} == purposes
    assert listed_anchors(content, ()) == ()


@pytest.mark.parametrize("status", ["withdrawn", "deprecatedatnationallevel", "supervisionrevoked", "unheardof"])
def test_a_service_in_no_good_standing_vouches_for_nothing(
    authority: Authority, signer: Holder, at: datetime, status: str
) -> None:
    order = ListOrder(at, services=(Service((authority.root.der,), (Period(at - DAY, f"{STATUS}{status}"),)),))

    assert spans(order, signer, Purpose.CITIZEN) == []


def test_a_service_without_a_readable_certificate_gives_no_anchor_and_spoils_no_other(
    authority: Authority, signer: Holder, at: datetime
) -> None:
    period = (Period(at - DAY),)
    services = (
        Service((b"\x30\x03\x02\x01\x01",), period),
        Service((), period),
        Service((authority.root.der,), period),
    )

    assert len(spans(ListOrder(at, services=services), signer, Purpose.CITIZEN)) == 1


def test_paths_lead_to_listed_cas_only_at_the_times_of_their_good_standing(
    authority: Authority, signer: Holder, at: datetime
) -> None:
    periods = (Period(at - 30 * DAY, f"{STATUS}withdrawn"), Period(at - 200 * DAY))
    order = ListOrder(at, services=(Service((authority.issuing.der,), periods),))
    content = read_signed_list(signed_list(order, signer)).content
    anchors = [one.anchor for one in listed_anchors(content, [Purpose.CITIZEN])]
    holder = authority.leaf("Citizen")

    def passed(moment: datetime) -> bool:
        return check_path(holder.der, [], anchors, None, moment, Purpose.CITIZEN).passed

    assert passed(at - 100 * DAY)
    assert not passed(at)
    assert not passed(at - 201 * DAY)


def test_a_list_is_accepted_from_its_signer_alone_while_that_certificate_was_in_force(
    authority: Authority, signer: Holder, order: ListOrder, at: datetime
) -> None:
    found = read_signed_list(signed_list(order, signer))
    stranger = authority.leaf("Stranger")

    check_signer(found, {fingerprint(signer.der)})
    with pytest.raises(TrustedListSignerUnknown, match=fingerprint(signer.der)):
        check_signer(found, {fingerprint(stranger.der)})
    late = read_signed_list(signed_list(replace(order, issued_at=at + 400 * DAY), signer))
    with pytest.raises(TrustedListSignerUnknown, match="not valid"):
        check_signer(late, {fingerprint(signer.der)})


def test_a_list_is_in_force_from_its_issue_until_its_next_update(
    signer: Holder, order: ListOrder, at: datetime
) -> None:
    content = read_signed_list(signed_list(order, signer)).content

    check_timely(content, at)
    for moment in (order.issued_at - DAY, at + 179 * DAY):
        with pytest.raises(TrustedListExpired):
            check_timely(content, moment)
    closed = read_signed_list(signed_list(replace(order, lasts=None), signer)).content
    assert closed.next_update is None
    check_timely(closed, at + 3650 * DAY)


def test_only_a_higher_number_of_the_same_scheme_follows(signer: Holder, order: ListOrder, at: datetime) -> None:
    content = read_signed_list(signed_list(replace(order, sequence_number=5), signer)).content

    check_follows(content, "VN", 4, at - 2 * DAY)
    for number, issued_at in ((5, at - 2 * DAY), (6, at - 2 * DAY), (4, at)):
        with pytest.raises(TrustedListNotNewer):
            check_follows(content, "VN", number, issued_at)
    with pytest.raises(TrustedListWrongScheme):
        check_follows(content, "EU", 4, at - 2 * DAY)


def lotl(order: ListOrder, *signers: Holder, number: int = 1) -> ListOrder:
    own = Pointer("https://lotl.example", "EU", tuple(one.der for one in signers), f"{TYPES}EUlistofthelists")
    return replace(
        order, territory="EU", kind=own.kind, services=(), pointers=(own,) if signers else (), sequence_number=number
    )


def test_a_list_of_lists_names_its_next_signers_and_cannot_lock_itself_out(
    authority: Authority, signer: Holder, order: ListOrder
) -> None:
    other = authority.leaf("Next signer")
    trusted = frozenset({fingerprint(signer.der)})

    both = read_signed_list(signed_list(lotl(order, signer, other), signer))
    without_itself = read_signed_list(signed_list(lotl(order, other), signer))

    assert next_signers(both, trusted) == trusted | {fingerprint(other.der)}
    assert next_signers(without_itself, trusted) == trusted
    assert next_signers(read_signed_list(signed_list(order, signer)), trusted) == trusted


def test_a_pivot_hands_trust_on_only_if_a_trusted_signer_made_it(
    authority: Authority, signer: Holder, order: ListOrder
) -> None:
    other = authority.leaf("Next signer")
    pivot = read_signed_list(signed_list(lotl(order, other), signer))

    assert signers_after_pivot(pivot, {fingerprint(signer.der)}) == {fingerprint(other.der)}
    with pytest.raises(TrustedListSignerUnknown):
        signers_after_pivot(pivot, {fingerprint(other.der)})
    with pytest.raises(TrustedListSignerUnknown, match="names no signers"):
        signers_after_pivot(read_signed_list(signed_list(lotl(order), signer)), {fingerprint(signer.der)})


def test_random_damage_to_a_list_is_always_a_named_error(signer: Holder, order: ListOrder) -> None:
    signed = signed_list(order, signer)
    for place in range(0, len(signed), max(1, len(signed) // 80)):
        damaged = signed[:place] + bytes([signed[place] ^ 0x15]) + signed[place + 1 :]
        try:
            found = read_signed_list(damaged)
        except CertsError:
            continue
        # White space between tags is not part of any name or value that is read.
        assert found.content == read_signed_list(signed).content


def test_times_without_a_zone_are_utc(signer: Holder, order: ListOrder) -> None:
    xml = list_xml(replace(order, issued_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)))
    plain = xml.replace(b"2026-01-02T03:04:05Z", b"2026-01-02T03:04:05")

    assert read_signed_list(sign_list(plain, signer)).content.issued_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
