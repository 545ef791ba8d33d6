"""`gateway archive`: documents that are stamped again before their newest time-stamp ends."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from sqlalchemy import select

from gateway.archive import ArchivedDocumentUnknown, release_archived
from gateway.cli.session import open_services
from gateway.db.tables.evidence import ArchivedDocumentRow

app = typer.Typer(no_args_is_help=True, help="Look after archived documents.")


@app.command("list")
def list_archived(
    state: Annotated[str | None, typer.Option(help="kept, held or lapsed; all without it")] = None,
) -> None:
    """Print each archived document: id, document, state, next stamp, end of proof, and what stands in the way."""
    query = select(ArchivedDocumentRow).order_by(ArchivedDocumentRow.renew_at)
    if state is not None:
        query = query.where(ArchivedDocumentRow.state == state)
    with open_services() as services, services.unit_of_work(read_only=True) as work:
        for row in work.session.scalars(query):
            times = f"{row.renew_at:%Y-%m-%d} {row.provable_until:%Y-%m-%d}"
            print(row.id, row.document_id, row.state, times, row.problem_code or "-", sep="\t")


@app.command()
def release(archived_id: str, actor: Annotated[str, typer.Option(help="Who releases it")]) -> None:
    """Let a held or lapsed document be stamped again, after its cause is mended."""
    with open_services() as services, services.unit_of_work() as work:
        try:
            row = release_archived(work, archived_id, actor, datetime.now(UTC))
        except ArchivedDocumentUnknown:
            print("There is no such archived document.")
            raise typer.Exit(1) from None
        work.commit()
        print(f"{row.id} is due again.")
