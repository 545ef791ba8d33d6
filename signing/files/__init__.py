"""Signing of files that are no PDF: CAdES, containers and JSON."""
