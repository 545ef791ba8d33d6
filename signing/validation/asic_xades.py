"""The XAdES signatures of a container: each in its file, over the files around it.

Source: ETSI EN 319 162-1 V1.1.1, 4.3.3.2 and 4.4.3.2; ETSI EN 319 102-1 V1.3.1, 5.2.
"""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from certs.model import Indication, SubIndication
from certs.revocation.model import StatusQuery
from signing.errors.documents import DocumentNotSignable
from signing.formats.asic.container import ASIC_S, Container
from signing.formats.asic.layout import Layout
from signing.formats.asic.xml_signatures import ContainerFiles
from signing.formats.xml.parsing import Element, parse_xml
from signing.validation.policy import ValidationPolicy
from signing.validation.report import Modifications, SignatureReport
from signing.validation.wording import reason
from signing.validation.xades_report import XmlContext, judge_with_files
from signing.validation.xml_document import xml_queries


def judge_xml_files(
    container: Container, layout: Layout, path: Path, policy: ValidationPolicy, at: datetime
) -> tuple[SignatureReport, ...]:
    """Judge every XAdES signature in the container; named by its file and its number there."""
    reports: list[SignatureReport] = []
    for name in layout.xml_signatures:
        root = _read(container, name)
        context = XmlContext(policy, ContainerFiles(path), at, name)
        found = () if root is None else judge_with_files(root, context)
        reports += [_in_container(one, files, container, layout) for one, files in found] or [_unsound(name)]
    return tuple(reports)


def container_xml_queries(
    container: Container, layout: Layout, anchor_ders: tuple[bytes, ...]
) -> tuple[StatusQuery, ...]:
    """Return whose status the XAdES signatures and their time-stamps call for."""
    roots = (_read(container, name) for name in layout.xml_signatures)
    return tuple(query for root in roots if root is not None for query in xml_queries(root, anchor_ders))


def _in_container(
    report: SignatureReport, files: frozenset[str], container: Container, layout: Layout
) -> SignatureReport:
    """Hold a signature against the container: what it covers there, and whether it may stand as it does."""
    data = frozenset(container.data_names)
    signed = {name.removeprefix("./").removeprefix("/") for name in files} & data
    report = replace(report, covers_whole_document=signed == data and bool(data))
    single = len(data) == 1 and len(layout.xml_signatures) + len(layout.signatures) == 1
    if container.mimetype == ASIC_S and not single:
        return _failed(report, "container-unsound")
    counter = "." in report.field_name.rpartition("#")[2]
    if not signed and not counter and report.intact:
        return _failed(report, "signed-file-missing")
    return report


def _failed(report: SignatureReport, code: str) -> SignatureReport:
    if report.indication is Indication.FAILED:
        return report
    return replace(
        report,
        indication=Indication.FAILED,
        sub_indication=SubIndication.FORMAT_FAILURE,
        reasons=(reason(code), *report.reasons[1:]),
    )


def _unsound(name: str) -> SignatureReport:
    return SignatureReport(
        field_name=name,
        indication=Indication.FAILED,
        sub_indication=SubIndication.FORMAT_FAILURE,
        reasons=(reason("container-unsound"),),
        intact=None,
        covers_whole_document=False,
        modifications_after=Modifications.NONE,
    )


def _read(container: Container, name: str) -> Element | None:
    try:
        return parse_xml(container.read(name))
    except DocumentNotSignable:
        return None
