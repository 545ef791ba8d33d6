"""What Prometheus is given: numbers of all processes and of the database, and nobody's name."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from certs.model import CertificateRole
from certs.revocation.fetch import ExchangeFailed, Limits
from certs.revocation.model import EvidenceItem
from config.identifiers import new_id
from gateway.app import create_app
from gateway.callers import add_unit
from gateway.db.engine import make_engine
from gateway.db.tables.work import OutboxRow
from gateway.metrics import CountedExchange
from gateway.services import Services
from signing.store import SigningRequestRow
from tests.certs.authority import Authority

# When the tests were collected, which in a long run is many minutes before they run.
NOW = datetime.now(UTC).replace(microsecond=0)


def _numbers(app: Flask) -> dict[tuple[str, tuple[str, ...]], float]:
    answer = app.test_client().get("/metrics")
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    return {
        (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.get_data(as_text=True))
        for sample in family.samples
    }


def _certificates(services: Services, unit_id: str) -> None:
    authority = Authority(NOW, "http://127.0.0.1:9")
    with services.unit_of_work() as work:
        for number, days in enumerate((5, 20, 80, 300, -1)):
            row = work.certificates.add(
                unit_id=unit_id,
                label="x",
                role=CertificateRole.PERSON if number else CertificateRole.ORGANISATION,
                certificate_der=authority.leaf(f"Trần Thị Kín Đáo {number}", ends=timedelta(days=days)).der,
                chain_ders=(),
                key_source_uri="desk:serial=1",
                now=NOW,
                hold_code="pin-incorrect" if days == 80 else None,
            )
            row.self_check_code = "token-absent" if days == 20 else None
        withdrawn = work.certificates.add(
            unit_id=unit_id,
            label="x",
            role=CertificateRole.PERSON,
            certificate_der=authority.leaf("Đã Thôi", ends=timedelta(days=3)).der,
            chain_ders=(),
            key_source_uri="desk:serial=1",
            now=NOW,
        )
        work.certificates.withdraw(withdrawn.id)
        work.commit()


def _tasks(services: Services, unit_id: str) -> None:
    with services.unit_of_work() as work:
        for state, due, lease in (
            ("due", -120, None),
            ("due", -30, None),
            ("due", 36_000, None),
            ("due", -300, 36_000),
            ("due", -10, -1),
            ("dead", -900, None),
            ("done", -999, None),
        ):
            row = OutboxRow(
                id=new_id(),
                unit_id=unit_id,
                kind="signing",
                subject_id=new_id(),
                state=state,
                due_at=NOW + timedelta(seconds=due),
                leased_until=None if lease is None else NOW + timedelta(seconds=lease),
                created_at=NOW,
            )
            work.session.add(row)
        for state in ("waiting", "waiting", "completed"):
            work.session.add(_request(unit_id, state))
        item = EvidenceItem("crl", b"der", "http://ca.example/1.crl", NOW, NOW - timedelta(hours=1))
        work.certificates.keep_evidence("http://ca.example/1.crl", item, NOW - timedelta(hours=2))
        work.commit()


def _request(unit_id: str, state: str) -> SigningRequestRow:
    return SigningRequestRow(
        id=new_id(),
        unit_id=unit_id,
        client_id="c",
        dossier_code="HS-KIN-DAO",
        title="Kín",
        format="pades",
        state=state,
        created_at=NOW,
        updated_at=NOW,
        documents=[],
        steps=[],
    )


def test_the_databases_numbers_are_sums_without_a_unit_or_a_person(services: Services) -> None:
    with services.unit_of_work() as work:
        unit = add_unit(work, "H13.KIN", "UBND phường Kín Đáo", "", NOW)
        work.commit()
    _certificates(services, unit.id)
    _tasks(services, unit.id)
    app = create_app(services)
    found = _numbers(app)

    assert {days: found["gateway_certificates_expiring", (days,)] for days in ("0", "7", "30", "90")} == {
        "0": 1,
        "7": 2,
        "30": 3,
        "90": 4,
    }
    assert found["gateway_certificates", ("person", "held")] == 1
    assert found["gateway_certificates", ("organisation", "active")] == 1
    assert found["gateway_certificates", ("person", "withdrawn")] == 1
    assert found["gateway_keys_failing_self_check", ()] == 1
    assert found["gateway_keys_held", ("pin-incorrect",)] == 1
    states = {"due": 3, "waiting": 1, "leased": 1, "dead": 1}
    assert {state: found["gateway_outbox_tasks", ("signing", state)] for state in states} == states
    passed = (datetime.now(UTC) - NOW).total_seconds()
    assert 119 <= found["gateway_outbox_lag_seconds", ()] <= passed + 120
    assert found["gateway_signing_requests", ("waiting",)] == 2
    assert found["gateway_revocation_answers", ("crl",)] == found["gateway_revocation_answers_overdue", ("crl",)] == 1
    assert 7199 <= found["gateway_revocation_oldest_answer_seconds", ("crl",)] <= passed + 7200
    assert found["gateway_database_answers", ()] == 1

    text = app.test_client().get("/metrics").get_data(as_text=True)
    for hidden in (unit.id, "H13.KIN", "Kín", "KIN-DAO", "ca.example", "serial"):
        assert hidden not in text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_database_that_is_down_is_a_number_and_no_fault(services: Services, tmp_path: Path) -> None:
    app = create_app(replace(services, engine=make_engine(f"sqlite:///{tmp_path}/never-migrated.db")))

    found = _numbers(app)

    assert found["gateway_database_answers", ()] == 0
    assert ("gateway_outbox_lag_seconds", ()) not in found
    assert any(name.startswith("python_") for name, _ in found)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_calls_about_revocation_are_counted_by_what_came_of_them(services: Services) -> None:
    app = create_app(services)

    def answer(address: str, body: bytes | None, content_type: str | None, limits: Limits) -> bytes:
        if "slow" in address:
            raise ExchangeFailed("time-limit")
        return b"answer"

    before = _numbers(app)
    counted = CountedExchange(answer)
    assert counted("http://ca.example/ocsp", b"?", "application/ocsp-request", Limits()) == b"answer"
    for _ in range(2):
        with pytest.raises(ExchangeFailed):
            counted("http://slow.example/1.crl", None, None, Limits())

    def more(name: str, *labels: str) -> float:
        return _numbers(app)[name, labels] - before.get((name, labels), 0)

    assert more("gateway_revocation_fetches_total", "POST", "answered") == 1
    assert more("gateway_revocation_fetches_total", "GET", "time-limit") == 2
    assert more("gateway_revocation_fetch_seconds_count", "GET") == 2


PROCESSES = """
import os
from prometheus_client import generate_latest
from gateway.metrics import TIMESTAMP_RESTING, count_timestamp_attempt, counted_registry, forget_dead_processes
from signing.timestamps.fallback import TimestampAttempt

for seconds in (1.0, 2.0):
    child = os.fork()
    if child == 0:
        count_timestamp_attempt(TimestampAttempt("TSA 1", "stamped", seconds))
        TIMESTAMP_RESTING.labels("TSA 1").set(1)
        os._exit(0)
    os.waitpid(child, 0)
print(generate_latest(counted_registry()).decode())
forget_dead_processes()
print("----")
print(generate_latest(counted_registry()).decode())
"""


def test_what_several_processes_counted_is_one_sum_and_the_dead_have_no_say_in_what_is_now(tmp_path: Path) -> None:
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}

    done = subprocess.run(
        [sys.executable, "-c", PROCESSES], env=environment, capture_output=True, text=True, timeout=60, check=True
    )

    before, after = done.stdout.split("----")
    for text in (before, after):
        assert 'gateway_timestamp_attempts_total{authority="TSA 1",outcome="stamped"} 2.0' in text
        assert 'gateway_timestamp_seconds_sum{authority="TSA 1"} 3.0' in text
    assert 'gateway_timestamp_authority_resting{authority="TSA 1"} 1.0' in before
    assert "gateway_timestamp_authority_resting{" not in after
