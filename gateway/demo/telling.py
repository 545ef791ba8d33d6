"""Seeds the city and tells its story; apart from what starts the processes, so that it is loaded while they start."""

import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from config.logging import configure_logging
from config.settings import load_settings
from gateway.demo.chapters import CHAPTERS
from gateway.demo.layout import Layout
from gateway.demo.listener import Listener
from gateway.demo.processes import ProcessError
from gateway.demo.processing_system import CallRefused, ProcessingSystem
from gateway.demo.seed import USERNAME, Seeded, seed
from gateway.demo.story import Story
from gateway.devpki.model import DevPki
from gateway.services import build_services


def seed_city(layout: Layout, pki: DevPki, key_sources: dict[str, str]) -> Seeded:
    """Put into the migrated database what the story needs and an earlier run did not leave there."""
    for name in [name for name in os.environ if name.startswith("GATEWAY_")]:
        del os.environ[name]
    configure_logging("ERROR")
    services = build_services(load_settings(layout.profile))
    try:
        return seed(services, layout, pki, key_sources, datetime.now(UTC))
    finally:
        services.close()


def begin_story(layout: Layout, pki: DevPki, seeded: Seeded, document: Path, in_token: bool, console: Console) -> Story:
    """Sign the processing system in, and have it told of events.

    Raises:
        ProcessError: The gateway runs, and does not take the processing system's first call.
    """
    caller = ProcessingSystem(layout.web_url, seeded.client_id, layout.secret("client-secret"))
    listener = Listener(layout.listener_port)
    hook = {"url": layout.listener_url}
    try:
        endpoint = caller.post("/v1/webhook-endpoints", hook, key=f"endpoint {layout.listener_url}")
    except CallRefused as error:
        raise ProcessError(f"the gateway refuses the processing system: {error}") from error
    listener.expect(endpoint["secret"])
    return Story(
        layout=layout,
        pki=pki,
        seeded=seeded,
        caller=caller,
        listener=listener,
        document=document,
        console=console,
        started_at=datetime.now(UTC),
        keys_in_token=in_token,
    )


def tell(story: Story, set_up_seconds: float) -> bool:
    """Play all chapters and print what there is to look at; returns whether everything held."""
    began = time.monotonic()
    for chapter in CHAPTERS:
        try:
            chapter(story)
        except CallRefused as error:
            story.check(f"the gateway takes the call in {chapter.__name__}", False, str(error))
        except (KeyError, IndexError) as error:
            story.check(f"{chapter.__name__} finds what the chapter before should have made", False, repr(error))
    _show_links(story)
    seconds = f"set-up {set_up_seconds:.1f} s, story {time.monotonic() - began:.1f} s"
    if story.failures:
        story.console.print(f"\n[red bold]{len(story.failures)} thing(s) did not hold[/red bold] ({seconds}):")
        for claim in story.failures:
            story.console.print(f"  ✗ {claim}", highlight=False)
        return False
    story.console.print(f"\n[green bold]Everything held[/green bold] ({seconds}).")
    sys.stdout.flush()
    return True


def _show_links(story: Story) -> None:
    story.link("the whole story (sign-in below)", f"/admin/dossiers/{story.dossier_code}")
    story.link("check any signed PDF", "/verify")
    story.link("API documentation", "/docs")
    story.console.print("\n[bold]Xem — to look at[/bold]")
    for title, address in story.links:
        story.console.print(f"  {title}: {address}", highlight=False, soft_wrap=True)
    password = story.layout.secret_file("auditor-password")
    story.console.print(f"  sign-in: {USERNAME}, password in {password}", highlight=False, soft_wrap=True)
    story.console.print(f"  logs: {story.layout.folder / 'logs'}", highlight=False, soft_wrap=True)
