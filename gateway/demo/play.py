"""Sets a small city up on loopback, plays the story, and keeps serving until Ctrl-C."""

import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from config.logging import configure_logging
from config.settings import load_settings
from gateway.db import schema
from gateway.demo.chapters import CHAPTERS
from gateway.demo.layout import Layout, python_command
from gateway.demo.listener import Listener
from gateway.demo.processes import PortTaken, ProcessError, Processes, ports_free
from gateway.demo.processing_system import CallRefused, ProcessingSystem
from gateway.demo.seed import USERNAME, Seeded, seed
from gateway.demo.story import Story
from gateway.devpki import TokenNotProvisioned, build_pki, find_module, provision_token
from gateway.devpki.model import OFFICIAL, SEAL, DevPki
from gateway.services import build_services

ROOT = Path(__file__).parents[2]
DOCUMENT = Path(__file__).with_name("quyet-dinh.pdf")
FONTS_FOLDER = Path("/usr/share/fonts/truetype/liberation2")


def play(layout: Layout, document: Path | None, *, once: bool) -> int:
    """Play the story; returns the exit status: 0 if all of it held, 1 if not, 2 if it could not start."""
    console = Console()
    started = time.monotonic()
    try:
        ports_free(layout.ports())
        pki, key_sources, in_token = _prepare(layout, console)
        seeded = _seed(layout, pki, key_sources, in_token)
        with Processes(layout.folder / "logs") as processes:
            _start(layout, pki if in_token else None, processes, console)
            story = _story(layout, pki, seeded, document or DOCUMENT, in_token, console)
            held = _tell(story, time.monotonic() - started)
            story.caller.close()
            if once:
                return 0 if held else 1
            console.print("\nServing until Ctrl-C …")
            processes.wait()
    except (PortTaken, ProcessError, CallRefused) as error:
        console.print(str(error), style="red", highlight=False, soft_wrap=True)
        return 2
    except KeyboardInterrupt:
        console.print("\nStopped; nothing is left running.")
    return 0


def _prepare(layout: Layout, console: Console) -> tuple[DevPki, dict[str, str], bool]:
    console.print("[bold]Chuẩn bị — setting up[/bold]")
    pki = build_pki(layout.pki_folder, datetime.now(UTC), address=layout.pki_url, fonts_folder=FONTS_FOLDER)
    console.print(f"  development PKI (test only), good until {pki.valid_until:%Y-%m-%d}")
    module = find_module()
    in_token = False
    key_sources = {holder: pki.pkcs12_uri(holder) for holder in (OFFICIAL, SEAL)}
    if module is not None:
        try:
            key_sources, in_token = provision_token(layout.pki_folder, module), True
            console.print("  keys of official and seal in two SoftHSM2 tokens (PKCS#11)")
        except TokenNotProvisioned as error:
            console.print(f"  SoftHSM2 refused ({error}): PKCS#12 files stand in", style="yellow")
    else:
        console.print("  SoftHSM2 is not installed: PKCS#12 files stand in for tokens", style="yellow")
    layout.write_profile(module if in_token else None, FONTS_FOLDER)
    layout.write_sandbox_accounts()
    return pki, key_sources, in_token


def _seed(layout: Layout, pki: DevPki, key_sources: dict[str, str], in_token: bool) -> Seeded:
    for name in [name for name in os.environ if name.startswith("GATEWAY_")]:
        del os.environ[name]
    configure_logging("ERROR")
    settings = load_settings(layout.profile)
    services = build_services(settings)
    try:
        schema.upgrade(services.engine)
        return seed(services, layout, pki, key_sources, datetime.now(UTC))
    finally:
        services.close()


def _start(layout: Layout, pki: DevPki | None, processes: Processes, console: Console) -> None:
    environment = layout.environment(pki.token_configuration_file if pki else None)
    pki_server = processes.start(
        "pki",
        python_command("gateway.devpki.serve", "--folder", str(layout.pki_folder), "--port", str(layout.pki_port)),
        environment=environment,
    )
    sandbox_server = processes.start(
        "sandbox",
        python_command(
            *("gateway.sandbox", "--port", str(layout.sandbox_port), "--accounts", str(layout.sandbox_accounts))
        ),
        environment=environment,
    )
    processes.start("worker", python_command("gateway", "worker"), environment=environment, folder=ROOT)
    address = layout.web_url.removeprefix("http://")
    # One process of web workers is enough for one person, and starts sooner than one for each core.
    gunicorn = python_command("gunicorn", "-c", "config/gunicorn.py", "-w", "1", "-b", address, "wsgi:app")
    web = processes.start("web", gunicorn, environment=environment, folder=ROOT)
    processes.wait_until_answering(web, f"{layout.web_url}/readyz", 60)
    processes.wait_until_answering(sandbox_server, f"{layout.sandbox_url}/")
    processes.wait_until_answering(pki_server, f"{layout.pki_url}/dev/crls/root/latest.crl")
    console.print("  gunicorn, worker, sandbox of payment providers and time-stamping authority are running")


def _story(layout: Layout, pki: DevPki, seeded: Seeded, document: Path, in_token: bool, console: Console) -> Story:
    caller = ProcessingSystem(layout.web_url, seeded.client_id, layout.secret("client-secret"))
    listener = Listener(layout.listener_port)
    endpoint = caller.post("/v1/webhook-endpoints", {"url": layout.listener_url}, key=f"endpoint {layout.listener_url}")
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


def _tell(story: Story, set_up_seconds: float) -> bool:
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
