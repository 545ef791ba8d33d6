"""A treasury office that tells of money orders to the budget."""
