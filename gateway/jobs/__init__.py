"""Background work: rows that are due, and the wake-ups that make it prompt."""
