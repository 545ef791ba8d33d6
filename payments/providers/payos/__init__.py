"""payOS: payment links that are paid by bank transfer, their webhook, query and cancelling."""
