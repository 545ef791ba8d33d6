"""The files that an operator copies: the settings load, name every setting, and the services start what exists."""

import configparser
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel

from config.settings import Settings, load_settings

CHECKOUT = Path(__file__).parents[2]
DEPLOY = CHECKOUT / "deploy"
SCRIPTS = [*sorted((DEPLOY / "setup").glob("*.sh")), CHECKOUT / ".ci" / "run"]
EXAMPLE = DEPLOY / "gateway.example.toml"


def section(model: type[BaseModel], name: str) -> type[BaseModel] | None:
    """Return the section that a setting holds, be it optional or one of several."""
    annotation = model.model_fields[name].annotation
    candidates = [annotation, *getattr(annotation, "__args__", ())]
    return next((item for item in candidates if isinstance(item, type) and issubclass(item, BaseModel)), None)


def test_the_example_settings_load(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GATEWAY_")]:
        monkeypatch.delenv(name)
    settings = load_settings(EXAMPLE)
    assert settings.environment == "production"
    assert settings.vnpay is not None
    assert settings.trusted_proxies == 1


def test_the_example_names_every_setting_in_its_section() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    head, *parts = re.split(r"^\[+(\w+)\]+$", text, flags=re.MULTILINE)
    written = {"": head, **dict(zip(parts[::2], parts[1::2], strict=True))}
    for name in Settings.model_fields:
        inner = section(Settings, name)
        wanted = {"": [name]} if inner is None else {name: list(inner.model_fields)}
        for place, names in wanted.items():
            missing = [item for item in names if not re.search(rf"^(# )?{item} = ", written[place], re.MULTILINE)]
            assert not missing, f"[{place}] lacks {missing}"


def test_what_the_example_comments_out_is_what_holds_without_it() -> None:
    without_prose = re.sub(r"^# (?!\w+ = )", "#", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    shown = tomllib.loads(re.sub(r"^# (\w+ = )", r"\1", without_prose, flags=re.MULTILINE))
    defaults = load_settings(EXAMPLE)
    for name in ("limits", "revocation", "receipts", "webhooks", "worker"):
        # What has no default shows what an operator might write.
        held = {
            key: value for key, value in getattr(defaults, name).model_dump(mode="json").items() if value is not None
        }
        assert {key: value for key, value in shown[name].items() if key in held} == held


@pytest.mark.parametrize("unit", ["gateway-web.service", "gateway-worker.service"])
def test_the_services_start_what_this_checkout_has(unit: str) -> None:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(DEPLOY / "systemd" / unit, encoding="utf-8")
    command = parser["Service"]["ExecStart"].removeprefix("/opt/gateway/").split()
    assert parser["Service"]["User"] == "gateway"
    if unit == "gateway-web.service":
        assert (CHECKOUT / command[command.index("-c") + 1]).is_file()
        assert command[-1] == "wsgi:app"
        assert (CHECKOUT / "wsgi.py").is_file()
    else:
        assert command[1:3] == ["-m", "gateway"]
        assert (CHECKOUT / "gateway" / "cli" / f"{command[3]}.py").is_file()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_sound_shell(script: Path) -> None:
    assert os.access(script, os.X_OK)
    shell = script.read_text(encoding="utf-8").splitlines()[0].removeprefix("#!")
    assert shell == "/bin/sh"
    subprocess.run([shell, "-n", script], check=True)
    if shutil.which("shellcheck") is not None:
        subprocess.run(["shellcheck", script], check=True)


def test_make_alone_lists_the_targets() -> None:
    done = subprocess.run(["make", "-C", CHECKOUT, "--no-print-directory"], capture_output=True, text=True, check=True)
    assert {"run", "test", "check", "bench", "lock", "clean"} <= {line.split()[1] for line in done.stdout.splitlines()}


def test_ci_checks_and_then_tests() -> None:
    commands = re.findall(r"^timed (.*)$", (CHECKOUT / ".ci" / "run").read_text(encoding="utf-8"), re.MULTILINE)
    assert commands == ["make check", "make test"]
