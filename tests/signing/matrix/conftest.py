"""One authority, one token and one set of key files for all lines."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.secrets import LocalSecrets
from signing.key_sources.registry import KeySources
from tests.certs.authority import Holder, running_authority
from tests.signing.augmentation.bench import City
from tests.signing.matrix.bench import Bench, Keys, new_key, write_p12
from tests.signing.matrix.cells import CELLS
from tests.signing.softhsm import PIN, make_token


@pytest.fixture(scope="session")
def keys_city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[City, Keys]]:
    """The city, with keys in a token and the same ones in files."""
    folder = tmp_path_factory.mktemp("matrix")
    with running_authority(datetime.now(UTC).replace(microsecond=0)) as (authority, server):

        def known(holder: Holder) -> Holder:
            server.issued[holder.certificate.serial_number] = holder.certificate
            return holder

        stamping = known(authority.tsa(ends=timedelta(days=3650)))
        names = sorted({cell.key for cell in CELLS})
        holders = {name: known(authority.leaf("Nguyễn Văn Ví Dụ", key=new_key(name))) for name in names}
        first = known(authority.leaf("Người ký trước"))
        (folder / "pin").write_text(PIN)
        for name, holder in holders.items():
            write_p12(folder / f"{name}.p12", holder)
        with pytest.MonkeyPatch.context() as patch:
            token = make_token(folder / "hsm", patch, "ma-tran", holders)
            sources = KeySources(LocalSecrets(), pkcs11_module=token.module, timeout_seconds=30)
            pin = f"?pin-source=file:{folder}/pin"
            opened = {("pkcs12", name): sources.open_key_source(f"pkcs12:{folder}/{name}.p12{pin}") for name in names}
            opened |= {
                ("pkcs11", name): sources.open_key_source(f"pkcs11:token=ma-tran;object={name}{pin}") for name in names
            }
            try:
                yield City(authority, server, stamping, folder), Keys(holders, opened, first)
            finally:
                sources.close_all()


@pytest.fixture
def bench(keys_city: tuple[City, Keys], tmp_path: Path) -> Bench:
    city, keys = keys_city
    return Bench(City(city.authority, city.server, city.stamping, tmp_path), keys)
