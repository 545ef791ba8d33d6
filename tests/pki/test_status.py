"""What the gateway learns from the development PKI's own responder and lists, over HTTP."""

from datetime import UTC, datetime

import pytest

from certs.revocation.answers import read_status
from certs.revocation.cache import MemoryCache
from certs.revocation.fetch import HttpExchange
from certs.revocation.gather import RevocationGatherer
from gateway.devpki import DevPki


@pytest.mark.parametrize(("name", "said"), [("official", "good"), ("revoked", "revoked")])
def test_the_responders_answer_counts_although_it_writes_fractions_of_a_second(
    dev_pki: DevPki, name: str, said: str
) -> None:
    certificate, chain = dev_pki.certificate_der(name), dev_pki.chain_der(name)
    gatherer = RevocationGatherer(HttpExchange(lambda _: None), MemoryCache())

    evidence = gatherer.gather_for(certificate, chain, chain[-1:], datetime.now(UTC))

    assert evidence.failures == ()
    status = read_status(evidence.items[0], certificate, chain[0])
    assert status is not None
    assert (status.source, status.status) == ("ocsp", said)
