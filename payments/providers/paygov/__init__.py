"""PayGov, the ministry's payment hub: all of its messages are configuration, as its specification is not public."""
