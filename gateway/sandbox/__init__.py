"""A stand-in for VNPAY that speaks its protocol 2.1.0 over HTTP, for demonstrations and tests on this machine only.

It is written from VNPAY's guide and shares no code with payments.providers, so that the two prove each other.
"""
