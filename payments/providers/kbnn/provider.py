"""The treasury behind the Provider Protocol: it only tells of credits."""

import json
from pathlib import Path
from typing import Final

from config.secrets import SecretProvider
from config.settings import Settings
from payments.errors import CallbackNotAuthentic, CallbackUnreadable
from payments.model import Acknowledgement, BankTransfer, CallbackCall, NothingToSettle, SettlementOutcome
from payments.providers.described.fields import json_fields
from payments.providers.kbnn.notice import NoticeMap, load_notice_map, read_notice
from payments.providers.kbnn.proof import DetachedSignature, KeyedHash, NoticeProof, pinned_certificates
from payments.providers.notice_answers import STATUSES
from payments.providers.notices import NoticesOnly

NAME: Final = "kbnn"
EXAMPLE: Final = Path(__file__).with_name("notice.toml")


class TreasuryProvider(NoticesOnly):
    """Takes notices whose fields and proof are configuration, by call or from a file."""

    name = NAME
    title = "Kho bạc Nhà nước"
    secret_headers: frozenset[str] = frozenset()

    def __init__(self, told_by: NoticeMap, header: str, proof: NoticeProof) -> None:
        self._told_by = told_by
        self._header = header.lower()
        self._proof = proof

    @property
    def proof_headers(self) -> frozenset[str]:
        return frozenset({self._header})

    def read_callback(self, call: CallbackCall) -> BankTransfer | NothingToSettle:
        if not self._proof.proves(call.body, call.headers.get(self._header, ""), call.received_at):
            raise CallbackNotAuthentic(f"{NAME}: the proof is absent or wrong")
        try:
            return read_notice(json_fields(call.body), self._told_by, NAME)
        except (KeyError, ValueError, OverflowError) as error:
            raise CallbackUnreadable(f"{NAME}: a field is missing or malformed: {error}") from None

    def acknowledgement(self, outcome: SettlementOutcome, call: CallbackCall) -> Acknowledgement:
        """Answer by status, and in JSON what became of the notice."""
        status = STATUSES[outcome]
        body = json.dumps({"success": status == 200, "outcome": outcome.value}).encode()
        return Acknowledgement(status, "application/json", body, str(status))

    def file_call(self, content: bytes, proof: str) -> CallbackCall:
        """Return a notice that came as a file, with the proof that came beside it, as a call."""
        return CallbackCall("FILE", b"", content, {self._header: proof.strip()})


def kbnn_from_settings(settings: Settings, secrets: SecretProvider) -> TreasuryProvider | None:
    """Return the provider if the operator has set it up.

    Raises:
        ProviderDescriptionUnusable: The mapping or a certificate cannot be used.
    """
    given = settings.kbnn
    if given is None:
        return None
    proof: NoticeProof = (
        KeyedHash(given.hmac_key, secrets)
        if given.hmac_key is not None
        else DetachedSignature(pinned_certificates(given.certificates))
    )
    return TreasuryProvider(load_notice_map(given.notice), given.proof_header, proof)
