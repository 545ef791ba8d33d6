"""Settings are read once, and every fault is told at once, without any value."""

from pathlib import Path

import pytest

from config.settings import SettingsUnusable, load_settings

GOOD = """
environment = "development"
data_folder = "/tmp/x"
database_url = "sqlite:////tmp/x/gateway.db"
queue_url = "sqlite:////tmp/x/queue.db"
public_url = "http://127.0.0.1:8000"
master_secret = "env:MASTER"
[blobs]
url = "file:///tmp/x/blobs"
"""


@pytest.fixture(autouse=True)
def no_outside_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GATEWAY_PROFILE_FILE", raising=False)


def _profile(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "gateway.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_profile_file_and_the_environment_are_read_and_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_LIMITS__DOCUMENT_SIZE_BYTES", "2048")
    monkeypatch.setenv("GATEWAY_PUBLIC_URL", "https://ky-so.example")

    settings = load_settings(_profile(tmp_path, GOOD))

    assert settings.limits.document_size_bytes == 2048
    assert settings.public_url == "https://ky-so.example"


def test_every_fault_is_named_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_NO_SUCH_SETTING", "1")
    text = GOOD.replace('"http://127.0.0.1:8000"', '"ftp://x"').replace('"development"', '"staging"')

    with pytest.raises(SettingsUnusable) as caught:
        load_settings(_profile(tmp_path, text + "\n[worker]\nthreads = 0\nthreds = 4\n"))

    for name in ("public_url", "environment", "worker.threads", "worker.threds", "GATEWAY_NO_SUCH_SETTING"):
        assert name in str(caught.value)


def test_a_secret_written_into_the_settings_is_refused_and_not_repeated(tmp_path: Path) -> None:
    text = GOOD.replace('"env:MASTER"', '"hunter2-the-secret"')

    with pytest.raises(SettingsUnusable) as caught:
        load_settings(_profile(tmp_path, text))

    assert "master_secret" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("text", ["not toml [", ""])
def test_a_file_that_cannot_be_used_is_a_sentence(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsUnusable):
        load_settings(_profile(tmp_path, text))


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsUnusable, match="cannot read the settings file"):
        load_settings(tmp_path / "none.toml")
