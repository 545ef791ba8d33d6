"""Raises the XAdES signatures in a container, whoever made it: each signature file by itself, with the files around it.

Source: ETSI EN 319 162-1 V1.1.1, 5.2 and 5.3; ETSI EN 319 132-1 V1.2.1, 6.3.
"""

import tempfile
from functools import partial
from pathlib import Path

from signing.augmentation.asic import augment_asic, judge_container
from signing.augmentation.base import AugmentationTools
from signing.augmentation.cades import check_raised
from signing.augmentation.xades import raise_xml
from signing.errors.evidence import AlreadyAtLevel
from signing.formats.asic.unpacking import repack
from signing.formats.asic.xml_signatures import ContainerFiles, is_signed_with_xml, signature_files
from signing.model import Level


def augment_container(source: Path, target: Path, level: Level, tools: AugmentationTools) -> None:
    """Raise every signature in a container, be they CAdES or XAdES; see Augmenter."""
    if tools.confined.run(is_signed_with_xml, source):
        augment_asic_xades(source, target, level, tools)
    else:
        augment_asic(source, target, level, tools)


def augment_asic_xades(source: Path, target: Path, level: Level, tools: AugmentationTools) -> None:
    """Raise every XAdES signature in a container; see Augmenter."""
    before = judge_container(source, tools)
    external_file = ContainerFiles(source)
    changed: dict[str, bytes] = {}
    for name, data in tools.confined.run(signature_files, source).items():
        try:
            changed[name] = raise_xml(data, external_file, level, tools)
        except AlreadyAtLevel:
            continue
    if not changed:
        raise AlreadyAtLevel("every signature in the container has this level")
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        files: dict[str, Path] = {}
        for number, (name, data) in enumerate(changed.items()):
            files[name] = Path(scratch) / f"{number}.xml"
            files[name].write_bytes(data)
        try:
            tools.confined.run(repack, source, target, files)
            check_raised(partial(judge_container, target, tools), level, before)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
