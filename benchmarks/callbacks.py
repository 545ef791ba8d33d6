"""A gateway with orders that wait for their callbacks, on a PostgreSQL whose commits reach the disk."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from config.logging import configure_logging
from config.settings import load_settings
from gateway.callers import add_unit
from gateway.db import schema
from gateway.db.unit_of_work import UnitOfWork
from gateway.payment_events import recorder
from gateway.services import Services, build_services
from payments.journeys import Visitor, open_order, start_attempt
from payments.model import CallbackCall, FeeItem, FeeKind, FeeOrderDraft
from payments.money import Money
from payments.providers.base import Provider
from payments.providers.vnpay.signature import HASH_FIELD, canonical_query, hmac_sha512
from tests.postgres import durable_server, fresh_database

KEY = "a provider secret for benchmarks only"
# A city's units book side by side; the callbacks of one unit come one after the other, as its numbers have no gaps.
UNITS = 8
ITEMS = (
    FeeItem(FeeKind.PHI, "Phí thẩm định", "1.004227", "423", "2716", "H13.01", Money(120_000)),
    FeeItem(FeeKind.LE_PHI, "Lệ phí cấp giấy", "1.004227", "423", "2852", "H13.02", Money(30_000)),
)


@dataclass
class WaitingGateway:
    """A migrated database with units, and the services on it."""

    folder: Path
    database_url: str
    services: Services
    units: list[str] = field(default_factory=list)

    @property
    def provider(self) -> Provider:
        """The provider that calls."""
        return self.services.providers.named("vnpay")

    def calls(self, count: int) -> list[CallbackCall]:
        """Open orders with an attempt each, and return the call that will report each as paid."""
        now = datetime.now(UTC)
        made = []
        with self.services.unit_of_work() as work:
            prepared = _Prepared(work)
            record = recorder(work, "benchmark", now)
            for number in range(count):
                unit_id = self.units[number % len(self.units)]
                draft = FeeOrderDraft(unit_id, "HS-1", "Phí", "Nguyễn Văn A", ITEMS, now + timedelta(days=1))
                order = open_order(work.payments, draft, now=now, record=record)
                visitor = Visitor("127.0.0.1", "http://127.0.0.1/return")
                started = start_attempt(prepared, order.id, self.provider, visitor, now=now, record=record)
                made.append(paid_call(started.payment.redirect_url or ""))
            work.commit()
        return made


@dataclass(frozen=True)
class _Prepared:
    """A transaction that is committed once for all attempts that are made in it."""

    work: UnitOfWork

    @property
    def payments(self) -> Any:
        return self.work.payments

    def happened(self, type_: str, subject_id: str, unit_id: str, data: Mapping[str, Any], now: datetime) -> str:
        return self.work.happened(type_, subject_id, unit_id, data, now)

    def commit(self) -> None:
        self.work.session.flush()


def paid_call(redirect_url: str) -> CallbackCall:
    """Return what VNPAY calls once the payment is made to which an address leads."""
    sent = dict(parse_qsl(urlsplit(redirect_url).query))
    fields = {name: sent[name] for name in ("vnp_Amount", "vnp_OrderInfo", "vnp_TmnCode", "vnp_TxnRef")} | {
        "vnp_BankCode": "NCB",
        "vnp_PayDate": "20261124080000",
        "vnp_ResponseCode": "00",
        "vnp_TransactionNo": "14422574",
        "vnp_TransactionStatus": "00",
    }
    query = canonical_query(fields)
    return CallbackCall("GET", f"{query}&{HASH_FIELD}={hmac_sha512(KEY, query)}".encode(), b"", {}, "127.0.0.1")


@contextmanager
def waiting_gateway(folder: Path) -> Iterator[WaitingGateway]:
    """Start PostgreSQL in a folder, migrate, and add the units."""
    with ExitStack() as opened, durable_server(folder) as server, fresh_database(server) as database_url:
        (folder / "secret").write_text(KEY, encoding="ascii")
        profile = folder / "gateway.toml"
        profile.write_text(
            f"""
environment = "development"
data_folder = "{folder}"
database_url = "{database_url}"
queue_url = "sqlite:///{folder}/queue.db"
public_url = "http://127.0.0.1:8000"
master_secret = "file:{folder}/secret"
log_level = "WARNING"
[blobs]
url = "file://{folder}/blobs"
[vnpay]
tmn_code = "BENCHMARK"
hash_secret = "file:{folder}/secret"
payment_url = "http://127.0.0.1:9/pay"
api_url = "http://127.0.0.1:9/api"
""",
            encoding="utf-8",
        )
        # As in production, but nobody reads it.
        log = opened.enter_context((folder / "log").open("w", encoding="utf-8"))
        configure_logging("INFO", log)
        services = build_services(load_settings(profile))
        try:
            schema.upgrade(services.engine)
            gateway = WaitingGateway(folder, database_url, services)
            with services.unit_of_work() as work:
                names: Sequence[str] = [f"BENCH.{number}" for number in range(UNITS)]
                gateway.units = [add_unit(work, name, name, "", datetime.now(UTC)).id for name in names]
                work.commit()
            yield gateway
        finally:
            services.close()
