"""Addresses of key sources."""

from pathlib import Path

import pytest

from config.secrets import LocalSecrets
from signing.errors.keys import KeySourceNotServedYet, KeySourceUnavailable, KeySourceUriInvalid
from signing.key_sources.pkcs11_uri import TokenAddress
from signing.key_sources.registry import KeySources, choose_module
from signing.key_sources.uri import (
    CscAddress,
    DeskAddress,
    Pkcs11Address,
    Pkcs12Address,
    is_server_side,
    parse_key_source_uri,
)


def test_an_rfc_7512_address_is_read_with_its_escapes():
    uri = "pkcs11:token=The%20desk;serial=0a1b;object=official;id=%01%ff;type=private?pin-source=file:/run/pin"

    assert parse_key_source_uri(uri) == Pkcs11Address(
        TokenAddress(token="The desk", serial="0a1b"), "official", b"\x01\xff", "file:/run/pin"
    )


def test_every_attribute_of_rfc_7512_is_read_and_vendors_own_are_passed_over():
    uri = (
        "pkcs11:library-manufacturer=Snake%20Oil,%20Inc.;library-description=Soft%20Token%20Library;library-version=3"
        ";slot-id=327;slot-description=Reader%201;slot-manufacturer=Readers;manufacturer=Snake;model=1.0;x-muc=1"
        ";token=T%C3%A9;serial=4527a22ea7d4afd4;object=my-sign-key;type=private;id=%69%95%3E%5C%F4%BD%EC%91"
        "?module-name=snake&module-path=/usr/lib/libsnake.so&pin-source=file:/etc/token%3Fpin&x-pin=2"
    )

    address = parse_key_source_uri(uri)

    token = TokenAddress(
        token="Té",
        serial="4527a22ea7d4afd4",
        manufacturer="Snake",
        model="1.0",
        library_manufacturer="Snake Oil, Inc.",
        library_description="Soft Token Library",
        library_version=(3, 0),
        slot_id=327,
        slot_description="Reader 1",
        slot_manufacturer="Readers",
        module_name="snake",
        module_path="/usr/lib/libsnake.so",
    )
    assert address == Pkcs11Address(token, "my-sign-key", bytes.fromhex("69953e5cf4bdec91"), "file:/etc/token?pin")


def test_only_a_module_that_the_settings_allow_is_loaded():
    modules = (Path("/usr/lib/softhsm/libsofthsm2.so"), Path("/usr/lib/libeToken.so"))

    assert choose_module(modules, TokenAddress("a")) == modules[0]
    assert choose_module(modules, TokenAddress("a", module_name="eToken")) == modules[1]
    assert choose_module(modules, TokenAddress("a", module_path="/usr/lib/libeToken.so")) == modules[1]
    for other in ({"module_name": "evil"}, {"module_path": "/home/evil.so"}):
        with pytest.raises(KeySourceUnavailable):
            choose_module(modules, TokenAddress("a", **other))
    with pytest.raises(KeySourceUnavailable):
        choose_module(modules, TokenAddress("a", module_name="eToken", module_path=str(modules[0])))


def test_a_key_file_address_is_read():
    address = parse_key_source_uri("pkcs12:/etc/keys/con%20d%E1%BA%A5u.p12?pin-source=env:SEAL")

    assert address == Pkcs12Address(Path("/etc/keys/con dấu.p12"), "env:SEAL")


def test_keys_at_desks_and_with_remote_services_are_read_and_are_not_the_servers():
    assert parse_key_source_uri("desk:serial=5404-A0b1") == DeskAddress("5404-A0b1")
    assert parse_key_source_uri("csc:vnpt;credential=GX%3B0112%2F34") == CscAddress("vnpt", "GX;0112/34")

    assert [is_server_side(uri) for uri in ("desk:serial=1", "csc:vnpt;credential=1")] == [False, False]
    assert is_server_side("pkcs12:/key.p12?pin-source=env:P")


@pytest.mark.parametrize("uri", ["desk:serial=5404", "csc:vnpt;credential=GX0112"])
def test_a_key_that_nothing_here_reaches_is_refused_in_so_many_words(uri):
    with pytest.raises(KeySourceNotServedYet):
        KeySources(LocalSecrets(), pkcs11_module=None, timeout_seconds=1).open_key_source(uri)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "pkcs11",
        "https://example.vn/key",
        "pkcs11:token=a;object=b",
        "pkcs11:token=a;object=b?pin-value=12345678",
        "pkcs11:token=a;object=b?pin-source=%7Ccat%20/run/pin",
        "pkcs11:token=a;object=b?pin-source=env:P&pin-source=env:Q",
        "pkcs11:token=a;object=b;slot=1?pin-source=env:P",
        "pkcs11:token=a;object=%zz?pin-source=env:P",
        "pkcs11:token=%ff;object=b?pin-source=env:P",
        "pkcs11:slot-id=first;object=b?pin-source=env:P",
        "pkcs11:token=a;library-version=3.x;object=b?pin-source=env:P",
        "pkcs11:token=a;object=b?pin-source=12345678",
        "pkcs11:token=a;object=b;type=cert?pin-source=env:P",
        "pkcs11:token=a;token=c;object=b?pin-source=env:P",
        "pkcs11:object=b?pin-source=env:P",
        "pkcs11:token=a?pin-source=env:P",
        "pkcs11:token;object=b?pin-source=env:P",
        "pkcs12:relative.p12?pin-source=env:P",
        "pkcs12:/key.p12",
        "desk:",
        "desk:serial=",
        "desk:serial=a b",
        "desk:serial=5404;pin=12345678",
        "csc:",
        "csc:service",
        "csc:service;credential=",
        "csc:Service;credential=a",
        "csc:service;credential=a%00",
        "csc:service;credential=a;pin=12345678",
        "csc:;credential=a",
    ],
)
def test_an_address_that_is_unsound_is_refused_without_repeating_it(uri):
    with pytest.raises(KeySourceUriInvalid) as caught:
        parse_key_source_uri(uri)

    assert "12345678" not in str(caught.value)
