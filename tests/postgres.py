"""Finds a PostgreSQL server for the tests, or starts one of Debian's own for as long as they run."""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from gateway.demo.processes import end_with_parent, free_port

_DRIVER = "postgresql+psycopg"
_DEFAULT_SERVER = "postgresql://postgres@127.0.0.1:5432/postgres"
_CONNECT_TIMEOUT_SECONDS = 2
_START_TIMEOUT_SECONDS = 30
# Debian keeps the server's programs outside PATH, one folder for each version.
_DEBIAN_PROGRAMS = Path("/usr/lib/postgresql")
# The account that Debian's package makes; PostgreSQL refuses to run as root.
_ACCOUNT = "postgres"
_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
_ROOM_BYTES = 2 * 1024**3
# The template of an empty database.
EMPTY = "template0"
# Nothing in these databases outlives the tests, so no byte of it must reach the disk.
_SPEED = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "max_connections=200",
    "shared_buffers=64MB",
)


class PostgresUnavailable(Exception):
    """No server answered and none could be started; the message says what to install."""


@contextmanager
def postgres_server() -> Iterator[str]:
    """Yield a server's address, as SQLAlchemy writes it, with a role that may create databases.

    First what DATABASE_URL names, then 127.0.0.1:5432 (role and password from PGUSER and PGPASSWORD, else postgres
    without one), else a server of our own, started on a free loopback port and gone afterwards with all it held.

    Raises:
        PostgresUnavailable: There is none, and Debian's package postgresql is not installed or will not start.
    """
    found = _find_running()
    if found is not None:
        yield found.render_as_string(hide_password=False)
        return
    with (
        tempfile.TemporaryDirectory(prefix="gateway-postgres-", dir=_roomy_memory()) as name,
        _own_server(Path(name)) as own,
    ):
        yield own.render_as_string(hide_password=False)


@contextmanager
def durable_server(folder: Path) -> Iterator[str]:
    """Yield the address of a server of our own whose commits reach the disk that the folder is on, for measuring."""
    folder.chmod(0o755)
    with tempfile.TemporaryDirectory(prefix="postgres-", dir=folder) as name, _own_server(Path(name), ()) as own:
        yield own.render_as_string(hide_password=False)


def _roomy_memory() -> Path | None:
    """Return a folder in memory: a database is 300 files, and copying them there is ten times as quick as on a disk."""
    if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM_BYTES:
        return _MEMORY
    return None


@contextmanager
def fresh_database(server_url: str, template: str = EMPTY) -> Iterator[str]:
    """Yield the address of a copy of a template; it is dropped afterwards, whoever is still connected."""
    server = make_url(server_url)
    name = f"gateway_test_{secrets.token_hex(6)}"
    copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} ENCODING 'UTF8'")
    _execute(server, copy.format(sql.Identifier(name), sql.Identifier(template)))
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        _execute(server, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _execute(server: URL, statement: sql.Composed) -> None:
    with connect(server) as connection:
        connection.execute(statement)


def connect(server: URL) -> psycopg.Connection:
    """Open a connection in which each statement is a transaction of its own."""
    plain = server.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True, connect_timeout=_CONNECT_TIMEOUT_SECONDS)


def _find_running() -> URL | None:
    default = make_url(_DEFAULT_SERVER).set(
        username=os.environ.get("PGUSER", _ACCOUNT), password=os.environ.get("PGPASSWORD")
    )
    named = os.environ.get("DATABASE_URL", "")
    candidates = [make_url(named)] if named.startswith("postgres") else []
    for candidate in (*candidates, default):
        server = candidate.set(drivername=_DRIVER)
        if _may_create_databases(server):
            return server
    return None


def _may_create_databases(server: URL) -> bool:
    question = "SELECT rolsuper OR rolcreatedb FROM pg_roles WHERE rolname = current_user"
    try:
        with connect(server) as connection:
            row = connection.execute(question).fetchone()
    except psycopg.Error:
        return False
    return row is not None and bool(row[0])


@contextmanager
def _own_server(folder: Path, speed: tuple[str, ...] = _SPEED) -> Iterator[URL]:
    programs = _find_programs()
    account = _ACCOUNT if os.geteuid() == 0 else None
    password = secrets.token_urlsafe(24)
    _make_cluster(programs, folder, account, password)
    server = URL.create(_DRIVER, _ACCOUNT, password, "127.0.0.1", free_port(), "postgres")
    process = _start(programs, folder, account, server, speed)
    try:
        _wait_until_answering(process, server, folder)
        yield server
    finally:
        # SIGINT: close connections, write nothing more than needed, end ("fast" shutdown).
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _find_programs() -> Path:
    versions = [path for path in _DEBIAN_PROGRAMS.glob("*/bin") if (path / "initdb").exists()]
    if versions:
        return max(versions, key=lambda path: float(path.parent.name))
    on_path = shutil.which("initdb")
    if on_path is None:
        raise PostgresUnavailable(
            "no PostgreSQL answers at DATABASE_URL or 127.0.0.1:5432, and none is installed: "
            "sudo apt-get install postgresql, or set DATABASE_URL"
        )
    return Path(on_path).resolve().parent


def _make_cluster(programs: Path, folder: Path, account: str | None, password: str) -> None:
    password_file = folder / "password"
    password_file.touch(mode=0o600)
    password_file.write_text(password, encoding="ascii")
    if account is not None:
        shutil.chown(folder, account)
        shutil.chown(password_file, account)
    command: list[str | Path] = [
        programs / "initdb",
        "--pgdata",
        folder / "data",
        "--username",
        _ACCOUNT,
        "--pwfile",
        password_file,
    ]
    options = ["--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"]
    done = subprocess.run(
        [*command, *options], cwd=folder, user=account, group=account, capture_output=True, text=True, check=False
    )
    password_file.unlink()
    if done.returncode != 0:
        raise PostgresUnavailable(f"initdb failed: {done.stderr.strip()}")


def _start(
    programs: Path, folder: Path, account: str | None, server: URL, speed: tuple[str, ...]
) -> subprocess.Popen[bytes]:
    command: list[str | Path] = [programs / "postgres", "-D", folder / "data", "-p", str(server.port), "-k", folder]
    settings = [f"--{setting}" for setting in (f"listen_addresses={server.host}", *speed)]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [*command, *settings],
            cwd=folder,
            user=account,
            group=account,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            process_group=0,
            preexec_fn=end_with_parent(signal.SIGINT),
        )


def _wait_until_answering(process: subprocess.Popen[bytes], server: URL, folder: Path) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_SECONDS
    while not _may_create_databases(server):
        if process.poll() is not None or time.monotonic() > deadline:
            log = (folder / "log").read_text(encoding="utf-8", errors="replace")
            raise PostgresUnavailable(f"PostgreSQL did not start: {log[-2000:]}")
        time.sleep(0.05)
