"""Where the demonstration keeps its things and on which loopback ports its processes answer."""

import hashlib
import json
import os
import secrets
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import gateway
from gateway.demo.processes import Port
from gateway.demo.providers import ACCOUNTS, DemoAccount, sandbox_section, settings_section

LOOPBACK = "127.0.0.1"
CONTROL_SECRET = "sandbox-control"  # noqa: S105 - the name of its file


@dataclass(frozen=True)
class Layout:
    """The demonstration's folder and its five ports; makes every path and address from them."""

    folder: Path
    web_port: int
    pki_port: int
    sandbox_port: int
    listener_port: int

    @property
    def web_url(self) -> str:
        """Where the gateway answers."""
        return f"http://{LOOPBACK}:{self.web_port}"

    @property
    def pki_url(self) -> str:
        """Where the development PKI's services answer: TSA, OCSP, CRL."""
        return f"http://{LOOPBACK}:{self.pki_port}"

    @property
    def sandbox_url(self) -> str:
        """Where the sandbox of payment providers answers."""
        return f"http://{LOOPBACK}:{self.sandbox_port}"

    @property
    def listener_url(self) -> str:
        """Where the processing system hears of events."""
        return f"http://{LOOPBACK}:{self.listener_port}/webhooks"

    @property
    def pki_folder(self) -> Path:
        """Keys and certificates of the development PKI."""
        return self.folder / "pki"

    @property
    def profile(self) -> Path:
        """The settings that the demonstration's processes read."""
        return self.folder / "gateway.toml"

    @property
    def results(self) -> Path:
        """Files that the story leaves to be looked at: signed PDFs, receipts, the statement."""
        return self.folder / "results"

    @property
    def database_url(self) -> str:
        """The gateway's database."""
        return f"sqlite:///{self.folder}/gateway.db"

    def has_database(self) -> bool:
        """Tell whether an earlier run has migrated the database with just the migrations that there are now."""
        noted = self.folder / "migrated"
        return noted.exists() and noted.read_text() == _migrations() and (self.folder / "gateway.db").exists()

    def note_database(self) -> None:
        """Remember that the database is migrated, so that the next run need not look."""
        (self.folder / "migrated").write_text(_migrations())

    def ports(self) -> tuple[Port, ...]:
        """The ports, each with what it is for and the option that moves it."""
        return (
            Port(self.web_port, "the gateway", "--port"),
            Port(self.pki_port, "the time-stamping authority", "--pki-port"),
            Port(self.sandbox_port, "the sandbox of payment providers", "--sandbox-port"),
            Port(self.listener_port, "the processing system's listener", "--listener-port"),
        )

    def secret_file(self, name: str) -> Path:
        """Return the file of one secret; only its owner may read it."""
        return self.folder / "secrets" / name

    def secret(self, name: str) -> str:
        """Return one secret, made at random the first time."""
        path = self.secret_file(name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_urlsafe(24))
        return path.read_text(encoding="ascii").strip()

    def environment(self, softhsm_configuration: Path | None) -> Mapping[str, str]:
        """Return the environment of the demonstration's processes."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
        extra = {"GATEWAY_PROFILE_FILE": str(self.profile), "PYTHONUNBUFFERED": "1"}
        if softhsm_configuration is not None:
            extra["SOFTHSM2_CONF"] = str(softhsm_configuration)
        return {**inherited, **extra}

    def write_profile(self, pkcs11_module: Path | None, fonts_folder: Path) -> None:
        """Write the settings; secrets go into files of their own, named by reference."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.results.mkdir(exist_ok=True)
        self.secret("master")
        module = f"pkcs11_module = {_quoted(pkcs11_module)}\n" if pkcs11_module else ""
        self.profile.write_text(
            f"""# Written by `python -m gateway demo`; for this machine only.
environment = "development"
operator_name = "Cổng ký số và thanh toán thành phố Cần Thơ (chạy thử)"
data_folder = {_quoted(self.folder)}
database_url = "{self.database_url}"
queue_url = "sqlite:///{self.folder}/queue.db"
public_url = "{self.web_url}"
master_secret = "file:{self.secret_file("master")}"
fonts_folder = {_quoted(fonts_folder)}
# The PKI's responders, the sandbox and the listener all answer on loopback.
outgoing_networks = ["127.0.0.0/8"]
{module}
[blobs]
url = "file://{self.folder}/blobs"

[[timestamp_authorities]]
name = "TSA thử nghiệm"
url = "{self.pki_url}/dev/tsa/tsa"
timeout_seconds = 20

{self._sections(settings_section)}
[worker]
sweep_seconds = 2
lease_seconds = 60
""",
            encoding="utf-8",
        )

    @property
    def sandbox_accounts(self) -> Path:
        """The accounts with which the sandbox stands in for providers."""
        return self.folder / "sandbox.toml"

    def write_sandbox_accounts(self) -> None:
        """Write the accounts that the sandbox reads; secrets are in files of their own."""
        self.secret(CONTROL_SECRET)
        self.sandbox_accounts.write_text(
            f"""callbacks = "{self.web_url}/callbacks"
control_token = "file:{self.secret_file(CONTROL_SECRET)}"

{self._sections(sandbox_section)}""",
            encoding="utf-8",
        )

    def _sections(self, section: Callable[[DemoAccount, str, Callable[[str], Path]], str]) -> str:
        for name in (name for account in ACCOUNTS for name in account.secrets):
            self.secret(name)
        return "\n".join(section(account, self.sandbox_url, self.secret_file) for account in ACCOUNTS)


def _quoted(path: Path) -> str:
    return json.dumps(str(path))


def _migrations() -> str:
    files = sorted((Path(gateway.__file__).parent / "db/migrations/versions").glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def python_command(*arguments: str) -> list[str]:
    """Return the command that runs one of our modules with this interpreter."""
    return [sys.executable, "-m", *arguments]
