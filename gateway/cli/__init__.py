"""The operator's command line: each group of commands in a file of its own."""

import sys
from typing import Final

import typer

from gateway.cli.lazy import Listed, group_of, list_commands

COMMANDS: Final = (
    Listed(
        "sign",
        "signing:sign",
        "Sign files. Into a folder each gets a signature of its own; into a file they share one.",
    ),
    Listed(
        "augment",
        "signed_files:augment",
        "Raise every signature in signed files to a level, whoever made them. Files that cannot be raised are told.",
    ),
    Listed(
        "verify",
        "signed_files:verify",
        "Validate a signed file of any format. Ends with 0 if all is good, 1 if not, 3 if unclear, 4 if unsigned.",
    ),
    Listed("worker", "worker:run", "Work off what is due until a signal ends the process."),
    Listed(
        "demo",
        "demonstration:run",
        "Set up a small city on loopback, play a dossier's life over HTTP, and keep serving until Ctrl-C.",
    ),
    Listed("db", "database:app", "Make and check the database's schema."),
    Listed("callers", "callers:app", "Units, machine clients and people who sign in."),
    Listed("certs", "certificates:app", "Signing certificates, their keys, and trust anchors."),
    Listed("archive", "archive:app", "Look after archived documents."),
    Listed("audit", "audit:app", "Check the audit trail."),
    Listed("callbacks", "callbacks:app", "Providers' calls as they were kept."),
    Listed("fees", "fees:app", "The catalogue of fees: import and list."),
    Listed("ledger", "ledger:app", "Check and read the books."),
    Listed("receipts", "receipts:app", "Receipts: their series, and closing a year."),
    Listed("refunds", "refunds:app", "Refunds: proposed, asked for, approved by a second person, paid."),
    Listed("counter", "counter:app", "Cash and card payments at the counter, and cash on its way to the bank."),
    Listed("transfers", "transfers:app", "Providers' payouts and fees, and remittances to the treasury."),
    Listed("treasury", "treasury:app", "Notices of the State Treasury."),
    Listed("pki", "pki:app", "A development PKI; every name in it says that it is a test."),
)

app = typer.Typer(
    name="gateway",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help=__doc__,
    cls=group_of(COMMANDS),
)
list_commands(app, COMMANDS)


# Loaded once something failed: not every command has settings or a database.
def _settings_errors() -> type[Exception]:
    from config.settings import SettingsUnusable

    return SettingsUnusable


def _database_errors() -> tuple[type[Exception], ...]:
    from sqlalchemy.exc import OperationalError, ProgrammingError

    return OperationalError, ProgrammingError


def main() -> None:
    """Run a command; settings or a database that cannot be used are told as sentences, not as a traceback."""
    try:
        app()
    except SystemExit:
        raise
    except _settings_errors() as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except _database_errors():
        # The library's own message holds the whole statement.
        print(
            "Cơ sở dữ liệu không trả lời hoặc chưa được nâng cấp: chạy `python -m gateway db upgrade`. / "
            "The database does not answer or is not up to date: run `python -m gateway db upgrade`.",
            file=sys.stderr,
        )
        sys.exit(3)
