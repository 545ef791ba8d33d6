"""Trusted lists: which trust services a scheme operator supervises, since when and until when (ETSI TS 119 612)."""
