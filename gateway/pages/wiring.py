"""Gives the pages their data: the one implementation of gateway.web.ports.PageData."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import IO, Any

from flask import Flask, request

from gateway.auth.accounts import sees_whole_city, visible_units
from gateway.pages import pay, receipts, stories, story_list, verify
from gateway.pages.certificates import certificates_page
from gateway.pages.files import download_document
from gateway.services import Services
from gateway.web.certificate_views import CertificatesPage
from gateway.web.pay_views import PayPage, PayState, ReturnPage
from gateway.web.receipt_views import ReceiptPage
from gateway.web.story_views import StoryList, StoryPage
from gateway.web.verify_views import VerifyPage, VerifyState
from gateway.web.view_models import Download


class GatewayPages:
    """Reads what each page shows; what a viewer may see is decided here."""

    def __init__(self, app: Flask, services: Services) -> None:
        self._app = app
        self._services = services

    def pay_page(self, token: str) -> PayPage | None:
        return pay.find_pay_page(self._services, token)

    def pay_state(self, token: str) -> PayState | None:
        return pay.find_pay_state(self._services, token)

    def start_attempt(self, token: str, provider: str, client_address: str) -> str | None:
        return pay.begin_attempt(self._services, token, provider, client_address)

    def return_page(self, token: str, query: Mapping[str, str]) -> ReturnPage | None:
        # The proof is over the raw query, so the parsed one is of no use here.
        return pay.find_return_page(self._services, token, request.query_string)

    def receipt_page(self, code: str) -> ReceiptPage | None:
        return receipts.find_receipt_page(self._services, code)

    def receipt_document(self, code: str) -> Download | None:
        return receipts.find_receipt_document(self._services, code)

    def receipt_xml(self, code: str) -> Download | None:
        return receipts.find_receipt_xml(self._services, code)

    def provider_receipt(self, token: str) -> Download | None:
        return receipts.find_provider_receipt(self._services, token)

    def start_verification(self, file_name: str, content: IO[bytes]) -> str:
        return verify.start_verification(self._services, file_name, content)

    def verify_page(self, code: str) -> VerifyPage | None:
        found = verify.find_validation(self._services, code)
        return verify.verify_page(*found) if found else None

    def verify_state(self, code: str) -> VerifyState | None:
        found = verify.find_validation(self._services, code)
        return verify.STATES[found[0].state] if found else None

    def stories(self, viewer: object, search: str, cursor: str | None) -> StoryList:
        return story_list.list_stories(self._services, visible_units(self._services, viewer), search, cursor)

    def story(self, viewer: object, dossier_code: str) -> StoryPage | None:
        return stories.find_story(self._services, visible_units(self._services, viewer), dossier_code)

    def file(self, viewer: object, file_id: str) -> Download | None:
        return download_document(self._services, file_id, visible_units(self._services, viewer))

    def certificates(self, viewer: object, days: int) -> CertificatesPage:
        units, whole_city = visible_units(self._services, viewer), sees_whole_city(viewer)
        return certificates_page(self._services, units, days, datetime.now(UTC), whole_city=whole_city)

    def openapi(self) -> Mapping[str, Any]:
        document: Mapping[str, Any] = self._app.api_doc  # type: ignore[attr-defined]  # flask-openapi3's
        return document


def wire_pages(app: Flask, services: Services) -> None:
    """Hand the pages their data."""
    app.extensions["pages"] = GatewayPages(app, services)
