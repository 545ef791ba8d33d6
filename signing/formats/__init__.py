"""Signature formats: bytes in, bytes out; they know no network and no database."""
