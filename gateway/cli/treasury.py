"""`gateway treasury`: notices of the State Treasury that come as files."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.callbacks.payments import settle_call
from gateway.cli.session import open_services
from payments.errors import ProviderUnknown
from payments.providers.kbnn.provider import NAME, TreasuryProvider

app = typer.Typer(no_args_is_help=True, help="Notices of the State Treasury.")
MOST_BYTES = 64 * 1024


@app.command("import")
def import_files(
    files: list[Path],
    proof_suffix: Annotated[str, typer.Option(help="What is added to a file's name for its proof")] = ".sig",
) -> None:
    """Take notices from files, each proved by the file beside it; one that was taken before changes nothing."""
    refused = 0
    with open_services() as services:
        try:
            provider = services.providers.named(NAME)
        except ProviderUnknown as error:
            print(f"{error.code}: {error}")
            raise typer.Exit(2) from None
        if not isinstance(provider, TreasuryProvider):
            raise typer.Exit(2)
        for path in files:
            try:
                content = path.read_bytes()[: MOST_BYTES + 1]
                proof = path.with_name(path.name + proof_suffix).read_text(encoding="ascii")
            except (OSError, UnicodeDecodeError) as error:
                print(f"{path}: cannot be read with its proof: {type(error).__name__}")
                refused += 1
                continue
            told = settle_call(services, provider, provider.file_call(content, proof))
            print(f"{path}: {told.body.decode()}")
            refused += told.status != 200
    if refused:
        raise typer.Exit(1)
