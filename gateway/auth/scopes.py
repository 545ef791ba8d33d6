"""What a machine client may be allowed to do."""

SCOPES: dict[str, str] = {
    "documents:read": "Read documents and their bytes",
    "documents:write": "Upload documents",
    "signing:read": "Read signing requests and profiles",
    "signing:write": "Ask for signatures, cancel and refuse",
    "validations:read": "Read validation reports",
    "validations:write": "Have signatures validated",
    "evidence:read": "Read augmentations and time-stamps",
    "evidence:write": "Raise signatures to higher levels, ask for time-stamps",
    "fees:read": "Read fee orders and receipts",
    "fees:write": "Open and cancel fee orders, start payments",
    "catalogue:write": "Import the catalogue of fees and reductions",
    "receipts:write": "Cancel, replace and reprint receipts, close their series",
    "counter:write": "Enter payments at the counter, take them back the same day, pay cash into the bank",
    "refunds:request": "Ask for refunds",
    "refunds:approve": "Approve, reject and hand over refunds",
    "finance:read": "Read the ledger, statements and reconciliations",
    "finance:write": "Import statements, enter and approve providers' payouts and fees and remittances",
    "events:read": "Read events",
    "webhooks:write": "Manage webhook endpoints",
    "certificates:read": "Read the certificate inventory and kept revocation answers",
    "certificates:write": "Take certificates in, hold, release and withdraw them",
    "trust:read": "Read trust anchors",
    "trust:write": "Propose, confirm and end trust anchors, for the whole gateway",
}
# Decisions of those who run the gateway: a processing system gets them only where they are named.
OPERATOR_SCOPES = frozenset({"certificates:write", "trust:write"})
