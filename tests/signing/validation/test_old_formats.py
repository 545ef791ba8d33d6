"""Signatures of kinds that are no longer made, and ones of no known kind."""

import hashlib
from io import BytesIO

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs7
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, append_signature_field
from pyhanko.sign.signers import cms_embedder
from pyhanko.sign.signers.pdf_byterange import PdfByteRangeDigest

from certs.model import Indication, SubIndication
from tests.certs.authority import Holder
from tests.signing.validation.conftest import DOCUMENT, Bench


class OldSignature(PdfByteRangeDigest):
    """A signature dictionary with a subfilter of our choosing."""

    def __init__(self, subfilter: str) -> None:
        super().__init__(bytes_reserved=16_384)
        self[generic.pdf_name("/Filter")] = generic.pdf_name("/Adobe.PPKLite")
        self[generic.pdf_name("/SubFilter")] = generic.pdf_name(subfilter)


def signed(holder: Holder, subfilter: str, *, honest: bool = True) -> bytes:
    """Sign the SHA-1 of the content, kept inside, by OpenSSL's own PKCS#7."""
    writer = IncrementalPdfFileWriter(BytesIO(DOCUMENT.read_bytes()))
    append_signature_field(writer, SigFieldSpec("Old"))
    embedder = cms_embedder.PdfCMSEmbedder().write_cms("Old", writer)
    next(embedder)
    embedder.send(cms_embedder.SigObjSetup(sig_placeholder=OldSignature(subfilter)))
    prepared, output = embedder.send(cms_embedder.SigIOSetup(md_algorithm="sha1"))
    digest = prepared.document_digest if honest else hashlib.sha1(b"another").digest()  # noqa: S324
    builder = pkcs7.PKCS7SignatureBuilder().set_data(digest)
    builder = builder.add_signer(holder.certificate, holder.key, hashes.SHA256())  # type: ignore[arg-type]
    der = builder.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])
    embedder.send(der)
    return bytes(output.getvalue())


def test_a_signature_over_a_sha1_is_intact_but_too_weak(bench: Bench, official: Holder) -> None:
    signature = bench.validate(signed(official, "/adbe.pkcs7.sha1"), bench.policy(official)).signatures[0]

    assert signature.intact is True
    assert signature.sub_indication is SubIndication.CRYPTO_CONSTRAINTS_FAILURE


def test_a_signature_over_another_sha1_is_not_intact(bench: Bench, official: Holder) -> None:
    pdf = signed(official, "/adbe.pkcs7.sha1", honest=False)

    signature = bench.validate(pdf, bench.policy(official)).signatures[0]

    assert (signature.intact, signature.sub_indication) == (False, SubIndication.HASH_FAILURE)


def test_a_signature_of_an_unknown_kind_is_never_passed(bench: Bench, official: Holder) -> None:
    signature = bench.validate(signed(official, "/some.other"), bench.policy(official)).signatures[0]

    assert signature.indication is not Indication.PASSED
