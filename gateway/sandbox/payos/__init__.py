"""payOS at the sandbox."""
