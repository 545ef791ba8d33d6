"""What a signature looks like on the page; it knows no key."""
