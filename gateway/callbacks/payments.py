"""Takes providers' callbacks: keep it, settle it, answer in the provider's own words."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

import structlog
from flask import Blueprint, Response, current_app, request
from sqlalchemy.exc import SQLAlchemyError

from config.secrets import SecretUnavailable
from gateway.payment_events import recorder
from gateway.services import Services
from payments.journeys import keep_callback, settle_arrived, settle_callback
from payments.model import Acknowledgement, CallbackCall, Settlement, SettlementOutcome
from payments.providers.base import Provider, secret_digest

blueprint = Blueprint("callbacks", __name__, url_prefix="/callbacks")
log = structlog.get_logger()
BODY_BYTES = 256 * 1024
# Beside what the provider's proof needs, nothing else of a request's headers is kept.
KEPT_HEADERS = frozenset({"content-type", "user-agent"})


@blueprint.route("/<provider_name>", methods=["GET", "POST"])
def receive(provider_name: str) -> Response:
    """Take one provider's call.

    The call proves itself by its signature: no session here and no CSRF token. Slow work (receipt, webhook) is left
    to the outbox. When our side fails, the answer makes the provider call again.
    """
    services = cast("Services", current_app.extensions["services"])
    provider = services.providers.named(provider_name)
    call = _call(provider)
    try:
        acknowledgement = settle_call(services, provider, call)
    except (SQLAlchemyError, SecretUnavailable):
        log.exception("a callback could not be settled; the provider will repeat it", provider=provider_name)
        acknowledgement = provider.acknowledgement(SettlementOutcome.OUR_FAULT, call)
    return Response(acknowledgement.body, status=acknowledgement.status, content_type=acknowledgement.content_type)


def settle_call(services: Services, provider: Provider, call: CallbackCall) -> Acknowledgement:
    """Keep a call in a transaction of its own, then settle it in another; returns what the provider is told."""
    now = datetime.now(UTC)
    call = replace(call, received_at=now)
    with services.pipelined_work() as work:
        callback_id = keep_callback(work.payments, provider.name, call, now=now)
        work.commit_ahead()
        record = recorder(work, f"provider:{provider.name}", now)
        settlement = settle_arrived(work.payments, provider, callback_id, call, now=now, record=record)
        work.commit()
    return _told(provider, settlement)


def settle_kept(services: Services, provider: Provider, callback_id: str, now: datetime) -> Acknowledgement:
    """Settle a call that is on file since before."""
    with services.unit_of_work() as work:
        record = recorder(work, f"provider:{provider.name}", now)
        settlement = settle_callback(work.payments, provider, callback_id, now=now, record=record)
        work.commit()
    return _told(provider, settlement)


def _told(provider: Provider, settlement: Settlement) -> Acknowledgement:
    log.info("callback settled", provider=provider.name, outcome=settlement.outcome, order_id=settlement.order_id)
    if settlement.acknowledgement is None:
        raise LookupError("a settled call has an answer")
    return settlement.acknowledgement


def _call(provider: Provider) -> CallbackCall:
    kept = KEPT_HEADERS | provider.proof_headers
    headers = {name.lower(): value for name, value in request.headers.items() if name.lower() in kept}
    for name in provider.secret_headers & headers.keys():
        headers[name] = secret_digest(headers[name])
    # A body beyond the limit is cut, so its proof fails: it is refused and still on file.
    body = request.stream.read(BODY_BYTES)
    return CallbackCall(
        method=request.method,
        query=request.query_string,
        body=body,
        headers=headers,
        client_address=request.remote_addr or "",
    )
