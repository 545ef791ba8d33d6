"""Every line of the table: signed, found good by our own validation at its level, and accepted by others."""

from datetime import UTC, datetime

import pytest

from certs.model import Indication
from signing.model import Level
from signing.validation.policy import ValidationPolicy
from signing.validation.registry import validate_signed_file
from signing.validation.report import Overall
from tests.signing.matrix.altering import altered
from tests.signing.matrix.bench import Bench, Made
from tests.signing.matrix.cells import CELLS, Cell
from tests.signing.matrix.judges import JUDGES

# joserfc says so of every use of the name EdDSA, which ETSI TS 119 182-1 demands.
pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
FAMILIES = {"pades": "PAdES", "cades": "CAdES", "xades": "XAdES", "jades": "JAdES", "jades-compact": "JAdES"}


def family(cell: Cell) -> str:
    return FAMILIES[cell.packaging if cell.format.startswith("asic") else cell.format]


def our_judgement(made: Made, bench: Bench):
    """By anchors and the file alone where the level says that this must do, else with every answer at hand."""
    city, now = bench.city, datetime.now(UTC)
    anchors = tuple(city.anchors())
    alone = Level(made.cell.level).has_material
    policy = ValidationPolicy(anchors) if alone else ValidationPolicy(anchors, city.evidence(city.authority.now))
    return validate_signed_file(made.path, made.beside, policy, now)


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_a_signature_is_good_to_us_and_to_others(cell: Cell, bench: Bench) -> None:
    made = bench.make(cell)

    report = our_judgement(made, bench)
    assert len(report.signatures) == made.count
    assert all(found.intact for found in report.signatures)
    own = next(found for found in report.signatures if found.signer_certificate_der == made.holder.der)
    assert (own.indication, own.level) == (Indication.PASSED, f"{family(cell)}-{cell.level}"), report.to_dict()
    assert {name: complaint for name in cell.judges if (complaint := JUDGES[name](made, bench.city))} == {}


def sample(judge: str) -> Cell:
    """A line that a judge judges; the openssl of time-stamps is shown JSON, whose stamped value is plain to change."""
    wanted = "jades" if judge == "openssl-ts" else ""
    return next(cell for cell in CELLS if judge in cell.judges and cell.format.startswith(wanted))


@pytest.mark.parametrize("judge", [name for name in JUDGES if name not in {"qpdf", "unzip"}])
def test_no_judge_accepts_what_was_changed(judge: str, bench: Bench) -> None:
    """A judge that accepts everything would prove nothing; qpdf and unzip judge the file, not the signature."""
    made = bench.make(sample(judge))

    assert JUDGES[judge](made, bench.city) == ""
    assert JUDGES[judge](altered(made), bench.city) != ""
    assert our_judgement(altered(made), bench).overall is not Overall.PASSED
