"""What the pages need from the rest of the service; `app.extensions["pages"]` holds it."""

from collections.abc import Mapping
from typing import IO, Any, Protocol, cast

from flask import current_app

from gateway.web.certificate_views import CertificatesPage
from gateway.web.pay_views import PayPage, PayState, ReturnPage
from gateway.web.receipt_views import ReceiptPage
from gateway.web.story_views import StoryList, StoryPage
from gateway.web.verify_views import VerifyPage, VerifyState
from gateway.web.view_models import Download, Text


class ActionRefused(Exception):
    """What the person asked for cannot be done now; the page is shown again with the reason."""

    def __init__(self, code: str, reason: Text) -> None:
        super().__init__(code)
        self.code = code
        self.reason = reason


class PageData(Protocol):
    """Gives every page its view-model. A method that returns None makes the page answer 404."""

    def pay_page(self, token: str) -> PayPage | None:
        """Return the fee order behind an unguessable token."""
        ...

    def pay_state(self, token: str) -> PayState | None:
        """Return only the state: pages that wait ask every few seconds."""
        ...

    def start_attempt(self, token: str, provider: str, client_address: str) -> str | None:
        """Start an attempt and return the provider's address for the browser; None where our own page goes on.

        Raises:
            ActionRefused: Already paid, expired, cancelled, or the provider cannot be used.
        """
        ...

    def return_page(self, token: str, query: Mapping[str, str]) -> ReturnPage | None:
        """Return what the browser brought back beside what is booked; it books nothing."""
        ...

    def receipt_page(self, code: str) -> ReceiptPage | None:
        """Return a receipt by its unguessable code."""
        ...

    def receipt_document(self, code: str) -> Download | None:
        """Return the sealed PDF, or None until it is ready."""
        ...

    def receipt_xml(self, code: str) -> Download | None:
        """Return the sealed XML, or None where there is none."""
        ...

    def provider_receipt(self, token: str) -> Download | None:
        """Return the receipt that the provider issued for what paid this order, or None where there is none."""
        ...

    def start_verification(self, file_name: str, content: IO[bytes]) -> str:
        """Keep an uploaded file, ask for its validation and return the code of its report.

        Raises:
            ActionRefused: The file cannot be taken (empty, of a kind that we do not read).
        """
        ...

    def verify_page(self, code: str) -> VerifyPage | None:
        """Return a verification by its unguessable code."""
        ...

    def verify_state(self, code: str) -> VerifyState | None:
        """Return only the state of a verification."""
        ...

    def stories(self, viewer: object, search: str, cursor: str | None) -> StoryList:
        """Return the dossiers that the signed-in viewer may see; search is part of a code, a title or a payer."""
        ...

    def story(self, viewer: object, dossier_code: str) -> StoryPage | None:
        """Return one dossier's story, or None where the viewer may not see it."""
        ...

    def file(self, viewer: object, file_id: str) -> Download | None:
        """Return a stored file, or None where the viewer may not see it."""
        ...

    def certificates(self, viewer: object, days: int) -> CertificatesPage:
        """Return the state of the certificates that the viewer may see; days: how soon those listed end."""
        ...

    def openapi(self) -> Mapping[str, Any]:
        """Return the OpenAPI document as served at /openapi.json."""
        ...


def pages() -> PageData:
    """Return the provider that the app was wired with."""
    return cast(PageData, current_app.extensions["pages"])
