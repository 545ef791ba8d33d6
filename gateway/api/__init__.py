"""The JSON API under /v1: one file for each resource; parse, one journey, render."""

from gateway.api import (
    augmentations,
    certificate_decisions,
    documents,
    events,
    fee_orders,
    ledger,
    receipts,
    refunds,
    revocation,
    signing_previews,
    signing_profiles,
    signing_requests,
    statements,
    timestamps,
    trust_anchors,
    validations,
)

BLUEPRINTS = (
    documents.blueprint,
    signing_requests.blueprint,
    signing_profiles.blueprint,
    signing_previews.blueprint,
    validations.blueprint,
    augmentations.blueprint,
    timestamps.blueprint,
    fee_orders.blueprint,
    receipts.blueprint,
    refunds.blueprint,
    ledger.blueprint,
    statements.blueprint,
    events.blueprint,
    certificate_decisions.blueprint,
    trust_anchors.blueprint,
    revocation.blueprint,
)
