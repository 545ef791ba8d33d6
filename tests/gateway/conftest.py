"""A migrated database of each kind, and services around it with the real adapters."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from config.confinement import InProcess
from config.settings import Settings, load_settings
from gateway.db.engine import make_engine
from gateway.services import Services, build_services


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on a migrated, empty database."""
    made = make_engine(database_url)
    yield made
    made.dispose()


@pytest.fixture
def settings(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings as an operator would write them, for this test's database and folder."""
    monkeypatch.setenv("TEST_MASTER_SECRET", "a master secret for tests only")
    monkeypatch.setenv("TEST_VNPAY_SECRET", "a provider secret for tests only")
    profile = tmp_path / "gateway.toml"
    profile.write_text(
        f"""
environment = "development"
data_folder = "{tmp_path}"
database_url = "{database_url}"
queue_url = "sqlite:///{tmp_path}/queue.db"
public_url = "http://127.0.0.1:8000"
master_secret = "env:TEST_MASTER_SECRET"
outgoing_networks = ["127.0.0.0/8"]
[blobs]
url = "file://{tmp_path}/blobs"
[limits]
document_size_bytes = 2_000_000
[vnpay]
tmn_code = "TESTTMN1"
hash_secret = "env:TEST_VNPAY_SECRET"
payment_url = "http://127.0.0.1:9/paymentv2/vpcpay.html"
api_url = "http://127.0.0.1:9/merchant_webapi/api/transaction"
""",
        encoding="utf-8",
    )
    return load_settings(profile)


@pytest.fixture
def services(settings: Settings, engine: Engine) -> Iterator[Services]:
    """The services as built for production, but parsing in this process: the child has tests of its own."""
    made = replace(build_services(settings), engine=engine, confined=InProcess())
    yield made
    made.close()
