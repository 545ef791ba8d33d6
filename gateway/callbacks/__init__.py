"""Calls that prove themselves by a signature: payment providers now, desk tools later."""
