"""The JSON API under /v1: one file for each resource; parse, one journey, render."""
