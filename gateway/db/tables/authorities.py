"""How services of others have been doing, as the workers met them."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from config.database import UtcDateTime
from gateway.db.base import Base


class AuthorityHealthRow(Base):
    """One authority of the settings, by its name there. It belongs to no unit: it stamps for all of them alike."""

    __tablename__ = "timestamp_authority_health"

    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seconds: Mapped[float]
    """How long the newest call took."""
    stamped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the first of the failures came that no time-stamp has followed; None where the newest call was good."""
    problem_code: Mapped[str | None] = mapped_column(String(80))


class SilentServerRow(Base):
    """A server named by certificates that did not answer; it goes when it answers. What it tells is for every unit."""

    __tablename__ = "silent_servers"

    server: Mapped[str] = mapped_column(String(300), primary_key=True)
    """Scheme, host and port."""
    failures: Mapped[int]
    """How often in a row it was silent."""
    resting_until: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
