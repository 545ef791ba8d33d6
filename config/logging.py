"""One JSON event a line, with what must never be written taken out before anything is rendered."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

REDACTED = "[redacted]"
_SECRET_NAME = re.compile(
    r"pin|pass(word|phrase)?$|secret|token$|authorization|cookie|private|api_?key|hash_?secret|otp", re.IGNORECASE
)
_SECRET_IN_TEXT = (
    re.compile(r"(?i)\b(bearer|basic|apikey)\s+[A-Za-z0-9._~+/=-]{8,}"),
    re.compile(r"(?i)\b(pin-value|pin|password|passphrase|secret|client_secret|vnp_securehash)=[^\s&;\"']+"),
    re.compile(r"whsec_[A-Za-z0-9+/=]+"),
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL),
)
# Libraries that tell each of their steps.
CHATTY = ("fontTools", "fpdf", "botocore", "aiobotocore", "s3fs", "urllib3", "huey")
_CARD_NUMBER = re.compile(r"\b(?:\d[ -]?){15,18}\d\b")


def redact(value: Any, name: str = "") -> Any:
    """Return value without secrets: by the name it goes under, and by its look inside text."""
    if name and _SECRET_NAME.search(name) and name not in {"token_label"}:
        return REDACTED
    if isinstance(value, str):
        for pattern in _SECRET_IN_TEXT:
            value = pattern.sub(REDACTED, value)
        return _CARD_NUMBER.sub(REDACTED, value)
    if isinstance(value, dict):
        return {key: redact(item, str(key)) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redact(item) for item in value]
    return value


def redact_event(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """structlog processor: redact every field of an event, tracebacks included."""
    for name in list(event):
        event[name] = redact(event[name], name)
    return event


def configure_logging(level: str, stream: TextIO | None = None) -> None:
    """Send structlog's and the standard library's events through one redacting JSON renderer."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, structlog.stdlib.PositionalArgumentsFormatter()],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            redact_event,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
