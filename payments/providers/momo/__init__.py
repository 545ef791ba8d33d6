"""MoMo, payment gateway v2: create (page, QR, app link), IPN, query and refund."""
