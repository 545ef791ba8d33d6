"""Making units, machine clients and local accounts."""

from datetime import datetime

from sqlalchemy import select

from config.identifiers import new_id
from gateway.auth.scopes import SCOPES
from gateway.auth.secrets_hashing import hash_secret, new_secret
from gateway.db.tables.callers import AccountRow, ApiClientRow, UnitRow
from gateway.db.unit_of_work import UnitOfWork
from gateway.refusal import ApiProblem
from payments.journeys import keep_at_treasury
from payments.money import VND, Money
from payments.providers.vietqr.payload import TransferQr, transfer_qr_text
from payments.store.tables import CollectionAccountRow, HeldAt

OPERATOR = "operator:command-line"
PASSWORD_CHARACTERS = 12


def add_unit(work: UnitOfWork, code: str, name: str, address: str, now: datetime) -> UnitRow:
    """Add a unit that is valid from now on.

    Raises:
        ApiProblem: The code is taken.
    """
    if work.session.scalars(select(UnitRow).where(UnitRow.code == code)).first():
        raise ApiProblem("unit-code-taken", code)
    row = UnitRow(id=new_id(), code=code, name=name, address=address, valid_from=now)
    work.session.add(row)
    work.audited(OPERATOR, "unit.added", row.id, row.id, now, code=code)
    return row


def add_client(
    work: UnitOfWork, unit_id: str, name: str, scopes: list[str], unit_ids: tuple[str, ...], now: datetime
) -> tuple[ApiClientRow, str]:
    """Add a machine client and return it with its secret, which is not kept.

    Raises:
        ApiProblem: A scope that does not exist, or no such unit.
    """
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown:
        raise ApiProblem("scope-unknown", ", ".join(unknown))
    check_unit(work, unit_id)
    secret = new_secret()
    row = ApiClientRow(
        id=new_id(),
        unit_id=unit_id,
        name=name,
        secret_hash=hash_secret(secret),
        scopes=scopes,
        unit_ids=[unit_id, *unit_ids],
        created_at=now,
    )
    work.session.add(row)
    work.audited(OPERATOR, "client.added", row.id, unit_id, now, name=name)
    return row, secret


def add_account(
    work: UnitOfWork, unit_id: str, username: str, full_name: str, role: str, password: str, now: datetime
) -> AccountRow:
    """Add a person who signs in with a password.

    Raises:
        ApiProblem: The password is short, the name is taken or there is no such unit.
    """
    if len(password) < PASSWORD_CHARACTERS:
        raise ApiProblem("password-too-short", f"at least {PASSWORD_CHARACTERS} characters")
    check_unit(work, unit_id)
    if work.session.scalars(select(AccountRow).where(AccountRow.username == username)).first():
        raise ApiProblem("username-taken", username)
    row = AccountRow(
        id=new_id(),
        unit_id=unit_id,
        username=username,
        full_name=full_name,
        password_hash=hash_secret(password),
        role=role,
        created_at=now,
    )
    work.session.add(row)
    work.audited(OPERATOR, "account.added", row.id, unit_id, now, username=username)
    return row


def add_collection_account(
    work: UnitOfWork,
    unit_id: str,
    bank_bin: str,
    bank_name: str,
    account_number: str,
    account_name: str,
    now: datetime,
    *,
    held_at: HeldAt = HeldAt.BANK,
) -> CollectionAccountRow:
    """Add the account into which a unit's payers transfer, valid from now on.

    Added anew as one at the treasury, what it holds is booked there from now on.

    Raises:
        ApiProblem: There is no such unit.
        QrTextUnsound: No VietQR can carry this account.
    """
    check_unit(work, unit_id)
    # Made once here, so that a mistyped account is told now and not to the first citizen.
    transfer_qr_text(TransferQr(bank_bin, account_number, Money(1000, VND), "KIEM TRA"))
    row = CollectionAccountRow(
        id=new_id(),
        unit_id=unit_id,
        bank_bin=bank_bin,
        bank_name=bank_name,
        account_number=account_number,
        account_name=account_name,
        held_at=held_at,
        valid_from=now,
    )
    work.payments.add_collection_account(row)
    if held_at is HeldAt.TREASURY:
        keep_at_treasury(work.payments, row, now=now)
    work.audited(OPERATOR, "collection-account.added", row.id, unit_id, now, account=account_number, held_at=held_at)
    return row


def check_unit(work: UnitOfWork, unit_id: str) -> None:
    """Let the id of a unit through.

    Raises:
        ApiProblem: There is no such unit.
    """
    if work.session.get(UnitRow, unit_id) is None:
        raise ApiProblem("unit-unknown", unit_id)
