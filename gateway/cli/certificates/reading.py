"""The group of commands, how they read certificates from files and tokens, and how they tell what they refuse."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import typer
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from rich.console import Console
from rich.progress import track

from certs.errors import CertsError
from config.secrets import SecretUnavailable
from gateway.cli.refusals import told
from gateway.refusal import ApiProblem
from gateway.services import Services
from signing.errors import SigningError
from signing.key_sources.pkcs11_uri import TokenAddress
from signing.key_sources.registry import choose_module
from signing.key_sources.token_setup import TokenCertificate, TokenSetup
from signing.key_sources.uri import parse_token_uri

app = typer.Typer(no_args_is_help=True, help="Signing certificates, their keys, and trust anchors.")
T = TypeVar("T")


@contextmanager
def refusals() -> Iterator[None]:
    """End the command with 2 and one sentence for what the gateway refuses: code, both languages, and the fact."""
    try:
        yield
    except (CertsError, SigningError, SecretUnavailable, ApiProblem) as error:
        raise typer.BadParameter(told(error.code, str(error))) from None
    except OSError as error:
        raise typer.BadParameter(f"{error.filename or 'file'}: {error.strerror or type(error).__name__}") from None


def shown_progress(items: Sequence[T], what: str) -> Iterable[T]:
    """Go through items, with a bar on standard error where a person looks on and there are several."""
    console = Console(stderr=True)
    return track(items, what, console=console, disable=len(items) < 2 or not console.is_terminal, transient=True)


def read_certificates(path: Path) -> list[bytes]:
    """Return the certificates of a PEM or DER file as DER.

    Raises:
        typer.BadParameter: Not readable as either.
    """
    try:
        content = path.read_bytes()
        if b"-----BEGIN CERTIFICATE-----" in content:
            return [item.public_bytes(Encoding.DER) for item in x509.load_pem_x509_certificates(content)]
        return [x509.load_der_x509_certificate(content).public_bytes(Encoding.DER)]
    except OSError as error:
        raise typer.BadParameter(f"cannot read {path}: {type(error).__name__}") from None
    except ValueError:
        raise typer.BadParameter(f"{path} holds no certificate in PEM or DER") from None


def read_pkcs12(path: Path, services: Services, passphrase_source: str) -> list[bytes]:
    """Return the certificates of a PKCS#12 file, the key's own first.

    Raises:
        typer.BadParameter: The file cannot be read or opened.
    """
    try:
        with services.secrets.open(passphrase_source) as passphrase:
            found = pkcs12.load_pkcs12(path.read_bytes(), bytes(passphrase.content))
    except (OSError, ValueError, SecretUnavailable) as error:
        raise typer.BadParameter(f"cannot open {path}: {type(error).__name__}") from None
    if found.cert is None:
        raise typer.BadParameter(f"{path} holds no certificate beside its key")
    return [item.certificate.public_bytes(Encoding.DER) for item in (found.cert, *found.additional_certs)]


def token_setup(services: Services, address: TokenAddress) -> TokenSetup:
    """Return the token of an address.

    Raises:
        KeySourceUnavailable: The settings name no PKCS#11 module, or not the address's.
    """
    settings = services.settings
    allowed = (*([settings.pkcs11_module] if settings.pkcs11_module else []), *settings.pkcs11_further_modules)
    module = choose_module(allowed, address)
    # A large key takes a token its time.
    return TokenSetup(module, address, services.secrets, max(60.0, settings.pkcs11_timeout_seconds))


def read_token(services: Services, uri: str) -> list[TokenCertificate]:
    """Return the certificates in a token that agree with a `pkcs11:` address.

    Raises:
        typer.BadParameter: The address or the token is at fault.
    """
    with refusals():
        address, label, key_id = parse_token_uri(uri)
        found = token_setup(services, address).list_certificates()
    return [one for one in found if label in {None, one.label} and key_id in {None, one.key_id}]
