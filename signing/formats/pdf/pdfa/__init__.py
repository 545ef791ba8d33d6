"""PDF/A: what a file claims to be, and whether a signature leaves it so."""
