"""Who calls the API."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Caller:
    """The machine client behind a request, and the units it may see and act for."""

    client_id: str
    name: str
    unit_id: str
    unit_ids: tuple[str, ...]

    @property
    def actor(self) -> str:
        """The client as the audit trail names it."""
        return f"client:{self.client_id}"
