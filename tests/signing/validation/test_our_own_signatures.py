"""What our own signing makes, on every producer's file, judged by our own validation."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from certs.model import SubIndication
from signing.timestamps.rfc3161 import Rfc3161Authority
from signing.validation.document import validate_pdf
from signing.validation.policy import ValidationPolicy
from signing.validation.report import Modifications
from tests.signing.authority import running_authority
from tests.signing.conftest import SIGNABLE
from tests.signing.pki import Pki


@pytest.fixture
def stamping(pki: Pki) -> Iterator[Rfc3161Authority]:
    with running_authority(pki) as running:
        yield Rfc3161Authority("thử nghiệm", running.url, anchors=pki.anchors, timeout_seconds=5)


@pytest.mark.parametrize("producer", SIGNABLE)
def test_person_and_seal_are_intact_and_the_seal_is_a_permitted_addition(
    producer: str,
    document: Callable[[str], Path],
    person_step: Any,
    seal_step: Any,
    pki: Pki,
    stamping: Rfc3161Authority,
    sign_once: Callable[..., Any],
    tmp_path: Path,
) -> None:
    once, twice = tmp_path / "once.pdf", tmp_path / "twice.pdf"
    sign_once(document(producer), once, person_step, pki.official, stamping)
    sign_once(once, twice, seal_step, pki.seal, stamping)

    report = validate_pdf(twice, ValidationPolicy(tuple(pki.anchors())), datetime.now(UTC))

    assert [s.intact for s in report.signatures] == [True, True]
    assert [s.modifications_after for s in report.signatures] == [Modifications.PERMITTED, Modifications.NONE]
    # These certificates name nobody who could be asked about revocation; all else is sound.
    assert {s.sub_indication for s in report.signatures} == {SubIndication.TRY_LATER}
    assert report.document_reasons == ()
