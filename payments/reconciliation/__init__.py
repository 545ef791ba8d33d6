"""Reconciliation: what the bank says came in against what we say was paid."""
