"""What an operator decides: read once at start from a TOML profile and the environment, every fault reported at once.

Secrets are not here: a setting holds a reference (`env:NAME`, `file:/path`) that config.secrets reads when needed.
"""

import os
import tomllib
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

PROFILE_VARIABLE = "GATEWAY_PROFILE_FILE"
MEBIBYTE = 1024 * 1024


class SettingsUnusable(Exception):
    """The settings have faults; the message lists all of them, one a line, without any value."""


def _secret_reference(value: str) -> str:
    if not value.startswith(("env:", "file:/", "vault:")):
        raise ValueError("name where the secret is (env:NAME, file:/absolute/path or vault:path#field), not itself")
    return value


def _http_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("an http or https address is needed")
    return value.rstrip("/")


def _network(value: str) -> str:
    ip_network(value)
    return value


SecretReference = Annotated[str, AfterValidator(_secret_reference)]
HttpAddress = Annotated[str, AfterValidator(_http_address)]
Network = Annotated[str, AfterValidator(_network)]


class Section(BaseModel):
    """A group of settings; a name that is not known is a fault, because it is a typing error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class BlobSettings(Section):
    """Where documents' bytes live: an fsspec address and its options (no secrets: credentials by reference)."""

    url: str
    endpoint_url: HttpAddress | None = None
    access_key: SecretReference | None = None
    secret_key: SecretReference | None = None


class VaultSettings(Section):
    """A vault (HashiCorp Vault or OpenBao, key-value engine version 2) for secrets named `vault:path#field`."""

    address: HttpAddress
    token: SecretReference
    mount: str = "secret"
    namespace: str = ""
    ca_file: Path | None = None
    timeout_seconds: float = Field(5, gt=0)


class LimitSettings(Section):
    """Bounds on what others may send and on what one file may cost to parse."""

    document_size_bytes: int = Field(100 * MEBIBYTE, ge=1024)
    statement_size_bytes: int = Field(200 * MEBIBYTE, ge=1024)
    json_size_bytes: int = Field(1 * MEBIBYTE, ge=1024)
    parser_memory_bytes: int = Field(1024 * MEBIBYTE, ge=64 * MEBIBYTE)
    parser_timeout_seconds: float = Field(30, gt=0)
    parser_processes: int = Field(2, ge=1, le=32)
    documents_per_request: int = Field(500, ge=1)


class TimestampAuthoritySettings(Section):
    """One time-stamping authority (RFC 3161 over HTTP)."""

    name: str
    url: HttpAddress
    timeout_seconds: float = Field(180, gt=0, le=180)
    # The policy (an OID) that every token must carry; none asks for none.
    policy: str | None = Field(None, pattern=r"^[0-2](\.[0-9]+)+$")


class RevocationSettings(Section):
    """How the status of certificates is fetched, and what happens when nobody answers."""

    timeout_seconds: float = Field(10, gt=0)
    answer_size_bytes: int = Field(20 * MEBIBYTE, ge=1024)
    # How long a kept answer is used before somebody is asked again; where nobody answers it serves until it ends.
    kept_answer_seconds: float = Field(600, ge=0)
    # Evidence older than this does not count, whatever it says of itself; 0: until it says that it ends.
    evidence_age_seconds: float = Field(0, ge=0)
    # Evidence that does not say when it ends counts for half an hour; true: not at all.
    next_update_required: bool = False
    # An OCSP answer without our nonce counts (many responders know none); true: it does not.
    nonce_required: bool = False
    # For these purposes a signature passes although nobody could say; reports and records then say so.
    soft_fail: tuple[Literal["official", "organisation", "citizen", "tsa"], ...] = ()


class ArchiveSettings(Section):
    """Documents at B-LTA: how long before its end the newest archive time-stamp is followed by another."""

    margin_days: int = Field(90, ge=1, le=3650)


class VnpaySettings(Section):
    """Our merchant account at VNPAY."""

    tmn_code: str = Field(min_length=1)
    hash_secret: SecretReference
    payment_url: HttpAddress
    api_url: HttpAddress
    timeout_seconds: float = Field(20, gt=0)


class MomoSettings(Section):
    """Our partner account at MoMo."""

    partner_code: str = Field(min_length=1)
    access_key: SecretReference
    secret_key: SecretReference
    api_url: HttpAddress = "https://payment.momo.vn/v2/gateway/api"
    # MoMo asks its callers to wait so long.
    timeout_seconds: float = Field(30, gt=0)


class ZalopaySettings(Section):
    """Our app at ZaloPay: key1 signs what we send, key2 what it sends."""

    app_id: int = Field(ge=1)
    key1: SecretReference
    key2: SecretReference
    api_url: HttpAddress = "https://openapi.zalopay.vn/v2"
    # Where payers are sent; the page may only lead there.
    page_url: HttpAddress = "https://gateway.zalopay.vn"
    timeout_seconds: float = Field(20, gt=0)


class PayosSettings(Section):
    """Our payment channel at payOS."""

    client_id: str = Field(min_length=1)
    api_key: SecretReference
    checksum_key: SecretReference
    api_url: HttpAddress = "https://api-merchant.payos.vn"
    # Where payers are sent; the page may only lead there.
    checkout_url: HttpAddress = "https://pay.payos.vn"
    # A transfer's text: nine characters for accounts that were not opened through payOS, else up to 25.
    description_characters: int = Field(9, ge=9, le=25)
    timeout_seconds: float = Field(20, gt=0)


class CassoSettings(Section):
    """Casso's notices of credits, webhook version 2."""

    checksum_key: SecretReference
    # How far a notice's signed time may be from ours; repeated later, it is refused and the statement shows the money.
    replay_window_seconds: float = Field(300, gt=0)


class SepaySettings(Section):
    """SePay's notices of credits, proved as the webhook was made there: one of two ways."""

    # HMAC-SHA256 over time and body, the way that SePay recommends.
    signing_key: SecretReference | None = None
    # How far a notice's signed time may be from ours.
    replay_window_seconds: float = Field(300, gt=0)
    # The key itself in each call; nothing in the body is signed.
    api_key: SecretReference | None = None

    @model_validator(mode="after")
    def _has_one_proof(self) -> Self:
        if (self.signing_key is None) == (self.api_key is None):
            raise ValueError("either signing_key or api_key is given")
        return self


class ReceiptSettings(Section):
    """Form and series of receipts; `{yy}` in a series stands for the year's last two digits."""

    fee_form_code: str = "01BLP0-001"
    fee_series: str = "PH-{yy}E"
    charge_form_code: str = "02BLP0-001"
    charge_series: str = "LP-{yy}E"
    # Names the elements of receipts in XML; the shipped form by default.
    xml_form: Path | None = None


class RefundSettings(Section):
    """Refunds: what one person may ask for and approve in one day, in VND."""

    officer_day_limit_minor: int = Field(500_000_000, ge=0)


class LgspSettings(Section):
    """Tokens of the province's integration platform (OAuth 2 client credentials)."""

    token_url: HttpAddress
    client_id: str = Field(min_length=1)
    client_secret: SecretReference
    scope: str = ""


class DvcqgSettings(Section):
    """Our partner account at the payment platform of the National Public Service Portal."""

    partner_code: str = Field(min_length=1)
    secret: SecretReference
    init_url: HttpAddress
    query_url: HttpAddress
    # Where its own receipts come from; none are kept without it.
    receipt_url: HttpAddress | None = None
    # The site to which payers are sent; an address elsewhere is not followed.
    page_origin: HttpAddress
    # From where it may call us: its plain hash with the secret at the end is too weak to stand alone.
    callback_networks: tuple[Network, ...] = Field(min_length=1)
    # Above this, a payment is booked once the platform also says so when asked.
    query_above_minor: int = Field(20_000_000, ge=0)
    # A description of messages whose tables take the place of those in payments/providers/dvcqg/messages.toml.
    messages: Path | None = None
    lgsp: LgspSettings | None = None
    timeout_seconds: float = Field(20, gt=0)


class PaygovSettings(Section):
    """Our partner account at PayGov. Its access key goes through the payer's browser and so is no secret."""

    partner_code: str = Field(min_length=1)
    access_key: str = Field(min_length=1)
    service_code: str = Field(min_length=1)
    secret_key: SecretReference
    # The page for the payer's browser, or what is posted to where the description says so.
    start_url: HttpAddress
    query_url: HttpAddress | None = None
    page_origin: HttpAddress | None = None
    # From where it may call us; nothing for anywhere.
    callback_networks: tuple[Network, ...] = ()
    messages: Path | None = None
    lgsp: LgspSettings | None = None
    timeout_seconds: float = Field(20, gt=0)


class KbnnSettings(Section):
    """Notices of the State Treasury, as agreed with its office: the mapping of fields, and one kind of proof."""

    # As payments/providers/kbnn/notice.toml shows.
    notice: Path
    proof_header: str = Field("X-Signature", pattern=r"^[A-Za-z0-9-]{1,60}$")
    # Either a key for HMAC-SHA256, or the certificates by whose keys notices are signed.
    hmac_key: SecretReference | None = None
    certificates: tuple[Path, ...] = ()

    @model_validator(mode="after")
    def _one_proof(self) -> Self:
        if (self.hmac_key is None) == (not self.certificates):
            raise ValueError("either hmac_key or certificates prove notices")
        return self


class WebhookSettings(Section):
    """Outgoing events."""

    timeout_seconds: float = Field(10, gt=0)
    attempts: int = Field(12, ge=1)


class WorkerSettings(Section):
    """The background worker: how many tasks at once, how long a lease holds, how often lost tasks are looked for."""

    threads: int = Field(4, ge=1, le=64)
    lease_seconds: float = Field(300, gt=1)
    sweep_seconds: float = Field(15, gt=0)


class Settings(BaseSettings):
    """All settings; see config/profiles/ for one commented file for each way of running."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix="GATEWAY_", env_nested_delimiter="__", case_sensitive=False
    )

    environment: Literal["development", "production"]
    data_folder: Path
    database_url: str
    queue_url: str
    public_url: HttpAddress
    # How many reverse proxies stand in front: only so many X-Forwarded-For entries are believed.
    trusted_proxies: int = Field(0, ge=0, le=5)
    operator_name: str = ""
    master_secret: SecretReference
    blobs: BlobSettings
    fonts_folder: Path = Path("/usr/share/fonts/truetype/liberation2")
    # A PNG for stamps that show the operator's logo.
    logo_file: Path | None = None
    pkcs11_module: Path | None = None
    # Others that an address may choose with module-name or module-path.
    pkcs11_further_modules: tuple[Path, ...] = ()
    pkcs11_timeout_seconds: float = Field(30, gt=0)
    # What goes before the shipped table, signing/key_sources/quirks.toml.
    token_quirks: Path | None = None
    outgoing_networks: tuple[str, ...] = ()
    # What takes the place of entries of the shipped table, certs/algorithms.toml.
    algorithm_table: Path | None = None
    vault: VaultSettings | None = None
    timestamp_authorities: tuple[TimestampAuthoritySettings, ...] = ()
    vnpay: VnpaySettings | None = None
    momo: MomoSettings | None = None
    zalopay: ZalopaySettings | None = None
    payos: PayosSettings | None = None
    casso: CassoSettings | None = None
    sepay: SepaySettings | None = None
    limits: LimitSettings = LimitSettings()
    revocation: RevocationSettings = RevocationSettings()
    archive: ArchiveSettings = ArchiveSettings()
    receipts: ReceiptSettings = ReceiptSettings()
    refunds: RefundSettings = RefundSettings()
    dvcqg: DvcqgSettings | None = None
    paygov: PaygovSettings | None = None
    kbnn: KbnnSettings | None = None
    webhooks: WebhookSettings = WebhookSettings()
    worker: WorkerSettings = WorkerSettings()
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the profile file, which is handed in as ordinary values."""
        return env_settings, init_settings


def _profile_values(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise SettingsUnusable(f"cannot read the settings file {path}: {error.strerror}") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsUnusable(f"the settings file {path} is not valid TOML: {error}") from None


def _unknown_variables() -> list[str]:
    known = {PROFILE_VARIABLE} | {f"GATEWAY_{name.upper()}" for name in Settings.model_fields}
    given = (name for name in os.environ if name.startswith("GATEWAY_"))
    return [f"environment variable {name}: no such setting" for name in given if name.split("__")[0] not in known]


def load_settings(profile: Path | None = None) -> Settings:
    """Read the settings from the profile file and the environment.

    Args:
        profile: A TOML file; without it the one that GATEWAY_PROFILE_FILE names, if any.
    Raises:
        SettingsUnusable: Lists every fault found, each with its setting's name and without its value.
    """
    named = os.environ.get(PROFILE_VARIABLE)
    path = profile or (Path(named) if named else None)
    values = _profile_values(path) if path else {}
    faults = _unknown_variables()
    try:
        settings = Settings(**values)
    except ValidationError as error:
        faults += [f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors()]
    if faults:
        raise SettingsUnusable("\n".join(["These settings must be mended:", *faults]))
    return settings
