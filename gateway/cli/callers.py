"""`gateway callers`: units, machine clients and people."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from gateway.auth.scopes import OPERATOR_SCOPES, SCOPES
from gateway.callers import add_account, add_client, add_collection_account, add_unit
from gateway.cli.session import open_services
from payments.store.tables import HeldAt

app = typer.Typer(no_args_is_help=True, help="Units, machine clients and people who sign in.")


@app.command("add-unit")
def unit(code: str, name: str, address: str = "") -> None:
    """Add a unit; prints its id."""
    with open_services() as services, services.unit_of_work() as work:
        row = add_unit(work, code, name, address, datetime.now(UTC))
        work.commit()
    print(row.id)


@app.command("add-client")
def client(
    unit_id: str,
    name: str,
    scope: Annotated[list[str] | None, typer.Option(help="Repeat; default all but those of operators")] = None,
) -> None:
    """Add a machine client; prints its id and its secret, which is shown this once."""
    with open_services() as services, services.unit_of_work() as work:
        scopes = scope or [known for known in SCOPES if known not in OPERATOR_SCOPES]
        row, secret = add_client(work, unit_id, name, scopes, (), datetime.now(UTC))
        work.commit()
    print(f"client_id={row.id}\nclient_secret={secret}")


@app.command("add-collection-account")
def collection_account(
    unit_id: str,
    bank_bin: str,
    bank_name: str,
    account_number: str,
    account_name: str,
    at: Annotated[HeldAt, typer.Option(help="Who keeps it; given anew as treasury, its money is booked there")] = (
        HeldAt.BANK
    ),
) -> None:
    """Add the account that a unit's VietQR names and whose statements it imports."""
    now = datetime.now(UTC)
    with open_services() as services, services.unit_of_work() as work:
        add_collection_account(work, unit_id, bank_bin, bank_name, account_number, account_name, now, held_at=at)
        work.commit()
    print("Added.")


@app.command("add-account")
def account(
    unit_id: str,
    username: str,
    full_name: str,
    role: str = "auditor",
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)] = "",
) -> None:
    """Add a person who signs in with a password, asked for here and never an argument."""
    with open_services() as services, services.unit_of_work() as work:
        row = add_account(work, unit_id, username, full_name, role, password, datetime.now(UTC))
        work.commit()
    print(row.id)
