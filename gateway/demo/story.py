"""One dossier's whole life, played over real HTTP, each thing that must hold checked and told."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from gateway.demo.layout import Layout
from gateway.demo.listener import Listener
from gateway.demo.processing_system import ProcessingSystem
from gateway.demo.seed import Seeded
from gateway.devpki.model import DevPki


@dataclass
class Story:
    """What the chapters share: who calls, what was made so far, and what did not hold."""

    layout: Layout
    pki: DevPki
    seeded: Seeded
    caller: ProcessingSystem
    listener: Listener
    document: Path
    console: Console
    started_at: datetime
    keys_in_token: bool
    dossier_code: str = field(default_factory=lambda: f"HS-{secrets.randbelow(10**8):08d}")
    failures: list[str] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    made: dict[str, Any] = field(default_factory=dict)

    def chapter(self, title: str) -> None:
        """Announce the next part."""
        self.console.print(f"\n[bold]{title}[/bold]")

    def check(self, claim: str, held: bool, fact: str = "") -> None:
        """Tell whether a claim held, with the fact that shows it; a claim that did not fails the story."""
        mark, note = ("[green]✓[/green]", "") if held else ("[red]✗[/red]", "  ← DID NOT HOLD")
        self.console.print(f"  {mark} {claim}{f': {fact}' if fact else ''}{note}", highlight=False, soft_wrap=True)
        if not held:
            self.failures.append(claim)

    def note(self, text: str) -> None:
        """Tell something that needs no proof."""
        self.console.print(f"    {text}", style="dim", highlight=False, soft_wrap=True)

    def link(self, title: str, path: str) -> None:
        """Remember an address to be looked at."""
        self.links.append((title, self.layout.web_url + path))


Chapter = Callable[[Story], None]
