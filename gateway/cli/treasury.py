"""`gateway treasury`: notices of the State Treasury that come as files."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.callbacks.payments import BODY_BYTES, settle_call
from gateway.cli.refusals import told
from gateway.cli.session import open_services
from payments.errors import ProviderUnknown
from payments.providers.kbnn.provider import NAME, TreasuryProvider

app = typer.Typer(no_args_is_help=True, help="Notices of the State Treasury.")
PROOF_BYTES = 16 * 1024


class _Unfit(Exception):
    """A file that no notice can be read from; says so in both languages."""


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
            print(told(error.code, str(error)))
            raise typer.Exit(2) from None
        if not isinstance(provider, TreasuryProvider):
            raise typer.Exit(2)
        for path in files:
            try:
                content = _read(path, BODY_BYTES)
                proof = _read(path.with_name(path.name + proof_suffix), PROOF_BYTES).decode("ascii", "replace")
            except _Unfit as error:
                print(error)
                refused += 1
                continue
            answer = settle_call(services, provider, provider.file_call(content, proof))
            print(f"{path}: {answer.body.decode()}")
            refused += answer.status != 200
    if refused:
        raise typer.Exit(1)


def _read(path: Path, most_bytes: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(most_bytes + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise _Unfit(f"{path}: Không đọc được tệp / The file cannot be read ({reason})") from None
    if len(content) > most_bytes:
        raise _Unfit(f"{path}: Tệp lớn hơn {most_bytes:,} byte / The file is larger than {most_bytes:,} bytes")
    return content
