"""What must not be written is not written, whichever way it comes to the log."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from config.logging import configure_logging

SECRETS = ["482917", "tok-abcdefghijk", "whsec_c2VjcmV0LXNlY3JldA==", "4111 1111 1111 1111"]


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """A log written to memory; the logging of the test run itself is put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    stream = io.StringIO()
    configure_logging("DEBUG", stream)
    yield stream
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def test_each_event_is_one_line_of_json(stream: io.StringIO) -> None:
    structlog.get_logger("a").info("signed", document_id="D-1")
    logging.getLogger("b").warning("%s happened", "something")

    events = [json.loads(line) for line in stream.getvalue().splitlines()]

    assert [event["event"] for event in events] == ["signed", "something happened"]
    assert events[0]["document_id"] == "D-1"


def test_secrets_go_by_name_and_by_look_in_fields_messages_and_tracebacks(stream: io.StringIO) -> None:
    log = structlog.get_logger("a")
    log.info("login", pin=SECRETS[0], nested={"client_secret": SECRETS[1]}, card=SECRETS[3])
    log.info(f"call with Authorization: Bearer {SECRETS[1]} and pin={SECRETS[0]}")
    logging.getLogger("b").info("made %s", SECRETS[2])
    try:
        raise ValueError(f"pkcs11:token=x?pin-value={SECRETS[0]}")
    except ValueError:
        log.exception("failed")

    for secret in SECRETS:
        assert secret not in stream.getvalue()
    assert "ValueError" in stream.getvalue()


def test_ordinary_facts_stay_readable(stream: io.StringIO) -> None:
    structlog.get_logger("a").info("paid", amount_minor=150000, order="DH-2026-0001", sha256="ab" * 32)

    event = json.loads(stream.getvalue())

    assert event["amount_minor"] == 150000
    assert event["sha256"] == "ab" * 32
