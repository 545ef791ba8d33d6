"""Casso: tells of credits on bank accounts by a webhook, version 2."""
