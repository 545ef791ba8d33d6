"""A stand-in for ZaloPay, gateway v2: create, callback, query, refund and query_refund."""
