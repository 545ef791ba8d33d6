"""An operator's description takes the place of the shipped one table by table, and every fault in it is named."""

import pytest
from pydantic import ValidationError

from config.settings import DvcqgSettings, PaygovSettings, SettingsUnusable
from payments.errors import ProviderDescriptionUnusable
from payments.providers.described.layout import load_messages
from payments.providers.dvcqg.provider import SHIPPED
from payments.providers.registry import make_providers


@pytest.fixture
def own(tmp_path):
    def written(text):
        path = tmp_path / "own.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


CALLBACK = """
[callback]
carrier = "json"
reference = "Ref"
amount = "SoTien"
code = "MaLoi"
transaction = "So"
paid = ["00"]
[callback.checksum]
field = "Hash"
algorithm = "hmac-sha512"
order = ["Ref", "SoTien"]
"""


def test_a_table_takes_the_place_of_a_table(own):
    messages = load_messages(SHIPPED, own(CALLBACK))
    assert messages.callback.reference == "Ref"
    assert messages.start == load_messages(SHIPPED, None).start


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[callback", "not valid TOML"),
        ("[calback]", "calback"),
        (CALLBACK.replace("md5", "").replace("hmac-sha512", "md5"), "callback.checksum.algorithm"),
        (CALLBACK.split("[callback.checksum]")[0], "nothing proves a call"),
        ('[receipt.fields]\nA = "{refrence}"', "there is nothing called refrence"),
        ('[receipt.fields]\nA = "{reference"', "braces do not match"),
        ("[receipt.fields]\nA = 7", "a text is needed"),
        ('[receipt.fields]\nA = ["x"]', "a list holds one table"),
        ('[receipt.fields]\nA = "{item.amount}"', "there is nothing called item.amount"),
        (
            '[receipt]\nfields = { A = "1" }\nchecksum = { field = "C", algorithm = "hmac-sha256", order = ["B"] }',
            "B is no field",
        ),
        ('[query.fields]\nA = "1"', "query.answer"),
        (
            '[start]\nby = "redirect"\nfields = { A = "1" }\nanswer = { accepted = { A = ["1"] }, url = "U" }',
            "redirect",
        ),
    ],
)
def test_each_fault_is_named(own, text, fault):
    with pytest.raises(ProviderDescriptionUnusable) as caught:
        load_messages(SHIPPED, own(text))
    assert fault in str(caught.value)
    assert "own.toml" in str(caught.value)


def test_several_faults_are_all_named(own):
    with pytest.raises(ProviderDescriptionUnusable) as caught:
        load_messages(SHIPPED, own('[receipt.fields]\nA = "{one}"\n[query.fields]\nB = "{two}"\n'))
    assert all(word in str(caught.value) for word in ("called one", "called two", "query.answer"))


def test_a_file_that_is_not_there_is_a_fault(tmp_path):
    with pytest.raises(ProviderDescriptionUnusable, match="cannot read"):
        load_messages(SHIPPED, tmp_path / "none.toml")


def test_faults_of_all_descriptions_stop_the_start_together(own, secrets):
    class Given:
        def __getattr__(self, name):
            """No other provider is set up."""

        dvcqg = DvcqgSettings(
            partner_code="P",
            secret="env:DVCQG_SECRET",
            init_url="http://127.0.0.1:9/init",
            query_url="http://127.0.0.1:9/query",
            page_origin="http://127.0.0.1:9",
            callback_networks=("127.0.0.0/8",),
            messages=own("[calback]"),
        )
        paygov = PaygovSettings(
            partner_code="P",
            access_key="A",
            service_code="S",
            secret_key="env:DVCQG_SECRET",
            start_url="http://127.0.0.1:9/pay",
            messages="/nowhere/paygov.toml",
        )

    with pytest.raises(SettingsUnusable) as caught:
        make_providers(Given(), secrets)
    assert "calback" in str(caught.value)
    assert "/nowhere/paygov.toml" in str(caught.value)


@pytest.mark.parametrize("networks", [(), ("203.0.113.0/33",), ("anywhere",)])
def test_the_platform_may_not_call_from_just_anywhere(networks):
    with pytest.raises(ValidationError, match="callback_networks"):
        DvcqgSettings(
            partner_code="P",
            secret="env:DVCQG_SECRET",
            init_url="http://127.0.0.1:9/init",
            query_url="http://127.0.0.1:9/query",
            page_origin="http://127.0.0.1:9",
            callback_networks=networks,
        )
