"""`gateway certs`: signing certificates, their keys, and trust anchors; each group of commands in a file of its own."""

from gateway.cli.certificates import algorithms, anchors, inspection, inventory, tokens, trusted_lists
from gateway.cli.certificates.reading import app

__all__ = ["algorithms", "anchors", "app", "inspection", "inventory", "tokens", "trusted_lists"]
