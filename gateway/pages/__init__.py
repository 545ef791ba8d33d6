"""What the pages show, read from the database: one file for each kind of page."""
