"""What signing asks about XML before the key is used: that the signatures which are there live on.

Runs in the child process, because the file around our signature is not ours.
"""

from signing.errors.files import EarlierSignatureBroken, EarlierSignatureWouldBreak
from signing.formats.xml.addition import CounterPlan, plan_counter_signature
from signing.formats.xml.enveloped import ElementPlace, EnvelopedPlan, plan_enveloped
from signing.formats.xml.parsing import parse_xml
from signing.formats.xml.positions import Place, splice
from signing.formats.xml.text import element, in_document
from signing.formats.xml.unsigned import counter_signature
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
    _check_others(data, plan.place, element("ds:Signature"))
    return plan


def plan_over_another(data: bytes, signature_id: str, digest_algorithm: str) -> CounterPlan:
    """Plan a counter-signature that leaves all signatures intact; see plan_counter_signature.

    Raises:
        EarlierSignatureBroken, EarlierSignatureWouldBreak: As plan_beside_others.
        DocumentNotSignable: As plan_counter_signature.
    """
    plan = plan_counter_signature(data, signature_id, digest_algorithm)
    _check_others(data, plan.place, counter_signature(element("ds:Signature")))
    return plan


def _check_others(data: bytes, place: Place, text: str) -> None:
    earlier = check_xades(parse_xml(data))
    if any(found.intact is False for found in earlier):
        raise EarlierSignatureBroken("a signature in the XML does not hold")
    if earlier:
        tried = splice(data, [place.insertion(in_document(text))])
        later = {found.signature_id: found.intact for found in check_xades(parse_xml(tried))}
        if any(later.get(found.signature_id) != found.intact for found in earlier):
            raise EarlierSignatureWouldBreak("a signature in the XML covers the place where this one would stand")
