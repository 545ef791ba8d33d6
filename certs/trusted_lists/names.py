"""Names and identifiers of trusted lists. Source: ETSI TS 119 612 V2.3.1, 5 and annexes C and D."""

from certs.model import Purpose

TSL = "http://uri.etsi.org/02231/v2#"
LIST_OF_LISTS = "http://uri.etsi.org/TrstSvc/TrustedList/TSLType/EUlistofthelists"
LISTS_OF_LISTS = frozenset(
    {
        LIST_OF_LISTS,
        # Schemes outside the EU write their own country in place of CC. Source: TS 119 612, D.2.
        "http://uri.etsi.org/TrstSvc/TrustedList/TSLType/CClist",
    }
)
XML_LIST = "application/vnd.etsi.tsl+xml"

_SERVICES = "http://uri.etsi.org/TrstSvc/Svctype/"
CA_SERVICES = frozenset(f"{_SERVICES}{kind}" for kind in ("CA/QC", "CA/PKC", "NationalRootCA-QC"))
TSA_SERVICES = frozenset(f"{_SERVICES}{kind}" for kind in ("TSA", "TSA/QTST", "TSA/TSS-QC", "TSA/TSS-AdESQCandQES"))

_STATUS = ("http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/", "http://uri.etsi.org/TrstSvc/Svcstatus/")
_GOOD = (
    *("granted", "recognisedatnationallevel"),
    # Until July 2016, and in schemes that follow earlier versions. Source: TS 119 612 V1.1.1, 5.5.4.
    *("undersupervision", "supervisionincessation", "accredited", "setbynationallaw"),
)
GOOD_STATUSES = frozenset(f"{base}{status}" for base in _STATUS for status in _GOOD)

_FOR = "http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/"
FOR_SIGNATURES, FOR_SEALS, FOR_WEBSITES = f"{_FOR}ForeSignatures", f"{_FOR}ForeSeals", f"{_FOR}ForWebSiteAuthentication"
# What a CA's certificates are for, where the list says so. Citizens and businesses send signatures and seals alike.
MARKS_OF_PURPOSE = {
    Purpose.CITIZEN: frozenset({FOR_SIGNATURES, FOR_SEALS}),
    Purpose.OFFICIAL: frozenset({FOR_SIGNATURES}),
    Purpose.ORGANISATION: frozenset({FOR_SEALS}),
}


def tsl(name: str) -> str:
    """Return the name of a trusted list's element as lxml writes it."""
    return f"{{{TSL}}}{name}"
