"""Authorities that certify each other, forged ones by the dozen, and what constrains a path: each ends, and rightly.

Without the bound the library needs longer than the age of the universe for some of these; a test that hangs has failed.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from pyhanko_certvalidator.policy_decl import PKIXValidationParams

from certs.model import PathResult, Purpose, SubIndication, TrustAnchor
from certs.path import check_path
from certs.path_candidates import anchors_to_reach
from certs.revocation.model import EvidenceItem, RevocationEvidence
from tests.certs.authority import CA_USAGE, SIGNING_USAGE, Authority, Holder

pytestmark = pytest.mark.timeout(60)
POLICY = x509.ObjectIdentifier("1.3.6.1.4.1.99999.1")


class Maker:
    """Makes authorities and what they certify; names and keys may be used again."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def ca(
        self, name: str, issuer: Holder | None = None, *more: x509.ExtensionType, of: Holder | None = None
    ) -> Holder:
        """Return a CA: a new one, or a certificate for the name and key of another."""
        constraints = [one for one in more if isinstance(one, x509.BasicConstraints)] or [
            x509.BasicConstraints(True, None)
        ]
        others = [one for one in more if not isinstance(one, x509.BasicConstraints)]
        return self._issue(name, issuer, [*constraints, CA_USAGE, *others], of)

    def leaf(self, issuer: Holder, *more: x509.ExtensionType, name: str = "Nguyễn Văn Ví Dụ") -> Holder:
        return self._issue(name, issuer, [x509.BasicConstraints(False, None), SIGNING_USAGE, *more], None)

    def _issue(
        self, name: str, issuer: Holder | None, extensions: Sequence[x509.ExtensionType], of: Holder | None
    ) -> Holder:
        key = of.key if of else ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name(
            [x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"), x509.NameAttribute(NameOID.COMMON_NAME, name)]
        )
        builder = x509.CertificateBuilder().subject_name(subject).public_key(key.public_key())
        builder = builder.issuer_name(issuer.certificate.subject if issuer else subject)
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(self.now - timedelta(days=9)).not_valid_after(self.now + timedelta(days=9))
        for extension in extensions:
            builder = builder.add_extension(extension, critical=True)
        return Holder(builder.sign((issuer or Holder(None, key)).key, hashes.SHA256()), key)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def make(running: tuple[Authority, object]) -> Maker:
    return Maker(running[0].now)


def judged(
    leaf: Holder, pool: Sequence[Holder], root: Holder, now: datetime, policies: PKIXValidationParams | None = None
) -> PathResult:
    anchors = [TrustAnchor(root.der, Purpose.OFFICIAL, now - timedelta(days=100))]
    return check_path(leaf.der, [one.der for one in pool], anchors, None, now, Purpose.OFFICIAL, policies)


def mesh(make: Maker, cas: Sequence[Holder], *, forged: bool = False) -> list[Holder]:
    """Each of the CAs certifies each other one; a forged mesh has the names and not the signatures."""
    signers = [Holder(ca.certificate, ec.generate_private_key(ec.SECP256R1())) for ca in cas] if forged else cas
    return [
        make.ca(_name(ca), signer, of=ca)
        for number, signer in enumerate(signers)
        for other, ca in enumerate(cas)
        if number != other
    ]


def _name(holder: Holder) -> str:
    return str(holder.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


@pytest.mark.parametrize("forged", [False, True])
def test_a_mesh_that_leads_to_no_anchor_ends_as_no_chain(make: Maker, at: datetime, forged: bool) -> None:
    cas = [make.ca(f"Mesh {number}") for number in range(8)]

    result = judged(make.leaf(cas[0]), mesh(make, cas, forged=forged), make.ca("Root"), at)

    assert result.sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND


@pytest.mark.parametrize("forged", [False, True])
def test_a_mesh_does_not_hide_the_way_to_the_anchor(make: Maker, at: datetime, forged: bool) -> None:
    root, cas = make.ca("Root"), [make.ca(f"Mesh {number}") for number in range(7)]
    entrance = make.ca(_name(cas[0]), root, of=cas[0])
    leaf = make.leaf(cas[0])

    result = judged(leaf, [*mesh(make, cas, forged=forged), entrance], root, at)

    assert result.passed
    assert result.path_der == (leaf.der, entrance.der, root.der)


def test_a_way_through_another_authority_is_found_in_a_mesh(make: Maker, at: datetime) -> None:
    root, cas = make.ca("Root"), [make.ca(f"Mesh {number}") for number in range(7)]
    entrance = make.ca(_name(cas[6]), root, of=cas[6])

    result = judged(make.leaf(cas[0]), [*mesh(make, cas), entrance], root, at)

    assert result.passed
    assert len(result.path_der) == 4


def test_sixty_certificates_of_one_name_hide_the_right_one_from_nobody(make: Maker, at: datetime) -> None:
    root = make.ca("Root")
    right = make.ca("Issuing", root)
    stranger = make.ca("Root")
    wrong = [make.ca("Issuing", stranger) for _ in range(60)]
    leaf = make.leaf(right)

    assert judged(leaf, [*wrong, right], root, at).path_der == (leaf.der, right.der, root.der)


def test_a_loop_of_two_authorities_ends(make: Maker, at: datetime) -> None:
    one, two = make.ca("One"), make.ca("Two")
    loop = [make.ca("One", two, of=one), make.ca("Two", one, of=two)]

    assert judged(make.leaf(one), loop, make.ca("Root"), at).sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND


def test_a_chain_of_forty_authorities_is_followed_as_far_as_each_allows(make: Maker, at: datetime) -> None:
    root = make.ca("Root")
    chain = [make.ca("CA 0", root)]
    for number in range(1, 40):
        chain.append(make.ca(f"CA {number}", chain[-1]))
    assert judged(make.leaf(chain[-1]), chain, root, at).passed

    short = make.ca("CA 0", root, x509.BasicConstraints(True, 3), of=chain[0])
    assert not judged(make.leaf(chain[-1]), [short, *chain[1:]], root, at).passed


def test_name_constraints_of_an_authority_bind_what_stands_below(make: Maker, at: datetime) -> None:
    root = make.ca("Root")
    ours = x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "VN")]))
    theirs = x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "XX")]))
    allowed = make.ca("Constrained", root, x509.NameConstraints([ours], None))
    other = make.ca("Constrained elsewhere", root, x509.NameConstraints([theirs], None))
    excluded = make.ca("Excluding", root, x509.NameConstraints(None, [ours]))

    assert judged(make.leaf(allowed), [allowed], root, at).passed
    for ca in (other, excluded):
        result = judged(make.leaf(ca), [ca], root, at)
        assert result.sub_indication is SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE


def test_a_policy_that_is_demanded_must_stand_on_the_whole_path(make: Maker, at: datetime) -> None:
    root = make.ca("Root")
    policies = x509.CertificatePolicies([x509.PolicyInformation(POLICY, None)])
    demanding = make.ca("Demanding", root, policies, x509.PolicyConstraints(0, None))
    wanted = PKIXValidationParams(
        user_initial_policy_set=frozenset({POLICY.dotted_string}), initial_explicit_policy=True
    )

    assert judged(make.leaf(demanding, policies), [demanding], root, at).passed
    assert not judged(make.leaf(demanding), [demanding], root, at).passed
    assert judged(make.leaf(demanding, policies), [demanding], root, at, wanted).passed
    silent = make.ca("Silent", root)
    assert judged(make.leaf(silent), [silent], root, at).passed
    assert not judged(make.leaf(silent), [silent], root, at, wanted).passed


def test_a_certificate_that_is_no_authoritys_certifies_nobody(make: Maker, at: datetime) -> None:
    root = make.ca("Root")
    person = make.leaf(root, name="A person")
    signs_only = make._issue("Signs only", root, [x509.BasicConstraints(True, None), SIGNING_USAGE], None)

    for issuer in (person, signs_only):
        assert not judged(make.leaf(issuer), [issuer], root, at).passed


def test_what_an_anchor_itself_certified_needs_no_pool(make: Maker, at: datetime) -> None:
    root = make.ca("Root")
    leaf = make.leaf(root)
    assert judged(leaf, [], root, at).path_der == (leaf.der, root.der)
    assert leaf.certificate.public_bytes(Encoding.DER) == leaf.der


def test_a_mesh_whose_only_entrance_is_unsound_ends_with_that_finding(make: Maker, at: datetime) -> None:
    root, cas = make.ca("Root"), [make.ca(f"Mesh {number}") for number in range(7)]
    elsewhere = x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "XX")]))
    entrance = make.ca(_name(cas[6]), root, x509.NameConstraints([elsewhere], None), of=cas[6])

    result = judged(make.leaf(cas[0]), [*mesh(make, cas), entrance], root, at)

    assert result.sub_indication is SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE


def test_the_certificates_of_many_other_signers_hide_no_issuer_and_no_answer(
    make: Maker, authority: Authority, anchors: tuple[TrustAnchor, ...], at: datetime
) -> None:
    """A file that three hundred officials signed brings all their certificates and answers."""
    leaf = authority.leaf("Nguyễn Văn Ví Dụ")
    others = [authority.leaf(f"Official {number}") for number in range(300)]
    answers = [EvidenceItem("ocsp", authority.ocsp(one.certificate), "file") for one in (*others, leaf)]
    evidence = RevocationEvidence((*answers, EvidenceItem("crl", authority.crl(authority.root), "file")))
    pool = [*(one.der for one in others), authority.issuing.der]

    result = check_path(leaf.der, pool, anchors, evidence, at, Purpose.OFFICIAL)

    assert result.passed, result.fact
    assert result.revocation.status == "good"


def test_of_many_listed_anchors_only_those_are_looked_at_that_the_chain_names(make: Maker, at: datetime) -> None:
    """The case and the spacing of a name do not count. Source: RFC 5280, 7.1."""
    root = make.ca("Example  ROOT")
    issuing = make.ca("Issuing", make.ca("example root", of=root))
    leaf = make.leaf(issuing)
    others = [make.ca(f"Listed {number}").der for number in range(20)]

    reached = anchors_to_reach(leaf.der, [b"garbage", issuing.der], [*others, root.der, b"garbage"])

    assert reached == (root.der,)
    assert anchors_to_reach(root.der, [], [*others, root.der]) == (root.der,)
    assert anchors_to_reach(b"garbage", [], others) == ()
