"""What the development PKI consists of, as certomancer's configuration: names, certificates, revocations, services.

Source: certomancer's documentation of its configuration; RFC 5280 for the extensions; RFC 3161 section 2.3 and
RFC 6960 section 4.2.2.2 for the extended key usages.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

ARCHITECTURE = "dev"
# A certificate that should be good lives this long; the CAs outlive it, so that a path never ends early.
GOOD_LIFETIME = timedelta(days=3 * 365)
CA_LIFETIME = timedelta(days=10 * 365)
_CA_AGE = timedelta(days=60)
_LEAF_AGE = timedelta(days=30)
_CRL_PERIOD = "PT12H"
_DOCUMENT_SIGNING = "1.3.6.1.5.5.7.3.36"  # RFC 9336

_UNIT = "UBND phường Ví Dụ (THỬ NGHIỆM)"
ENTITIES: Mapping[str, Mapping[str, str]] = {
    "root": {"organization-name": "PKI THỬ NGHIỆM (TEST)", "common-name": "CA gốc THỬ NGHIỆM (TEST)"},
    "issuing": {"organization-name": "PKI THỬ NGHIỆM (TEST)", "common-name": "CA cấp phát THỬ NGHIỆM (TEST)"},
    "official": {
        "organization-name": _UNIT,
        "title": "Phó Chủ tịch",
        "common-name": "Nguyễn Văn Ví Dụ",
        "email-address": "vidu@example.vn",
    },
    "seal": {"organization-name": _UNIT, "common-name": _UNIT},
    "citizen": {"organization-name": "Công dân THỬ NGHIỆM (TEST)", "common-name": "Trần Thị Công Dân"},
    "tsa": {"organization-name": "PKI THỬ NGHIỆM (TEST)", "common-name": "Dấu thời gian THỬ NGHIỆM (TEST)"},
    "ocsp": {"organization-name": "PKI THỬ NGHIỆM (TEST)", "common-name": "OCSP THỬ NGHIỆM (TEST)"},
    "expired": {"organization-name": _UNIT, "common-name": "Trần Thị Hết Hạn"},
    "revoked": {"organization-name": _UNIT, "common-name": "Lê Văn Thu Hồi"},
    "not-yet-valid": {"organization-name": _UNIT, "common-name": "Phạm Thị Chưa Hiệu Lực"},
    "wrong-usage": {"organization-name": _UNIT, "common-name": "Hoàng Văn Sai Mục Đích"},
    "weak": {"organization-name": _UNIT, "common-name": "Vũ Thị Khóa Yếu"},
    "weak-digest": {"organization-name": _UNIT, "common-name": "Đặng Văn Băm Yếu"},
    "stranger-root": {"organization-name": "PKI lạ THỬ NGHIỆM (TEST)", "common-name": "CA lạ THỬ NGHIỆM (TEST)"},
    "stranger": {"organization-name": _UNIT, "common-name": "Nguyễn Văn Ví Dụ"},
    "stranger-tsa": {"organization-name": "PKI lạ THỬ NGHIỆM (TEST)", "common-name": "Dấu thời gian lạ (TEST)"},
}
# CAs and services: their private keys stay with the PKI, because certomancer signs with them.
SERVICE_KEYS = ("root", "issuing", "tsa", "ocsp", "stranger-root", "stranger-tsa")
WEAK_KEY_BITS = {"weak": 1024}


def certomancer_configuration(now: datetime, address: str) -> dict[str, Any]:
    """Return the whole PKI as certomancer reads it (JSON-ready).

    Args:
        now: The moment all validity periods are laid around.
        address: Where the services will answer; written into the certificates.
    """
    keys = {name: _key(name) for name in ENTITIES}
    return {
        "external-url-prefix": address,
        "keysets": {ARCHITECTURE: {"path-prefix": "keys", "keys": keys}},
        "pki-architectures": {
            ARCHITECTURE: {
                "keyset": ARCHITECTURE,
                "entity-defaults": {"country-name": "VN"},
                "entities": {name: dict(values) for name, values in ENTITIES.items()},
                "certs": _certificates(now),
                "services": _services(),
            }
        },
    }


def _key(name: str) -> dict[str, Any]:
    return {"path": f"{name}.pem", "public-only": name not in SERVICE_KEYS}


def _certificates(now: datetime) -> dict[str, Any]:
    start, end = now - _LEAF_AGE, now + GOOD_LIFETIME
    signer = [_usage("digital_signature", "non_repudiation"), _purpose("email_protection", _DOCUMENT_SIGNING)]
    encryption_only = [_usage("key_encipherment"), _purpose("email_protection")]
    stamping = [_usage("digital_signature"), _purpose("time_stamping", critical=True)]
    revoked = {"revoked-since": (now - timedelta(days=1)).isoformat(), "reason": "key_compromise"}
    return {
        "root": _ca(now, "root"),
        "issuing": _ca(now, "root", _crl_address("root"), _issuer_address("root"), path_length=0),
        "official": _leaf(start, end, signer),
        "seal": _leaf(start, end, signer),
        "citizen": _leaf(start, end, signer),
        "tsa": _leaf(start, end, stamping),
        "ocsp": _leaf(start, end, [_usage("digital_signature"), _purpose("ocsp_signing"), _no_check()]),
        "expired": _leaf(start, now - timedelta(days=1), signer),
        "revoked": {**_leaf(start, end, signer), "revocation": revoked},
        # Later than the life of this PKI, so that it never becomes valid before all is made anew.
        "not-yet-valid": _leaf(now + GOOD_LIFETIME + timedelta(days=365), now + CA_LIFETIME, signer),
        "wrong-usage": _leaf(start, end, encryption_only),
        "weak": _leaf(start, end, signer),
        "weak-digest": {**_leaf(start, end, signer), "digest-algo": "sha1"},
        "stranger-root": _ca(now, "stranger-root"),
        "stranger": _leaf(start, end, signer, issuer="stranger-root"),
        "stranger-tsa": _leaf(start, end, stamping, issuer="stranger-root"),
    }


def _services() -> dict[str, Any]:
    issuers = ("root", "issuing", "stranger-root")
    return {
        "ocsp": {"issuing": {"for-issuer": "issuing", "responder-cert": "ocsp", "signing-key": "ocsp"}},
        "crl-repo": {
            name: {"for-issuer": name, "signing-key": name, "simulated-update-schedule": _CRL_PERIOD}
            for name in issuers
        },
        "cert-repo": {name: {"for-issuer": name} for name in issuers},
        "time-stamping": {
            "tsa": {"signing-cert": "tsa", "certs-to-embed": ["issuing"]},
            "stranger-tsa": {"signing-cert": "stranger-tsa"},
        },
    }


def _ca(now: datetime, issuer: str, *extensions: dict[str, Any], path_length: int | None = None) -> dict[str, Any]:
    constraints: dict[str, Any] = {"ca": True}
    if path_length is not None:
        constraints["path_len_constraint"] = path_length
    basic = {"id": "basic_constraints", "critical": True, "value": constraints}
    usage = _usage("key_cert_sign", "crl_sign")
    return _certificate(issuer, now - _CA_AGE, now + CA_LIFETIME, [basic, usage, *extensions])


def _leaf(start: datetime, end: datetime, extensions: list[dict[str, Any]], issuer: str = "issuing") -> dict[str, Any]:
    return _certificate(issuer, start, end, [*extensions, _crl_address(issuer), _issuer_address(issuer)])


def _certificate(issuer: str, start: datetime, end: datetime, extensions: list[dict[str, Any]]) -> dict[str, Any]:
    # A serial of its own for every PKI made: two PKIs with the same names must not have certificates that look alike.
    return {
        "issuer": issuer,
        "serial": secrets.randbits(126) | 1 << 126,
        "validity": {"valid-from": start.isoformat(), "valid-to": end.isoformat()},
        "extensions": extensions,
    }


def _usage(*bits: str) -> dict[str, Any]:
    return {"id": "key_usage", "critical": True, "smart-value": {"schema": "key-usage", "params": list(bits)}}


def _purpose(*purposes: str, critical: bool = False) -> dict[str, Any]:
    return {"id": "extended_key_usage", "critical": critical, "value": list(purposes)}


def _no_check() -> dict[str, Any]:
    return {"id": "ocsp_no_check"}


def _crl_address(issuer: str) -> dict[str, Any]:
    smart_value = {"schema": "crl-dist-url", "params": {"crl-repo-names": [issuer]}}
    return {"id": "crl_distribution_points", "smart-value": smart_value}


def _issuer_address(issuer: str) -> dict[str, Any]:
    parameters: dict[str, Any] = {"ca-issuer-links": [{"repo": issuer}]}
    if issuer == "issuing":
        parameters["ocsp-responder-names"] = [issuer]
    smart_value = {"schema": "aia-urls", "params": parameters}
    return {"id": "authority_information_access", "smart-value": smart_value}
