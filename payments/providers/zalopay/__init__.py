"""ZaloPay, gateway v2: create (page, QR), callback, query, refund and its query."""
