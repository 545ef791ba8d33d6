"""Raising signatures to a higher level, whoever made them, and keeping archives provable."""
