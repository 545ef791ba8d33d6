"""`gateway certs algorithms`: until when digests and keys are acceptable here."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from certs.algorithms import AlgorithmTable, AlgorithmUse, Lifetime
from certs.key_descriptions import shown_digest
from gateway.cli.certificates.reading import app
from gateway.cli.session import open_services


@app.command()
def algorithms(as_json: Annotated[bool, typer.Option("--json", help="Machine-readable")] = False) -> None:
    """Show the last day of each digest and key size for each use, as the settings have it."""
    with open_services() as services:
        rows = _rows(services.algorithms)
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    table = Table("", *AlgorithmUse)
    for row in rows:
        table.add_row(*row.values())
    Console().print(table)


def _rows(table: AlgorithmTable) -> list[dict[str, str]]:
    digests = [(shown_digest(name), lifetime) for name, lifetime in table.digests.items()]
    keys = [
        (f"{family} from {step.from_bits} bits", step.lifetime)
        for family, steps in table.keys.items()
        for step in steps
    ]
    return [{"algorithm": name, **_ends(lifetime)} for name, lifetime in (*digests, *keys)]


def _ends(lifetime: Lifetime) -> dict[str, str]:
    return {use.value: str(lifetime.ends[use]) for use in AlgorithmUse}
