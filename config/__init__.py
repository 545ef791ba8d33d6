"""Settings, logging and the few shapes every package shares; imports nothing of ours."""
