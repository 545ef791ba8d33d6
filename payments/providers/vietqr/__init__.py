"""Bank transfer by VietQR: the payload, and the reference by which a transfer finds its order."""
