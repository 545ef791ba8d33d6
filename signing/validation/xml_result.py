"""What signing asks about XML before and after: that earlier signatures live, and that the new one holds.

Runs in the child process, because the file around our signature is not ours.
"""

from signing.errors import EarlierSignatureBroken, EarlierSignatureWouldBreak, ResultUnsound
from signing.formats.xml.enveloped import ElementPlace, EnvelopedPlan, plan_enveloped
from signing.formats.xml.parsing import parse_xml
from signing.formats.xml.positions import splice
from signing.formats.xml.text import element, in_document
from signing.validation.xades import check_xades


def plan_beside_others(
    data: bytes, digest_algorithm: str, reference_id: str | None, where: ElementPlace | None
) -> EnvelopedPlan:
    """Plan an enveloped signature that leaves those before it intact; see plan_enveloped.

    Raises:
        EarlierSignatureBroken: One of them does not hold now.
        EarlierSignatureWouldBreak: One of them covers the place of the new one.
        DocumentNotSignable: As plan_enveloped.
    """
    plan = plan_enveloped(data, digest_algorithm, reference_id, where)
    earlier = check_xades(parse_xml(data))
    if any(found.intact is False for found in earlier):
        raise EarlierSignatureBroken("a signature in the XML does not hold")
    if earlier:
        tried = splice(data, [plan.place.insertion(in_document(element("ds:Signature")))])
        later = {found.signature_id: found.intact for found in check_xades(parse_xml(tried))}
        if any(later.get(found.signature_id) != found.intact for found in earlier):
            raise EarlierSignatureWouldBreak("a signature in the XML covers the place where this one would stand")
    return plan


def check_made(data: bytes, signature_id: str, reference_uri: str) -> None:
    """Let a finished file pass only if the new signature holds and covers what it was made for, and no other broke.

    Args:
        reference_uri: Of what was to be signed.
    Raises:
        ResultUnsound: Anything else.
    """
    findings = check_xades(parse_xml(data))
    made = [found for found in findings if found.signature_id == signature_id]
    if len(made) != 1:
        raise ResultUnsound(f"the new signature is in the result {len(made)} times")
    if made[0].sub_indication is not None or not made[0].intact:
        raise ResultUnsound(f"the new signature does not hold: {made[0].sub_indication} {made[0].unsupported}")
    if reference_uri not in {part.uri for part in made[0].parts if part.intact}:
        raise ResultUnsound("the new signature does not cover what it was made for")
    if any(found.intact is False for found in findings):
        raise ResultUnsound("the new signature broke another one")
