"""The operator's command line: each group of commands in a file of its own."""

import sys

import typer
from sqlalchemy.exc import OperationalError, ProgrammingError

from config.settings import SettingsUnusable
from gateway.cli import (
    archive,
    audit,
    callbacks,
    callers,
    certificates,
    counter,
    database,
    demonstration,
    fees,
    ledger,
    pki,
    receipts,
    refunds,
    signed_files,
    signing,
    treasury,
    worker,
)

app = typer.Typer(
    name="gateway", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__
)
app.add_typer(database.app, name="db")
app.add_typer(callers.app, name="callers")
app.add_typer(certificates.app, name="certs")
app.add_typer(archive.app, name="archive")
app.add_typer(audit.app, name="audit")
app.add_typer(callbacks.app, name="callbacks")
app.add_typer(fees.app, name="fees")
app.add_typer(ledger.app, name="ledger")
app.add_typer(receipts.app, name="receipts")
app.add_typer(refunds.app, name="refunds")
app.add_typer(counter.app, name="counter")
app.add_typer(treasury.app, name="treasury")
app.add_typer(pki.app, name="pki")
app.command("sign")(signing.sign)
app.command("augment")(signed_files.augment)
app.command("verify")(signed_files.verify)
app.command("worker")(worker.run)
app.command("demo")(demonstration.run)


def main() -> None:
    """Run a command; settings or a database that cannot be used are told as sentences, not as a traceback."""
    try:
        app()
    except SettingsUnusable as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except (OperationalError, ProgrammingError):
        # The library's own message holds the whole statement.
        print(
            "Cơ sở dữ liệu không trả lời hoặc chưa được nâng cấp: chạy `python -m gateway db upgrade`. / "
            "The database does not answer or is not up to date: run `python -m gateway db upgrade`.",
            file=sys.stderr,
        )
        sys.exit(3)
