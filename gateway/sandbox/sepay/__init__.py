"""SePay at the sandbox."""
