"""Trust anchors as two persons install them: one proposes, another compares the fingerprint and confirms."""

import hmac
from dataclasses import dataclass
from datetime import datetime

from certs.errors import AnchorFingerprintWrong
from certs.model import Purpose
from certs.store import TrustAnchorRow
from gateway.certificate_inventory import Decider
from gateway.db.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class ProposedAnchor:
    """A CA certificate, and for what and from when to when it is to be trusted; times are aware."""

    unit_id: str
    purpose: Purpose
    certificate_der: bytes
    trusted_from: datetime
    trusted_until: datetime | None = None


def propose(work: UnitOfWork, proposed: ProposedAnchor, by: Decider, now: datetime) -> TrustAnchorRow:
    """Keep an anchor that counts for nothing until a second person has confirmed it.

    Raises:
        CertificateUnreadable: It is no certificate.
    """
    row = work.certificates.install_anchor(
        unit_id=proposed.unit_id,
        purpose=proposed.purpose,
        certificate_der=proposed.certificate_der,
        installed_by=by.person,
        trusted_from=proposed.trusted_from,
        trusted_until=proposed.trusted_until,
        now=now,
    )
    details = {"sha256": row.sha256, "purpose": row.purpose, "person": by.person}
    work.audited(by.actor, "anchor.installed", row.id, row.unit_id, now, **details)
    return row


def confirm(work: UnitOfWork, anchor_id: str, fingerprint: str, by: Decider, now: datetime) -> TrustAnchorRow:
    """Let an anchor count, because a second person read the same fingerprint elsewhere.

    Args:
        fingerprint: SHA-256 in hexadecimal; colons, spaces and case do not count.
    Raises:
        AnchorUnknown: None has that id.
        AnchorNeedsSecondPerson: The person proposed it.
        AnchorFingerprintWrong: It is another certificate's; nothing was confirmed.
    """
    row = work.certificates.confirm_anchor(anchor_id, by.person, now)
    given = "".join(fingerprint.replace(":", "").split()).lower()
    if not hmac.compare_digest(row.sha256.encode(), given.encode()):
        raise AnchorFingerprintWrong("the fingerprint is not this anchor's; nothing was confirmed")
    work.audited(by.actor, "anchor.confirmed", row.id, row.unit_id, now, sha256=row.sha256, person=by.person)
    work.happened("anchor.confirmed", row.id, row.unit_id, {"purpose": row.purpose, "sha256": row.sha256}, now)
    return row


def end(
    work: UnitOfWork, anchor_id: str, trusted_until: datetime, by: Decider, reason: str, now: datetime
) -> TrustAnchorRow:
    """Stop trusting an anchor from a time on; what it vouched for earlier stays so.

    Raises:
        AnchorUnknown: None has that id.
        AnchorNeedsSecondPerson: It ends earlier already.
    """
    row = work.certificates.end_anchor(anchor_id, trusted_until)
    details = {"trusted_until": trusted_until.isoformat(), "person": by.person, "reason": reason}
    work.audited(by.actor, "anchor.ended", row.id, row.unit_id, now, **details)
    work.happened("anchor.ended", row.id, row.unit_id, {"purpose": row.purpose, "sha256": row.sha256}, now)
    return row
