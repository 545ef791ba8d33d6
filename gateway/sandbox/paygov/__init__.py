"""The ministry's payment hub."""
