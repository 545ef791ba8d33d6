"""Namespaces and algorithm identifiers of XML signatures.

Sources: XML Signature Syntax and Processing 1.1 (W3C, 2013); RFC 9231; ETSI EN 319 132-1 V1.2.1.
"""

DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
XADES141 = "http://uri.etsi.org/01903/v1.4.1#"
XML = "http://www.w3.org/XML/1998/namespace"

SIGNED_PROPERTIES_TYPE = "http://uri.etsi.org/01903#SignedProperties"
COUNTERSIGNED_TYPE = "http://uri.etsi.org/01903#CountersignedSignature"
OBJECT_TYPE = f"{DS}Object"
MANIFEST_TYPE = f"{DS}Manifest"

C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
C14N_COMMENTS = f"{C14N}#WithComments"
C14N11 = "http://www.w3.org/2006/12/xml-c14n11"
C14N11_COMMENTS = f"{C14N11}#WithComments"
EXC_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
EXC_C14N_COMMENTS = f"{EXC_C14N}WithComments"

ENVELOPED = f"{DS}enveloped-signature"
BASE64 = f"{DS}base64"
XPATH = "http://www.w3.org/TR/1999/REC-xpath-19991116"
XPATH_FILTER_2 = "http://www.w3.org/2002/06/xmldsig-filter2"

DIGEST_URIS = {
    "sha256": "http://www.w3.org/2001/04/xmlenc#sha256",
    "sha384": "http://www.w3.org/2001/04/xmldsig-more#sha384",
    "sha512": "http://www.w3.org/2001/04/xmlenc#sha512",
}
_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
# By SignatureAlgorithm's value. RSASSA-PSS as in RFC 9231, 2.3.10: a salt as long as the digest, MGF1 over the same.
SIGNATURE_URIS = {
    **{f"rsa-{digest}": f"{_MORE}rsa-{digest}" for digest in DIGEST_URIS},
    **{f"ecdsa-{digest}": f"{_MORE}ecdsa-{digest}" for digest in DIGEST_URIS},
    **{f"rsassa-pss-{digest}": f"http://www.w3.org/2007/05/xmldsig-more#{digest}-rsa-MGF1" for digest in DIGEST_URIS},
    "ed25519": "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519",
}


def ds(name: str) -> str:
    """Return the name of an XML Signature element as lxml writes it."""
    return f"{{{DS}}}{name}"


def xades(name: str) -> str:
    """Return the name of a XAdES 1.3.2 element as lxml writes it."""
    return f"{{{XADES}}}{name}"


def xades141(name: str) -> str:
    """Return the name of a XAdES 1.4.1 element as lxml writes it."""
    return f"{{{XADES141}}}{name}"
