"""Addresses from data lead outwards or nowhere."""

import pytest

from certs.errors import AddressNotAllowed
from gateway.outgoing import AddressGuard


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/x",
        "http://localhost:8000/",
        "http://10.1.2.3/",
        "http://192.168.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://2130706433/",
        "http://0.0.0.0/",
        "file:///etc/passwd",
        "gopher://example.org/",
        "http://user:password@93.184.216.34/",
        "http:///nohost",
        "http://no-such-host.invalid/",
        "not an address",
    ],
)
def test_inner_odd_and_unresolvable_addresses_are_refused(address: str) -> None:
    with pytest.raises(AddressNotAllowed):
        AddressGuard(())(address)


def test_public_addresses_pass_and_inner_ones_that_the_operator_opened() -> None:
    AddressGuard(())("http://93.184.216.34/crl")
    AddressGuard(("127.0.0.0/8",))("http://127.0.0.1:8080/ocsp")
    with pytest.raises(AddressNotAllowed):
        AddressGuard(("127.0.0.0/8",))("http://10.0.0.1/")
