"""Where and how revocation status is asked, and how its answers are read."""
