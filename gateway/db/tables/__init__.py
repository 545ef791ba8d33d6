"""The gateway's own tables: who calls, what was uploaded, what is due, what happened."""
