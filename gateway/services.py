"""The one place where adapters are chosen and wired; everything else is handed what it needs."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial

from sqlalchemy import Engine

from certs.algorithms import AlgorithmTable, load_algorithms, shipped_algorithms
from certs.errors import AlgorithmTableUnusable
from certs.model import Purpose, TrustAnchor
from certs.revocation.circuit import RestingExchange
from certs.revocation.fetch import Exchange, HttpExchange
from config.confinement import InProcess
from config.secrets import LocalSecrets, SecretProvider, forbid_core_dumps
from config.settings import Settings, SettingsUnusable
from gateway.blobs import BlobStore, open_blob_store
from gateway.confinement import ChildProcesses
from gateway.db.engine import make_engine
from gateway.db.unit_of_work import UnitOfWork, pipelined_work
from gateway.jobs.queue import Waker
from gateway.logins import GuardedLogins
from gateway.metrics import CountedExchange, count_timestamp_attempt, note_resting
from gateway.outgoing import AddressGuard
from gateway.partner_trust import PartnerTrust
from gateway.secret_providers.vault import VaultAccount, VaultSecrets
from gateway.silent_servers import SharedRests
from gateway.timestamp_health import AuthorityHealth
from payments.errors import ReceiptFormUnsound
from payments.providers.http import trust_cas
from payments.providers.registry import ProviderRegistry, make_providers
from payments.receipts.xml_document import XmlForm, load_xml_form
from signing.key_sources.quirks import QuirksUnusable, load_quirks
from signing.key_sources.registry import KeySources
from signing.model import SigningProfile
from signing.profiles import load_profiles
from signing.timestamps.base import TimestampAuthority
from signing.timestamps.fallback import AuthoritiesInTurn, TimestampAttempt, TurnRules
from signing.timestamps.rfc3161 import Rfc3161Authority

# How much of a lease all waiting for time-stamps may take.
SHARE_OF_LEASE = 0.6


@dataclass(frozen=True)
class Services:
    """What the gateway runs on: settings, the database, blobs, the parsing child, secrets and the doors outwards."""

    settings: Settings
    engine: Engine
    blobs: BlobStore
    confined: ChildProcesses | InProcess
    secrets: SecretProvider
    wake_workers: Callable[[], None]
    address_guard: AddressGuard
    key_sources: KeySources
    profiles: dict[str, SigningProfile] = field(default_factory=load_profiles)
    algorithms: AlgorithmTable = field(default_factory=shipped_algorithms)
    receipt_form: XmlForm = field(default_factory=load_xml_form)

    def unit_of_work(self, *, read_only: bool = False) -> UnitOfWork:
        """Open a transaction."""
        return UnitOfWork(self.engine, self.wake_workers, read_only=read_only)

    def pipelined_work(self) -> AbstractContextManager[UnitOfWork]:
        """Open transactions that follow each other on one connection and wait for few answers."""
        return pipelined_work(self.engine, self.wake_workers)

    @cached_property
    def partner_trust(self) -> PartnerTrust:
        """Which CAs vouch for the partners that are called over TLS."""
        return PartnerTrust(self._anchors_of, self.settings.data_folder / "trusted-cas", lambda: datetime.now(UTC))

    @cached_property
    def providers(self) -> ProviderRegistry:
        """The payment providers that the settings name."""
        trust_cas(partial(self.partner_trust.ca_file, Purpose.PSP))
        return make_providers(self.settings, self.secrets)

    @cached_property
    def time_stamping(self) -> TimestampAuthority:
        """The time-stamping authorities of the settings in their order; one for the process, as they keep records.

        All of it ends before a lease does, so that no second worker begins while the first still waits.
        """
        # Here, because what asks about revocation keeps its answers through these services.
        from gateway.trust import quick_revocation

        authorities = [
            Rfc3161Authority(
                item.name,
                item.url,
                anchors=partial(self._anchors_of, Purpose.TSA),
                timeout_seconds=item.timeout_seconds,
                policy=item.policy,
                algorithms=self.algorithms,
                ca_file=partial(self.partner_trust.ca_file, Purpose.TLS),
                revocation=partial(quick_revocation, self),
            )
            for item in self.settings.timestamp_authorities
        ]
        total = SHARE_OF_LEASE * self.settings.worker.lease_seconds
        health = AuthorityHealth(self.unit_of_work)

        def noted(attempt: TimestampAttempt) -> None:
            count_timestamp_attempt(attempt)
            note_resting(in_turn, attempt)
            health.note(attempt)

        in_turn = AuthoritiesInTurn(authorities, TurnRules(total_timeout_seconds=total), on_attempt=noted)
        return in_turn

    @cached_property
    def revocation_exchange(self) -> Exchange:
        """What calls OCSP responders and CRL addresses; all processes know which of them were silent."""
        return CountedExchange(RestingExchange(HttpExchange(self.address_guard), SharedRests(self.unit_of_work)))

    def _anchors_of(self, purpose: Purpose) -> tuple[TrustAnchor, ...]:
        with self.unit_of_work(read_only=True) as work:
            return work.anchors(purpose)

    def close(self) -> None:
        """Let go of children and connections."""
        trust_cas(None)
        self.confined.close()
        self.key_sources.close_all()
        self.engine.dispose()


def open_secrets(settings: Settings) -> SecretProvider:
    """Return what reads secrets: the environment, files and, where one is set up, the vault."""
    local = LocalSecrets()
    if settings.vault is None:
        return local
    return LocalSecrets({"vault": VaultSecrets(VaultAccount(**settings.vault.model_dump()), local)})


def build_services(settings: Settings) -> Services:
    """Wire the adapters that the settings choose.

    Raises:
        SettingsUnusable: A file that the settings name has a fault.
    """
    try:
        algorithms = load_algorithms(settings.algorithm_table)
    except AlgorithmTableUnusable as error:
        raise SettingsUnusable(f"algorithm_table: {error}") from None
    try:
        quirks = load_quirks(settings.token_quirks)
    except QuirksUnusable as error:
        raise SettingsUnusable(f"token_quirks: {error}") from None
    try:
        receipt_form = load_xml_form(settings.receipts.xml_form)
    except ReceiptFormUnsound as error:
        raise SettingsUnusable(f"receipts.xml_form: {error}") from None
    forbid_core_dumps()
    settings.data_folder.mkdir(parents=True, exist_ok=True)
    secrets = open_secrets(settings)
    # Made anew when they are needed: here, faults in files that describe their messages are told at start.
    make_providers(settings, secrets)
    engine, waker = make_engine(settings.database_url), Waker(settings)
    logins = GuardedLogins(
        partial(UnitOfWork, engine, waker), settings.data_folder / "token-logins", settings.pkcs11_timeout_seconds
    )
    return Services(
        settings=settings,
        engine=engine,
        blobs=open_blob_store(settings.blobs, secrets, settings.data_folder / "scratch"),
        confined=ChildProcesses(settings.limits),
        secrets=secrets,
        wake_workers=waker,
        address_guard=AddressGuard(settings.outgoing_networks),
        key_sources=KeySources(
            secrets,
            pkcs11_module=settings.pkcs11_module,
            timeout_seconds=settings.pkcs11_timeout_seconds,
            further_modules=settings.pkcs11_further_modules,
            quirks=quirks,
            logins=logins,
        ),
        algorithms=algorithms,
        receipt_form=receipt_form,
    )
