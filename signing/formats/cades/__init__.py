"""CAdES signatures: CMS SignedData with the attributes of ETSI EN 319 122-1."""
