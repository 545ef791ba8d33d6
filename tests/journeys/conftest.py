"""The development PKI, its tokens and a seeded database, made once; a city of its own for each test."""

import io
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import structlog

from config.logging import configure_logging
from config.settings import LimitSettings
from gateway.app import create_app
from gateway.confinement import ChildProcesses
from gateway.db import schema
from gateway.db.engine import make_engine
from gateway.db.unit_of_work import UnitOfWork
from gateway.devpki import DevPki, find_module, provision_token
from gateway.devpki.model import OFFICIAL, SEAL
from gateway.devpki.tokens import SOFTHSM_VARIABLE
from gateway.services import Services, build_services
from tests.journeys.city import City, Plan, Seed, Tokens, copy_tokens, seed
from tests.journeys.outages import Gate, Stamper, gated_pki, running_stamper
from tests.journeys.token_workers import CountingSecrets, new_worker

MakeCity = Callable[..., City]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between rounds of asking time-stamping authorities nobody here waits for a second."""
    monkeypatch.setattr("signing.timestamps.fallback.random", SimpleNamespace(uniform=lambda *_: 0.02))


@pytest.fixture(scope="session", autouse=True)
def log() -> Iterator[io.StringIO]:
    """What the application logs in this process, as it logs in production."""
    written, before = io.StringIO(), logging.getLogger().handlers
    configure_logging("INFO", written)
    yield written
    structlog.reset_defaults()
    logging.getLogger().handlers = before


@pytest.fixture(autouse=True)
def logged_here(log: io.StringIO) -> None:
    """A command that ran in this process before has sent the log elsewhere."""
    configure_logging("INFO", log)


@pytest.fixture(scope="session")
def _pki_and_gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[DevPki, Gate]]:
    with gated_pki(tmp_path_factory.mktemp("pki")) as both:
        yield both


@pytest.fixture(scope="session")
def pki(_pki_and_gate: tuple[DevPki, Gate]) -> DevPki:
    return _pki_and_gate[0]


@pytest.fixture
def gate(_pki_and_gate: tuple[DevPki, Gate]) -> Iterator[Gate]:
    """The door to the PKI's responders; open again after the test."""
    gate = _pki_and_gate[1]
    gate.asked.clear()
    yield gate
    gate.down = ()


@pytest.fixture(scope="session")
def confined() -> Iterator[ChildProcesses]:
    """The real parsing children, started once."""
    children = ChildProcesses(LimitSettings(parser_processes=2))
    children.warm_up()
    yield children
    children.close()


@pytest.fixture(scope="session")
def pictures(pki: DevPki) -> dict[str, Path]:
    return {OFFICIAL: pki.handwriting_png, SEAL: pki.seal_png}


@pytest.fixture(scope="session")
def seeded_database(
    pki: DevPki, pictures: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Seed, Path]:
    """A migrated and seeded SQLite database and its blobs, to be copied."""
    folder = tmp_path_factory.mktemp("seeded")
    path = folder / "gateway.db"
    services = build_services(Plan(folder, f"sqlite:///{path}", ()).write())
    made = prepare(services, pki, pictures)
    services.close()
    return path, made, folder / "blobs"


def prepare(services: Services, pki: DevPki, pictures: dict[str, Path]) -> Seed:
    """Migrate and seed the services' database."""
    engine = make_engine(services.settings.database_url)
    schema.upgrade(engine)
    digests = {holder: services.blobs.put_file(path).sha256 for holder, path in pictures.items()}
    with UnitOfWork(engine, lambda: None) as work:
        made = seed(work, pki, digests)
        work.commit()
    engine.dispose()
    return made


@pytest.fixture
def stamper(pki: DevPki) -> Iterator[Stamper]:
    with running_stamper(pki) as running:
        yield running


@pytest.fixture
def second_stamper(pki: DevPki) -> Iterator[Stamper]:
    with running_stamper(pki) as running:
        yield running


@contextmanager
def built_city(plan: Plan, seeded: Seed, confined: ChildProcesses) -> Iterator[City]:
    """Wire a city around a database that is there already."""
    own = build_services(plan.write())
    own.confined.close()
    services = replace(own, confined=confined)
    city = City(plan, services, create_app(services).test_client(), seeded)
    try:
        yield city
    finally:
        city.services.key_sources.close_all()
        city.services.engine.dispose()


def copy_database(seeded_database: tuple[Path, Seed, Path], folder: Path) -> str:
    """Copy the seeded database and its blobs into a folder; returns the database's address."""
    template, _, blobs = seeded_database
    shutil.copyfile(template, folder / "gateway.db")
    shutil.copytree(blobs, folder / "blobs")
    return f"sqlite:///{folder}/gateway.db"


@pytest.fixture
def make_city(
    seeded_database: tuple[Path, Seed, Path], confined: ChildProcesses, stamper: Stamper, tmp_path: Path
) -> Iterator[MakeCity]:
    """Makes a city; keyword arguments are those of Plan."""
    with ExitStack() as cities:

        def make(**more: object) -> City:
            url = copy_database(seeded_database, tmp_path)
            values = {"database_url": url, "authorities": (stamper.url,), **more}
            plan = Plan(folder=tmp_path, **values)  # type: ignore[arg-type]
            return cities.enter_context(built_city(plan, seeded_database[1], confined))

        yield make


@pytest.fixture
def city(make_city: MakeCity) -> City:
    return make_city()


@pytest.fixture(scope="session")
def made_tokens(pki: DevPki) -> tuple[Path, Path, dict[str, str]]:
    """SoftHSM2's module, a folder with the official's and the seal's token, and their PINs."""
    module = find_module()
    if module is None:
        pytest.skip("SoftHSM2 is not installed")
    provision_token(pki.folder, module)
    pins = {holder: pki.pin_file(holder).read_text(encoding="ascii").strip() for holder in (OFFICIAL, SEAL)}
    return module, pki.token_configuration_file.parent / "tokens", pins


@pytest.fixture
def tokens(made_tokens: tuple[Path, Path, dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tokens:
    module, folder, pins = made_tokens
    copied = copy_tokens(module, folder, pins, tmp_path / "softhsm")
    monkeypatch.setenv(SOFTHSM_VARIABLE, str(copied.configuration))
    return copied


@pytest.fixture
def token_city(make_city: MakeCity, tokens: Tokens) -> City:
    """A city whose official and seal sign with keys in tokens."""
    city = make_city(pkcs11_module=tokens.module)
    for holder in (OFFICIAL, SEAL):
        city.use_key(holder, tokens.uri(holder))
    return city


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of a process of the gateway's own in the city of a folder."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    return {**inherited, "GATEWAY_PROFILE_FILE": str(folder / "gateway.toml"), "PYTHONUNBUFFERED": "1"}


@pytest.fixture
def pins(token_city: City) -> CountingSecrets:
    """The reads of PINs by all workers of the city."""
    counting = CountingSecrets()
    new_worker(token_city, counting)
    return counting
