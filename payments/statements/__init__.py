"""Bank statements: what a file from the bank says, read strictly and checked against itself."""
