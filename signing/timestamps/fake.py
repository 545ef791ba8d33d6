"""A time-stamping authority inside the process: real tokens without a network, for tests and for trying things out."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from asn1crypto import keys, tsp, x509
from pyhanko.sign.timestamps import DummyTimeStamper

from certs.model import TrustAnchor
from signing.timestamps.base import TimestampToken
from signing.timestamps.rfc3161 import check_timestamp_signer
from signing.timestamps.tokens import make_query, read_answer


class FakeTimestampAuthority:
    """Stamps with the key it was given, at the time that its clock says; can be told to fail."""

    def __init__(
        self,
        certificate_der: bytes,
        private_key_der: bytes,
        chain_ders: Sequence[bytes],
        *,
        anchors: Callable[[], Sequence[TrustAnchor]],
        clock: Callable[[], datetime],
        failure: Exception | None = None,
        name: str = "fake",
    ) -> None:
        self.name = name
        self._certificate = x509.Certificate.load(certificate_der)
        self._key = keys.PrivateKeyInfo.load(private_key_der)
        # pyHanko asks for a store and takes any list.
        self._chain: Any = [x509.Certificate.load(der) for der in chain_ders]
        self._anchors = anchors
        self._clock = clock
        self.failure = failure

    def timestamp(
        self, imprint: bytes, digest_algorithm: str, *, timeout_seconds: float | None = None
    ) -> TimestampToken:
        if self.failure is not None:
            raise self.failure
        query = make_query(imprint, digest_algorithm)
        now = self._clock()
        stamper = DummyTimeStamper(self._certificate, self._key, self._chain, fixed_dt=now)
        response = stamper.request_tsa_response(tsp.TimeStampReq.load(query.der))
        return read_answer(
            response.dump(),
            query,
            authority_name=self.name,
            check_signer=lambda signer, others, at: check_timestamp_signer(signer, others, self._anchors(), at),
            sent_at=now,
            received_at=now,
        )
