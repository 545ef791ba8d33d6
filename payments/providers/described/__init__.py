"""Providers whose messages are data: a TOML file names the fields, their order, what they mean and how they are proved.

For protocols whose specification is not public, so that a name or an order that differs is a line in a file.
"""
