"""People with local accounts: sign-in, and what a signed-in person may see."""

from typing import cast

import structlog
from flask import Flask, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from sqlalchemy import select

from gateway.auth.secrets_hashing import secret_matches
from gateway.db.tables.callers import AccountRow, UnitRow
from gateway.services import Services

log = structlog.get_logger()
# Auditors and operators see every unit; anyone else sees the unit they belong to.
ROLES_OF_THE_CITY = frozenset({"auditor", "operator"})


class Person:
    """Someone who signed in, as Flask-Login and the pages know them."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, account_id: str, full_name: str, unit_id: str, role: str) -> None:
        self.account_id = account_id
        self.full_name = full_name
        self.unit_id = unit_id
        self.role = role

    def get_id(self) -> str:
        """Return what the session cookie carries."""
        return self.account_id


class LocalAccounts:
    """Checks names and passwords against the table of accounts."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def authenticate(self, username: str, password: str) -> Person | None:
        """Return the person, or None for a wrong name or password: both take the same time."""
        with self._services.unit_of_work(read_only=True) as work:
            row = work.session.scalars(select(AccountRow).where(AccountRow.username == username)).first()
        usable = row if row is not None and row.disabled_at is None else None
        if not secret_matches(usable.password_hash if usable else None, password) or usable is None:
            log.warning("sign-in refused", address=request.remote_addr)
            return None
        return _person(usable)

    def load(self, account_id: str) -> Person | None:
        """Return the person of a session, unless the account was disabled since."""
        with self._services.unit_of_work(read_only=True) as work:
            row = work.session.get(AccountRow, account_id)
        return _person(row) if row is not None and row.disabled_at is None else None


def _person(row: AccountRow) -> Person:
    return Person(row.id, row.full_name, row.unit_id, row.role)


def sees_whole_city(viewer: object) -> bool:
    """Say whether a signed-in person looks after all units."""
    return cast("Person", viewer).role in ROLES_OF_THE_CITY


def visible_units(services: Services, viewer: object) -> tuple[str, ...]:
    """Return the ids of the units whose rows a signed-in person may see."""
    if not sees_whole_city(viewer):
        return (cast("Person", viewer).unit_id,)
    with services.unit_of_work(read_only=True) as work:
        return tuple(work.session.scalars(select(UnitRow.id)))


def register_accounts(app: Flask, services: Services) -> None:
    """Let people sign in, and slow down whoever guesses."""
    accounts = LocalAccounts(services)
    app.extensions["accounts"] = accounts
    manager = LoginManager(app)
    manager.session_protection = "basic"
    manager.user_loader(accounts.load)


def register_limits(app: Flask) -> None:
    """Bound what one address may ask of the doors that stand open to everybody."""
    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://", headers_enabled=True)
    limits = {"sign_in.enter": "10 per minute", "verify.upload": "30 per minute", "oauth.issue_token": "120 per minute"}
    for endpoint, limit in limits.items():
        app.view_functions[endpoint] = limiter.limit(limit)(app.view_functions[endpoint])  # type: ignore[assignment]
