"""VNPAY, protocol 2.1.0: redirect, IPN, querydr and refund."""
