"""Raises JAdES signatures to B-T, whoever made them. Source: ETSI TS 119 182-1 V1.2.1, 5.3.4 and 6.3."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from certs.model import Indication
from signing.augmentation.base import AugmentationTools
from signing.augmentation.cades import DIGEST_ALGORITHM, check_raised
from signing.errors.evidence import AlreadyAtLevel, AugmentationLevelUnknown, SignatureBroken
from signing.formats.jades.encoding import b64url
from signing.formats.jades.headers import signature_stamp
from signing.formats.jades.structure import Serialisation, read_jws_file, write_jws
from signing.model import Level
from signing.validation.jades import collect_jades_needs, validate_jades
from signing.validation.policy import ValidationPolicy
from signing.validation.report import ValidationReport


def augment_jades(
    source: Path, target: Path, level: Level, tools: AugmentationTools, contents: Mapping[str, Path] | None = None
) -> None:
    """Raise every signature in a JWS to B-T; see Augmenter. A compact one becomes flattened: only that has the place.

    Args:
        contents: The signed files of a detached signature, where they are at hand.
    Raises:
        AugmentationLevelUnknown: Above B-T.
    """
    if level is not Level.B_T:
        raise AugmentationLevelUnknown("JAdES signatures are raised to B-T")
    jws = tools.confined.run(read_jws_file, source)
    before = _judged(source, contents or {}, tools)
    broken = next((found for found in before.signatures if found.indication is Indication.FAILED), None)
    if broken is not None:
        raise SignatureBroken(f"the signature {broken.field_name} does not hold")
    if all(found.timestamp_by is not None for found in before.signatures):
        raise AlreadyAtLevel("every signature has a time-stamp that is trusted")
    raised = []
    for signature, found in zip(jws.signatures, before.signatures, strict=True):
        if found.timestamp_by is not None:
            raised.append(signature)
            continue
        imprint = hashlib.sha256(b64url(signature.value).encode("ascii")).digest()
        raised.append(signature.with_unsigned(signature_stamp(tools.tsa.timestamp(imprint, DIGEST_ALGORITHM).der)))
    compact = jws.serialisation is Serialisation.COMPACT
    form = Serialisation.FLATTENED if compact else jws.serialisation
    try:
        target.write_bytes(write_jws(replace(jws, serialisation=form, signatures=tuple(raised))))
        check_raised(lambda offline: _judged(target, contents or {}, tools), level, before)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _judged(path: Path, contents: Mapping[str, Path], tools: AugmentationTools) -> ValidationReport:
    anchors, at = tuple(tools.anchors()), tools.clock()
    needs = tools.confined.run(collect_jades_needs, path, tuple(anchor.certificate_der for anchor in anchors))
    policy = ValidationPolicy(anchors, tools.gatherer.gather(needs.queries, at), tools.algorithms)
    return tools.confined.run(validate_jades, path, dict(contents), policy, at)
