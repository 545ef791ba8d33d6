"""Containers of files with their signatures: ASiC-S and ASiC-E (ETSI EN 319 162-1)."""
