"""JAdES signatures: JSON Web Signatures with the header parameters of ETSI TS 119 182-1."""
