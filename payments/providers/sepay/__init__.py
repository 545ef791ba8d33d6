"""SePay: tells of credits on bank accounts by a webhook with an API key."""
