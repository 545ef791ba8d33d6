"""A stand-in for VNPAY, protocol 2.1.0: payment page, IPN, querydr and refund."""
