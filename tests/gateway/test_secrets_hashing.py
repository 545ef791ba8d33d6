"""What is kept of passwords and client secrets: hashes that cost a guesser as much as RFC 9106 asks for."""

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher, Type, extract_parameters

from gateway.auth import secrets_hashing
from gateway.auth.secrets_hashing import hash_secret, secret_matches

SECRET = "đúng mật khẩu"


@pytest.fixture
def as_shipped(shipped_hasher: PasswordHasher, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The application as it is, without the cheap hashes of other tests."""
    monkeypatch.setattr(secrets_hashing, "_HASHER", shipped_hasher)
    secrets_hashing._nobody.cache_clear()
    yield
    secrets_hashing._nobody.cache_clear()


@pytest.mark.usefixtures("as_shipped")
def test_a_hash_costs_what_rfc_9106_recommends_where_memory_is_short_and_proves_its_secret_only() -> None:
    stored = hash_secret(SECRET)
    costs = extract_parameters(stored)
    assert (costs.type, costs.hash_len, costs.salt_len) == (Type.ID, 32, 16)
    assert (costs.time_cost, costs.parallelism, costs.memory_cost) == (3, 4, 64 * 1024)
    assert SECRET not in stored
    assert stored != hash_secret(SECRET)
    assert secret_matches(stored, SECRET)
    assert not secret_matches(stored, SECRET.upper())


@pytest.mark.usefixtures("as_shipped")
def test_an_unknown_name_is_checked_against_a_hash_of_the_same_cost_and_never_matches() -> None:
    assert extract_parameters(secrets_hashing._nobody()) == extract_parameters(hash_secret(SECRET))
    assert not secret_matches(None, "nobody")
