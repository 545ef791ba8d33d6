"""A wrong PIN is tried once, however many keys, workers and weeks there are."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from gateway.certificate_care import check_keys, check_one
from gateway.devpki.model import OFFICIAL, SEAL
from tests.journeys.city import City, Tokens
from tests.journeys.token_workers import CountingSecrets, guarded_worker, new_worker


def test_a_self_check_of_all_keys_tries_a_wrong_pin_once_for_all_certificates_of_its_token(
    token_city: City, tokens: Tokens, pins: CountingSecrets
) -> None:
    for name in ("citizen", "stranger"):
        token_city.use_key(name, tokens.uri(OFFICIAL))
    tokens.set_pin(OFFICIAL, "99999999")
    wrong, right = f"file:{tokens.pin_file(OFFICIAL)}", f"file:{tokens.pin_file(SEAL)}"
    now = datetime.now(UTC)

    token_city.services.key_sources.close_all()
    first = {check.certificate_id: check.code for check in check_keys(token_city.services, now)}
    assert list(first.values()).count("pin-incorrect") == 1
    assert first[token_city.seed.certificates[SEAL]] == ""
    assert (pins.read_of[wrong], pins.read_of[right]) == (1, 1)

    # A week later, in another process, and when somebody asks: the key is held, so its PIN is left alone.
    new_worker(token_city, pins)
    check_keys(token_city.services, now)
    assert check_keys(token_city.services, now, token_city.seed.certificates[OFFICIAL]) == ()
    assert pins.read_of[wrong] == 1

    tokens.set_pin(OFFICIAL)
    token_city.release(OFFICIAL)
    (again,) = check_keys(token_city.services, now, token_city.seed.certificates[OFFICIAL])
    assert again.code == ""
    assert pins.read_of[wrong] == 2


def test_workers_that_need_a_token_at_the_same_moment_try_its_wrong_pin_once(
    token_city: City, tokens: Tokens, pins: CountingSecrets
) -> None:
    names = (OFFICIAL, "citizen", "stranger")
    for name in names:
        token_city.use_key(name, tokens.uri(OFFICIAL))
    tokens.set_pin(OFFICIAL, "99999999")
    # Long enough for all of them to have found their certificate in use.
    pins.slow_seconds = 0.5
    workers = [guarded_worker(token_city, pins) for _ in names]
    with ThreadPoolExecutor(3) as pool:
        ids = [token_city.seed.certificates[name] for name in names]
        checks = list(pool.map(check_one, workers, ids))

    assert sorted(check.code for check in checks if check is not None) == ["pin-incorrect"]
    assert sum(pins.read_of.values()) == 1
    assert {token_city.certificate(name).hold_code for name in names} == {"pin-incorrect"}
    assert len(token_city.events("certificate.held")) == 3

    tokens.set_pin(OFFICIAL)
    pins.slow_seconds = 0.0
    token_city.release(OFFICIAL)
    assert [check_one(worker, ids[0]).code for worker in workers] == ["", "", ""]  # type: ignore[union-attr]
    for worker in workers:
        worker.key_sources.close_all()
