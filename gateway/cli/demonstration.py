"""`gateway demo`: one dossier's whole life on this machine."""

from pathlib import Path
from typing import Annotated

import typer

from config.loading import loading


def run(
    once: Annotated[bool, typer.Option("--once", help="End after the story; 0 only if all of it held")] = False,
    folder: Annotated[Path, typer.Option(help="Where everything is kept between runs")] = Path("var/demo"),
    document: Annotated[Path | None, typer.Option(help="A PDF of your own to be signed")] = None,
    port: Annotated[int, typer.Option(help="The gateway's port")] = 8090,
    sandbox_port: Annotated[int, typer.Option(help="The port of the sandbox of payment providers")] = 8091,
    listener_port: Annotated[int, typer.Option(help="The processing system's port")] = 8092,
    pki_port: Annotated[int, typer.Option(help="The time-stamping authority's port")] = 8093,
) -> None:
    """Set up a small city on loopback, play a dossier's life over HTTP, and keep serving until Ctrl-C."""
    # Imported here: the demonstration needs packages that production does not install (requirements-dev.txt).
    with loading():
        from gateway.demo.layout import Layout
        from gateway.demo.play import play

    layout = Layout(folder.resolve(), port, pki_port, sandbox_port, listener_port)
    raise typer.Exit(play(layout, document, once=once))
