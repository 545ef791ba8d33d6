"""Names for what the tables keep as codes and ids: who acted, which provider, which ledger account, which event."""

from collections.abc import Mapping
from functools import cached_property

from babel.numbers import format_decimal
from sqlalchemy import select

from gateway.db.tables.callers import AccountRow, ApiClientRow, UnitRow
from gateway.db.unit_of_work import UnitOfWork
from gateway.pages.event_names import EVENTS
from gateway.services import Services
from gateway.web.formats import NO_BREAK_SPACE
from gateway.web.view_models import Text
from payments.errors import JournalEntryUnsound
from payments.ledger.accounts import AccountKind, parse_account
from payments.model import STATEMENT as BANK_TRANSFER
from payments.model import FeeKind

TRANSFER = Text("Chuyển khoản ngân hàng", "Bank transfer")
FEES = {FeeKind.PHI: Text("phí", "service fee"), FeeKind.LE_PHI: Text("lệ phí", "state fee")}
ACCOUNTS = {
    AccountKind.RECEIVABLE: Text("Phải thu của người nộp", "Receivable from payers"),
    AccountKind.CHARGED: Text("Phí, lệ phí phải nộp, chưa thu", "Fees charged, not yet collected"),
    AccountKind.CLEARING: Text("Tiền đang ở nhà cung cấp", "Money held by the provider"),
    AccountKind.BANK: Text("Tài khoản ngân hàng", "Bank account"),
    AccountKind.TREASURY: Text("Kho bạc Nhà nước", "State Treasury"),
    AccountKind.INCOME: Text("Phí, lệ phí đã thu", "Fees collected"),
    AccountKind.PROVIDER_FEES: Text("Tiền công của nhà cung cấp", "Provider's charges"),
    AccountKind.REFUNDS: Text("Phải trả lại người nộp", "To be paid back"),
    AccountKind.SUSPENSE: Text("Tiền chưa rõ của ai", "Money not yet attributed"),
}
SYSTEM = Text("Hệ thống", "The system")
ACTORS = {
    "citizen": Text("Người dân", "A citizen"),
    "operator": Text("Người vận hành", "An operator"),
    "system:signing": Text("Hệ thống (ký số)", "The system (signing)"),
    "system:validation": Text("Hệ thống (kiểm tra chữ ký)", "The system (validation)"),
    "system:payments": Text("Hệ thống (thanh toán)", "The system (payments)"),
    "system:webhooks": Text("Hệ thống (báo tin)", "The system (webhooks)"),
    "system:clock": Text("Hệ thống (đến hạn)", "The system (deadlines)"),
}


def same(text: str) -> Text:
    """Return a name that is the same in both languages."""
    return Text(text, text)


def both_amounts(amount_minor: int) -> Text:
    """Return whole VND as each language writes it, for sentences that hold an amount."""
    vi, en = (format_decimal(amount_minor, locale=locale) for locale in ("vi", "en"))
    return Text(f"{vi}{NO_BREAK_SPACE}₫", f"{en}{NO_BREAK_SPACE}₫")


class Names:
    """Finds names in one transaction; each table is read once, when the first name of its kind is asked for."""

    def __init__(self, services: Services, work: UnitOfWork) -> None:
        self._services = services
        self._work = work

    @cached_property
    def _clients(self) -> Mapping[str, str]:
        return dict(self._work.session.execute(select(ApiClientRow.id, ApiClientRow.name)).all())

    @cached_property
    def _people(self) -> Mapping[str, str]:
        return dict(self._work.session.execute(select(AccountRow.id, AccountRow.full_name)).all())

    @cached_property
    def _units(self) -> Mapping[str, str]:
        return dict(self._work.session.execute(select(UnitRow.code, UnitRow.name)).all())

    def provider(self, name: str) -> Text:
        """Return a provider's own name, also of one that is no longer used."""
        if name == BANK_TRANSFER:
            return TRANSFER
        return same(next((found.title for found in self._services.providers if found.name == name), name.upper()))

    def client(self, client_id: str | None) -> Text | None:
        """Return the name of a machine client."""
        name = self._clients.get(client_id) if client_id else None
        return same(name) if name else None

    def actor(self, actor: str) -> Text:
        """Return who an entry of the audit trail means: `client:<id>`, `provider:<name>`, `system:<part>` …"""
        kind, _, rest = actor.partition(":")
        if kind == "provider":
            return self.provider(rest)
        name = {"client": self._clients, "account": self._people}.get(kind, {}).get(rest)
        if name:
            return same(name)
        return ACTORS.get(actor) or ACTORS.get(kind) or (SYSTEM if kind == "system" else same(actor))

    def event(self, code: str) -> Text:
        """Return what an event or an audited action is called."""
        return EVENTS.get(code) or same(code)

    def account(self, code: str) -> Text:
        """Return what a ledger account holds, with the budget line or the place that tells it from its like."""
        try:
            account = parse_account(code)
        except JournalEntryUnsound:
            return same(code)
        name, about = ACCOUNTS[account.kind], self._qualifier(account.kind, account.qualifier)
        return Text(f"{name.vi}: {about.vi}", f"{name.en}: {about.en}") if about else name

    def _qualifier(self, kind: AccountKind, qualifier: str) -> Text | None:
        if not qualifier:
            return None
        if kind in {AccountKind.CLEARING, AccountKind.PROVIDER_FEES}:
            return self.provider(qualifier)
        if kind in {AccountKind.INCOME, AccountKind.CHARGED}:
            return self._budget_line(qualifier)
        return same(qualifier)

    def _budget_line(self, qualifier: str) -> Text:
        fee, _, rest = qualifier.partition(":")
        line, _, unit_code = rest.partition(":")
        chapter, _, sub_item = line.partition("-")
        unit = self._units.get(unit_code, unit_code)
        kind = FEES[FeeKind(fee)] if fee in set(FeeKind) else same(fee)
        return Text(
            f"{kind.vi}, chương {chapter}, tiểu mục {sub_item}, {unit}",
            f"{kind.en}, chapter {chapter}, sub-item {sub_item}, {unit}",
        )
