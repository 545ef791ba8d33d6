"""Providers that can be set up in two ways, set up as the demonstration does not: SePay signs, PayGov is posted to."""

from pathlib import Path

from gateway.demo.layout import Layout
from payments.providers.paygov.provider import SHIPPED

POSTED = 'by = "post"\nanswer = { accepted = { errorCode = ["00"] }, url = "payUrl" }'


def set_up_the_other_way(layout: Layout) -> None:
    """Change the gateway's settings and the sandbox's accounts, which agree with each other."""
    hub = f"{layout.sandbox_url}/paygov/hub"
    layout.secret("paygov-lgsp")
    client = f'lgsp.client_id = "ct-demo"\nlgsp.client_secret = "file:{layout.secret_file("paygov-lgsp")}"'
    messages = layout.folder / "paygov.toml"
    messages.write_text(SHIPPED.read_text(encoding="utf-8"), encoding="utf-8")
    _change(messages, 'by = "redirect"', POSTED)
    ours = f'messages = "{messages}"\npage_origin = "{layout.sandbox_url}"\nlgsp.token_url = "{hub}/token"'
    _change(layout.profile, "[paygov]", f"[paygov]\n{client}\n{ours}")
    _change(layout.profile, f"{layout.sandbox_url}/paygov/pay", f"{hub}/payments")
    _change(layout.sandbox_accounts, "[paygov]", f"[paygov]\n{client}")
    for file in (layout.profile, layout.sandbox_accounts):
        _change(file, "[sepay]\napi_key = ", "[sepay]\nsigning_key = ")


def _change(file: Path, before: str, after: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(before) == 1, before
    file.write_text(text.replace(before, after), encoding="utf-8")
