"""Casso at the sandbox."""
