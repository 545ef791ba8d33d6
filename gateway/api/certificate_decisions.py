"""/v1/certificates, the decisions: taking a certificate in, holding, releasing, withdrawing it, checking its key."""

from flask import Response
from pydantic import Field

from certs.errors import CertificateStateConflict
from certs.model import CertificateRole, CertificateState
from certs.reading import read_certificate_file
from gateway import certificate_inventory as inventory
from gateway.api import certificates
from gateway.api.certificates import CertificateOut, CertificatePath, get_certificate, render
from gateway.api.signing_requests import StrictBody
from gateway.api.writing import Answer, caller, now, services, write_once
from gateway.auth.oauth import authorised
from gateway.certificate_inventory import SELF_CHECK_TASK, Decider, NewCertificate
from gateway.db.unit_of_work import UnitOfWork
from gateway.key_holds import KEY_NOT_PROVED
from gateway.signing_requests import release_certificate
from signing.errors.keys import KeySourceNotServedYet
from signing.key_sources.uri import is_server_side

# With the reads: one path of the OpenAPI document has one blueprint.
blueprint = certificates.blueprint
PEM_CHARACTERS = 200_000


class ActorIn(StrictBody):
    """The person who decides; rules that need two persons compare their names."""

    actor: str = Field(..., min_length=1, max_length=200, pattern=r"\S", examples=["Nguyễn Văn An"])


class DecisionIn(ActorIn):
    """A person's decision, and why."""

    reason: str = Field(..., min_length=1, max_length=1000)


class WithdrawalIn(DecisionIn):
    """The end of a certificate's use."""

    replaced_by: str | None = Field(None, max_length=36, description="The id of the certificate that takes over")


class ProfilesIn(ActorIn):
    """What a certificate may be used for."""

    allowed_profiles: list[str] = Field(..., max_length=50, description="Empty: every profile of its role")


class CertificateIn(ActorIn):
    """A certificate to take into the inventory. It never carries a PIN: key_source says where one is read from."""

    role: CertificateRole
    certificate: str = Field(..., max_length=PEM_CHARACTERS, description="PEM; issuers may follow, nearest first")
    key_source: str = Field(
        ...,
        max_length=1000,
        examples=["pkcs11:token=seal;object=signing?pin-source=file:/run/pins/seal", "desk:serial=5404A0B1"],
        description="pkcs11: (RFC 7512), pkcs12:, desk:serial=… or csc:SERVICE;credential=…",
    )
    label: str | None = Field(None, min_length=1, max_length=200)
    allowed_profiles: list[str] = Field(default_factory=list, max_length=50, description="Empty: all of its role")
    replaces: str | None = Field(None, max_length=36, description="The id of the certificate that it takes over from")


def decider(person: str) -> Decider:
    """Return who acts: the client for the audit trail, the person for rules about two persons."""
    return Decider(caller().actor, person)


@blueprint.post("/certificates", summary="Take a certificate in", responses={201: CertificateOut})
@authorised("certificates:write")
def take_in(body: CertificateIn) -> Response:
    """Keep a certificate with its chain and its key's address.

    A key of the gateway's own must first sign a nonce: until a worker had it do so, the certificate is on hold with the
    code `key-not-proved`. Only then the certificate that it replaces is withdrawn.
    """
    ders = services().confined.run(read_certificate_file, body.certificate.encode())
    new = NewCertificate(
        unit_id=caller().unit_id,
        label=body.label or f"{body.role.value} {now():%Y-%m-%d}",
        role=body.role,
        certificate_der=ders[0],
        chain_ders=ders[1:],
        key_source_uri=body.key_source,
        allowed_profiles=tuple(body.allowed_profiles),
        replaces=body.replaces,
    )

    def keep(work: UnitOfWork) -> Answer:
        if body.replaces is not None:
            get_certificate(work, body.replaces)
        by = decider(body.actor)
        return render(inventory.take_in(work, new, services().profiles, by, now(), key_proved=False)), 201

    return write_once(body, keep)


@blueprint.post(
    "/certificates/<certificate_id>/hold", summary="Put a certificate on hold", responses={200: CertificateOut}
)
@authorised("certificates:write")
def hold(path: CertificatePath, body: DecisionIn) -> Response:
    """Stop use of a certificate for a while; another person has to release it. Steps that need it wait."""

    def decide(work: UnitOfWork) -> Answer:
        row = get_certificate(work, path.certificate_id)
        return render(inventory.hold(work, row.id, decider(body.actor), body.reason, now())), 200

    return write_once(body, decide)


@blueprint.post(
    "/certificates/<certificate_id>/release", summary="Release a certificate", responses={200: CertificateOut}
)
@authorised("certificates:write")
def release(path: CertificatePath, body: ActorIn) -> Response:
    """Lift a hold once its cause is mended; what waited goes on.

    A hold after a refused PIN is lifted by anyone, for all certificates with that PIN; a hold that a person decided, by
    another person.
    """

    def decide(work: UnitOfWork) -> Answer:
        row = get_certificate(work, path.certificate_id)
        release_certificate(work, row.id, caller().actor, now(), person=body.actor)
        return render(row), 200

    return write_once(body, decide)


@blueprint.post(
    "/certificates/<certificate_id>/withdraw", summary="Withdraw a certificate", responses={200: CertificateOut}
)
@authorised("certificates:write")
def withdraw(path: CertificatePath, body: WithdrawalIn) -> Response:
    """End use of a certificate for good, naming its successor where it has one."""

    def decide(work: UnitOfWork) -> Answer:
        row = get_certificate(work, path.certificate_id)
        if body.replaced_by is not None:
            get_certificate(work, body.replaced_by)
        by = decider(body.actor)
        return render(inventory.withdraw(work, row.id, body.replaced_by, by, body.reason, now())), 200

    return write_once(body, decide)


@blueprint.post(
    "/certificates/<certificate_id>/profiles", summary="Set what it may be used for", responses={200: CertificateOut}
)
@authorised("certificates:write")
def allow(path: CertificatePath, body: ProfilesIn) -> Response:
    """Say for which signing profiles a certificate may be used; any other is refused before its PIN is."""

    def decide(work: UnitOfWork) -> Answer:
        row = get_certificate(work, path.certificate_id)
        by, profiles = decider(body.actor), services().profiles
        return render(inventory.allow_profiles(work, row.id, body.allowed_profiles, profiles, by, now())), 200

    return write_once(body, decide)


@blueprint.post(
    "/certificates/<certificate_id>/self-check", summary="Have a key checked now", responses={202: CertificateOut}
)
@authorised("certificates:write")
def self_check(path: CertificatePath, body: ActorIn) -> Response:
    """Let a worker have the key sign a nonce; read the outcome in self_checked_at and self_check_code."""

    def ask(work: UnitOfWork) -> Answer:
        row = get_certificate(work, path.certificate_id)
        if row.state != CertificateState.ACTIVE and row.hold_code != KEY_NOT_PROVED:
            raise CertificateStateConflict("the PIN of a key that is held or withdrawn is not tried")
        if not is_server_side(row.key_source_uri):
            raise KeySourceNotServedYet("the key is not the gateway's own")
        work.due(SELF_CHECK_TASK, row.id, row.unit_id, now())
        work.audited(caller().actor, "certificate.self-check-asked", row.id, row.unit_id, now(), person=body.actor)
        return render(row), 202

    return write_once(body, ask)
