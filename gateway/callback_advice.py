"""Why a provider's call ended as it did and what support staff do next, in both languages; without secrets."""

import hashlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from payments.store.payments import PaymentStore
from payments.store.tables import ProviderCallbackRow


@dataclass(frozen=True)
class Advice:
    """What an outcome means, and what to do about it."""

    why_vi: str
    why_en: str
    do_vi: str
    do_en: str


def _load() -> dict[str, Advice]:
    told = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return {outcome: Advice(**words) for outcome, words in told.items()}


ADVICE: Final = _load()
WAITING: Final = "waiting"


def explain(store: PaymentStore, row: ProviderCallbackRow, language: str) -> Iterator[tuple[str, str]]:
    """Return a call's story as labels and words; of what came only its size and hash."""
    vietnamese = language == "vi"
    advice = ADVICE[row.outcome or WAITING]
    content = row.body or row.query
    yield ("Mã" if vietnamese else "Call", row.id)
    yield ("Nhà cung cấp" if vietnamese else "Provider", f"{row.provider} ({row.method})")
    yield ("Lúc" if vietnamese else "At", row.received_at.isoformat(timespec="seconds"))
    yield ("Từ địa chỉ" if vietnamese else "From", row.client_address or "-")
    yield ("Nội dung" if vietnamese else "Content", f"{len(content)} B, SHA-256 {hashlib.sha256(content).hexdigest()}")
    yield ("Kết quả" if vietnamese else "Outcome", row.outcome or WAITING)
    if row.answer_code:
        yield ("Đã trả lời" if vietnamese else "Answered", row.answer_code)
    if row.order_id:
        order = store.get_order(row.order_id)
        yield ("Khoản thu" if vietnamese else "Fee order", f"{order.id}, {order.dossier_code}, {order.state}")
    yield ("Vì sao" if vietnamese else "Why", advice.why_vi if vietnamese else advice.why_en)
    if row.problem:
        yield ("Chi tiết" if vietnamese else "Fact", row.problem)
    yield ("Làm gì" if vietnamese else "Do", advice.do_vi if vietnamese else advice.do_en)
