"""Stand-ins for payment providers, which speak their protocols over HTTP: for demonstrations and tests on this machine.

Each is written from its provider's guide and shares no code with payments.providers, so that the two prove each other.
A provider is one folder here and one line in registry; how its calls go astray is the frame's work (modes, courier).
"""
