"""What can be said about the signatures in a file, offline and in our own words."""
