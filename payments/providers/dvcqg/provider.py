"""The platform behind the Provider Protocol: its messages are data, its receipts are PDFs."""

from ipaddress import ip_network
from pathlib import Path
from typing import Final

from config.secrets import SecretProvider
from config.settings import Settings
from payments.errors import ProviderUnavailable
from payments.providers.base import QueryRequest
from payments.providers.described.layout import Messages, Question, load_messages
from payments.providers.described.provider import DescribedAccount, DescribedProvider
from payments.providers.described.values import query_values
from payments.providers.described.writing import as_json, composed
from payments.providers.lgsp import Lgsp, lgsp_of

NAME: Final = "dvcqg"
TITLE: Final = "Cổng Dịch vụ công quốc gia"
SHIPPED: Final = Path(__file__).with_name("messages.toml")
MOST_RECEIPT_BYTES = 10 * 1024 * 1024
PDF_BEGINS = b"%PDF-"


class DvcqgProvider(DescribedProvider):
    """Takes payments through the platform."""


class DvcqgWithReceipts(DvcqgProvider):
    """The same where the platform's receipts can be fetched."""

    def __init__(
        self,
        account: DescribedAccount,
        messages: Messages,
        lgsp: Lgsp,
        secrets: SecretProvider,
        question: Question,
        receipt_url: str,
    ) -> None:
        super().__init__(account, messages, lgsp, secrets)
        self._question = question
        self._receipt_url = receipt_url

    def fetch_receipt(self, asked: QueryRequest) -> bytes:
        """Return the platform's receipt; an error message in its place is an error, never an empty receipt."""
        message = composed(self._question, query_values(asked, self._account.names), self._secret())
        content = as_json(message, self._question.numbers)
        raw = self._lgsp.post(self._receipt_url, content, most_bytes=MOST_RECEIPT_BYTES)
        if not raw.startswith(PDF_BEGINS):
            raise ProviderUnavailable(f"{NAME}: what came in place of the receipt is no PDF")
        return raw


def dvcqg_from_settings(settings: Settings, secrets: SecretProvider) -> DvcqgProvider | None:
    """Return the provider if the operator has set it up.

    Raises:
        ProviderDescriptionUnusable: The operator's description of messages has faults.
    """
    given = settings.dvcqg
    if given is None:
        return None
    messages = load_messages(SHIPPED, given.messages)
    account = DescribedAccount(
        name=NAME,
        title=TITLE,
        secret_reference=given.secret,
        names={"partner": given.partner_code},
        start_url=given.init_url,
        query_url=given.query_url,
        page_origin=given.page_origin,
        networks=tuple(ip_network(network) for network in given.callback_networks),
        query_above_minor=given.query_above_minor,
    )
    lgsp = lgsp_of(given.lgsp, secrets, given.timeout_seconds)
    if given.receipt_url is None or messages.receipt is None:
        return DvcqgProvider(account, messages, lgsp, secrets)
    return DvcqgWithReceipts(account, messages, lgsp, secrets, messages.receipt, given.receipt_url)
