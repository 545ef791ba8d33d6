"""One gateway and one sandbox for the whole matrix."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.serving import make_server

from config.confinement import InProcess
from config.settings import load_settings
from gateway.app import create_app
from gateway.auth.scopes import SCOPES
from gateway.demo.layout import LOOPBACK, Layout
from gateway.demo.processes import free_port
from gateway.sandbox.accounts import read_accounts
from gateway.sandbox.app import create_sandbox
from gateway.services import build_services
from tests.gateway.api.conftest import _machine
from tests.gateway.matrix.the_other_way import set_up_the_other_way
from tests.gateway.matrix.town import Town
from tests.postgres import fresh_database

FONTS = Path("/usr/share/fonts/truetype/liberation2")


@contextmanager
def _served(app: Flask, port: int) -> Iterator[None]:
    server = make_server(LOOPBACK, port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def town_at(folder: Path, database_url: str, *, the_other_way: bool = False) -> Iterator[Town]:
    """Stand a gateway on a migrated database, and a sandbox beside it; see the_other_way.py."""
    layout = Layout(folder, free_port(), free_port(), free_port(), free_port())
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("GATEWAY_PROFILE_FILE", raising=False)
        patch.setenv("GATEWAY_DATABASE_URL", database_url)
        layout.write_profile(None, FONTS)
        layout.write_sandbox_accounts()
        if the_other_way:
            set_up_the_other_way(layout)
        services = replace(build_services(load_settings(layout.profile)), confined=InProcess())
    # Nothing waits here: slow payments end when a test says so, refunds when they are asked about.
    config = replace(read_accounts(layout.sandbox_accounts), retry_seconds=(), slow_seconds=600, refund_seconds=0)
    sandbox, app = create_sandbox(config), create_app(services)
    with _served(sandbox, layout.sandbox_port), _served(app, layout.web_port):
        yield Town(layout, services, _machine(app, services, "H13.1", "Phường Một", list(SCOPES)))
        sandbox.extensions["courier"].stop()
    services.close()


@pytest.fixture(scope="module")
def town(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    shutil.copyfile(sqlite_template, folder / "gateway.db")
    with town_at(folder, f"sqlite:///{folder}/gateway.db") as made:
        yield made


@pytest.fixture(scope="module")
def postgres_town(postgres: str, postgres_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with (
        fresh_database(postgres, postgres_template) as url,
        town_at(tmp_path_factory.mktemp("postgres"), url, the_other_way=True) as made,
    ):
        yield made
