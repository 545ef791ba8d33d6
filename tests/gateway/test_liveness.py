"""Connections that the server ended while they rested are replaced before anybody uses them."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from gateway.db import liveness, schema
from gateway.db.engine import make_engine
from gateway.db.unit_of_work import pipelined_work
from tests.postgres import fresh_database


@pytest.fixture
def pooled(postgres: str):
    with fresh_database(postgres) as url:
        engine = make_engine(url)
        yield engine
        engine.dispose()


def _use(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.execute(text("SELECT pg_backend_pid()")).scalar_one()


def _end_all_but_ours(engine: Engine) -> None:
    """Do what a restart of the server does to those who are connected."""
    other = create_engine(make_url(engine.url).set(database="postgres"), isolation_level="AUTOCOMMIT")
    with other.connect() as connection:
        ended = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = :name"
        assert connection.execute(text(ended), {"name": engine.url.database}).scalars().all() == [True, True]
    other.dispose()


def _with_two_connections(engine: Engine) -> None:
    with engine.connect() as one, engine.connect() as other:
        one.execute(text("SELECT 1"))
        other.execute(text("SELECT 1"))


def test_a_connection_that_died_while_it_rested_is_replaced(pooled: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    _with_two_connections(pooled)
    before = _use(pooled)
    _end_all_but_ours(pooled)
    monkeypatch.setattr(liveness, "_TRUSTED_SECONDS", 0.0)

    assert _use(pooled) != before


def test_one_that_was_just_used_is_not_asked_and_its_end_is_told_once(
    pooled: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(liveness, "_TRUSTED_SECONDS", 60.0)
    _with_two_connections(pooled)
    _end_all_but_ours(pooled)

    with pytest.raises(OperationalError):
        _use(pooled)

    assert [_use(pooled) > 0, _use(pooled) > 0] == [True, True]


def test_a_pipeline_whose_server_goes_away_says_so_and_the_next_one_works(
    pooled: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(liveness, "_TRUSTED_SECONDS", 60.0)
    schema.upgrade(pooled)
    now = datetime.now(UTC)
    _with_two_connections(pooled)

    with pytest.raises(OperationalError), pipelined_work(pooled, lambda: None) as work:
        work.happened("order.paid", "subject", "unit", {}, now)
        _end_all_but_ours(pooled)
        work.commit()

    with pipelined_work(pooled, lambda: None) as work:
        work.happened("order.paid", "subject", "unit", {}, now)
        work.commit()
    with pooled.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM events")).scalar_one() == 1


def test_a_connection_that_was_lost_while_it_committed_is_not_lent_again(pooled: Engine) -> None:
    """Its loss was seen by the pipeline alone, and it was used a moment ago."""
    schema.upgrade(pooled)
    pooled.dispose()
    now = datetime.now(UTC)
    with pytest.raises(OperationalError), pipelined_work(pooled, lambda: None) as work:
        pid = work.session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        work.commit()
        work.happened("order.paid", "subject", "unit", {}, now)
        other = create_engine(make_url(pooled.url).set(database="postgres"), isolation_level="AUTOCOMMIT")
        with other.connect() as connection:
            connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
        other.dispose()
        work.commit()

    assert _use(pooled) != pid
