"""A stand-in for MoMo, gateway v2: create, IPN, query and refund."""
