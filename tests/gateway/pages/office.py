"""One unit with its money and papers, seeded through the stores, and browsers that look at its pages."""

import io
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from werkzeug.test import TestResponse

from config.identifiers import new_id
from gateway.callers import add_account, add_client, add_collection_account, add_unit
from gateway.db.tables.documents import DocumentRow
from gateway.payment_events import recorder
from gateway.services import Services
from payments.journeys import SealedReceipt, cancel_order, issue_receipts, open_order, record_sealed
from payments.model import FeeItem, FeeKind, FeeOrderDraft
from payments.money import Money
from payments.receipts.forms import receipt_forms
from payments.receipts.seal import SealedFile
from payments.store.tables import FeeOrderRow, ReceiptRow
from signing.store import RequestDocumentRow, SigningRequestRow

PASSWORD = "một mật khẩu đủ dài"
PDF = b"%PDF-1.7\nsealed receipt of the tests\n%%EOF\n"


def now() -> datetime:
    return datetime.now(UTC)


class Browser:
    """A browser with a session of its own."""

    def __init__(self, app: Flask, language: str = "vi") -> None:
        self.http: FlaskClient = app.test_client()
        self.http.set_cookie("lang", language)

    def get(self, path: str) -> TestResponse:
        return self.http.get(path)

    def read(self, path: str) -> Any:
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return html.fromstring(answer.get_data(as_text=True))

    def words(self, path: str) -> str:
        return said(self.read(path))

    def token(self, path: str) -> str:
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(path).get_data(as_text=True))
        assert found, path
        return found.group(1)

    def post(self, path: str, form_at: str, **fields: Any) -> TestResponse:
        """Send a form with the token of the page that shows it."""
        return self.http.post(path, data={"csrf_token": self.token(form_at), **fields})

    def upload(self, name: str, content: bytes) -> TestResponse:
        """Send a file as a browser writes it; werkzeug's own writer would leave a temporary file open."""
        token = self.token("/verify").encode()
        parts = (
            b'--edge\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n' + token,
            b'\r\n--edge\r\nContent-Disposition: form-data; name="file"; filename="' + name.encode() + b'"',
            b"\r\nContent-Type: application/octet-stream\r\n\r\n" + content + b"\r\n--edge--\r\n",
        )
        return self.http.post("/verify", data=b"".join(parts), content_type="multipart/form-data; boundary=edge")

    def sign_in(self, username: str, password: str = PASSWORD) -> TestResponse:
        return self.post("/sign-in", "/sign-in", username=username, password=password)


def said(tree: Any) -> str:
    """Return a page's words as a person reads them."""
    return " ".join(tree.xpath("//main")[0].text_content().split())


@dataclass
class Office:
    """A unit; its people are called `<code>-<role>`."""

    app: Flask
    services: Services
    unit_id: str
    code: str
    name: str
    client_id: str

    def person(self, role: str) -> Browser:
        """Return a signed-in browser of a person of this unit."""
        with self.services.unit_of_work() as work:
            add_account(work, self.unit_id, f"{self.code}-{role}", f"Người {role}", role, PASSWORD, now())
            work.commit()
        browser = Browser(self.app)
        assert browser.sign_in(f"{self.code}-{role}").status_code == 303
        return browser

    def order(self, dossier_code: str, payer: str = "Nguyễn Thị Mẫu") -> FeeOrderRow:
        """Open a fee order of 150,000 VND: phí 100,000 and lệ phí 50,000."""
        items = (
            FeeItem(FeeKind.PHI, "Phí thẩm định", "1.001612", "805", "2716", self.code, Money(100_000)),
            FeeItem(FeeKind.LE_PHI, "Lệ phí cấp giấy", "1.001612", "805", "2862", self.code, Money(50_000)),
        )
        draft = FeeOrderDraft(
            self.unit_id, dossier_code, "Đăng ký hộ kinh doanh", payer, items, now() + timedelta(days=3), self.client_id
        )
        with self.services.unit_of_work() as work:
            order = open_order(
                work.payments, draft, now=now(), record=recorder(work, f"client:{self.client_id}", now())
            )
            work.commit()
        return order

    def cancel(self, order: FeeOrderRow, reason: str) -> None:
        with self.services.unit_of_work() as work:
            cancel_order(work.payments, order.id, reason, now=now(), record=recorder(work, "operator", now()))
            work.commit()

    def let_run_out(self, order: FeeOrderRow) -> None:
        """Move an order's deadline into the past; the sweep has not looked yet."""
        with self.services.unit_of_work() as work:
            work.payments.lock_order(order.id).expires_at = now() - timedelta(minutes=1)
            work.commit()

    def number_receipts(self, order: FeeOrderRow) -> list[ReceiptRow]:
        with self.services.unit_of_work() as work:
            forms = receipt_forms(self.services.settings.receipts)
            made = issue_receipts(
                work.payments,
                order.id,
                forms=forms,
                unit_name=self.name,
                now=now(),
                record=recorder(work, "system:payments", now()),
            )
            work.commit()
        return made

    def seal(self, receipt: ReceiptRow) -> DocumentRow:
        """Record a sealed document for a receipt, as the worker does once the seal has signed it."""
        document = self.document(f"bien-lai-{receipt.series}.pdf", PDF)
        file = SealedFile(document.sha256, document.size_bytes, self.name, now())
        with self.services.unit_of_work() as work:
            sealed = SealedReceipt(receipt.id, Path("unused"), file, Path("unused"), file)
            record = recorder(work, "system:payments", now())
            ids = {"document_id": document.id, "xml_document_id": document.id}
            record_sealed(work.payments, sealed, **ids, now=now(), record=record)
            work.commit()
        return document

    def document(self, filename: str, content: bytes) -> DocumentRow:
        blob = self.services.blobs.put_stream(io.BytesIO(content), 1_000_000)
        row = DocumentRow(
            id=new_id(),
            unit_id=self.unit_id,
            sha256=blob.sha256,
            size_bytes=blob.size_bytes,
            filename=filename,
            media_type="application/pdf",
            inspection={},
            created_by=f"client:{self.client_id}",
            created_at=now(),
        )
        with self.services.unit_of_work() as work:
            work.session.add(row)
            work.commit()
        return row

    def signing_request(self, dossier_code: str, title: str, document: DocumentRow, state: str = "created") -> str:
        request_id, at = new_id(), now()
        link = RequestDocumentRow(
            id=new_id(),
            unit_id=self.unit_id,
            position=0,
            original_document_id=document.id,
            current_document_id=document.id,
            state="open",
        )
        row = SigningRequestRow(
            id=request_id,
            unit_id=self.unit_id,
            client_id=self.client_id,
            dossier_code=dossier_code,
            title=title,
            format="pades",
            state=state,
            created_at=at,
            updated_at=at,
            documents=[link],
            steps=[],
        )
        with self.services.unit_of_work() as work:
            work.signing.add(row)
            work.audited(f"client:{self.client_id}", "signing-request.created", request_id, self.unit_id, at)
            work.commit()
        return request_id


def found_office(app: Flask, services: Services, code: str, name: str, account: str) -> Office:
    """Return a new unit with a collection account and a machine client."""
    with services.unit_of_work() as work:
        unit = add_unit(work, code, name, "", now())
        work.session.flush()
        add_collection_account(work, unit.id, "970436", "Ngân hàng Ví Dụ", account, "UBND PHUONG", now())
        client, _ = add_client(work, unit.id, f"Hệ thống hồ sơ {name}", [], (), now())
        work.commit()
    return Office(app, services, unit.id, code, name, client.id)
