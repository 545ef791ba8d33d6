"""Secrets that are kept by another service; config.secrets knows the local ones."""
