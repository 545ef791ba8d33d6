"""Sets a small city up on loopback, plays the story, and keeps serving until Ctrl-C."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from config.loading import loading
from gateway.demo.layout import Layout, python_command
from gateway.demo.processes import Child, PortTaken, ProcessError, Processes, ports_free
from gateway.devpki import TokenNotProvisioned, build_pki, find_module, provision_token
from gateway.devpki.model import OFFICIAL, SEAL, DevPki

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
        with Processes(layout.folder / "logs") as processes:
            if not layout.has_database():
                _migrate(layout)
            environment = layout.environment(pki.token_configuration_file if in_token else None)
            addresses = _start_web(layout, environment, processes)
            with loading():
                # Here, because there is time for it while gunicorn loads; a third would only slow both.
                from gateway.demo.telling import begin_story, seed_city, tell
            addresses |= _start_others(layout, environment, processes)
            seeded = seed_city(layout, pki, key_sources)
            for child, address in addresses.items():
                processes.wait_until_answering(child, address, 60)
            console.print("  gunicorn, worker, sandbox of payment providers and time-stamping authority are running")
            story = begin_story(layout, pki, seeded, document or DOCUMENT, in_token, console)
            held = tell(story, time.monotonic() - started)
            story.caller.close()
            if once:
                return 0 if held else 1
            console.print("\nServing until Ctrl-C …")
            processes.wait()
    except (PortTaken, ProcessError) as error:
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


def _migrate(layout: Layout) -> None:
    with loading():
        # Here, because most runs find a database that is ready.
        from gateway.db import schema
        from gateway.db.engine import make_engine
    engine = make_engine(layout.database_url)
    schema.upgrade(engine)
    engine.dispose()
    layout.note_database()


def _start_web(layout: Layout, environment: Mapping[str, str], processes: Processes) -> dict[Child, str]:
    """Start what takes longest to load; returns where it will answer."""
    address = layout.web_url.removeprefix("http://")
    # One process of web workers is enough for one person, and starts sooner than one for each core.
    gunicorn = python_command("gunicorn", "-c", "config/gunicorn.py", "-w", "1", "-b", address, "wsgi:app")
    web = processes.start("web", gunicorn, environment=environment, folder=ROOT)
    return {web: f"{layout.web_url}/readyz"}


def _start_others(layout: Layout, environment: Mapping[str, str], processes: Processes) -> dict[Child, str]:
    """Start the worker and what stands in for the world around; returns where that will answer."""
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
    return {
        sandbox_server: f"{layout.sandbox_url}/",
        pki_server: f"{layout.pki_url}/dev/crls/root/latest.crl",
    }
