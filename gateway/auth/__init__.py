"""Who calls: machines by OAuth 2 client credentials, people by local accounts."""
