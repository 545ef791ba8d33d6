"""Hostile files through the API and the command line: a code each time, never a fault, never trust."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import app
from gateway.problem_catalogue import PROBLEMS
from gateway.services import Services
from tests.journeys.city import City
from tests.signing.hostile_files import HOSTILE

XML = [name for name in HOSTILE if name.startswith("XML")]


@pytest.fixture
def run(city: City, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Result]]:
    """Runs commands in the city's folder, with its parsing children."""
    monkeypatch.setenv("GATEWAY_PROFILE_FILE", str(city.plan.profile))
    monkeypatch.setattr("gateway.services.ChildProcesses", lambda _: city.services.confined)
    monkeypatch.setattr(Services, "close", lambda _: None)
    yield lambda *arguments: CliRunner().invoke(app, [*map(str, arguments)])


def test_every_hostile_file_is_judged_and_refused_by_the_api(city: City) -> None:
    documents = {}
    for name, content in HOSTILE.items():
        uploaded = city.upload(content)
        assert uploaded.status_code == 201, (name, uploaded.get_json())
        documents[name] = uploaded.get_json()["id"]
    asked = {
        name: (
            city.post("/v1/validations", {"document_id": one}),
            city.post("/v1/augmentations", {"document_id": one, "level": "B-LT"}),
        )
        for name, one in documents.items()
    }

    city.work()

    for name, (validation, augmentation) in asked.items():
        assert (validation.status_code, augmentation.status_code) == (202, 202), name
        judged = city.get(f"/v1/validations/{validation.get_json()['id']}").get_json()
        assert judged["state"] in {"completed", "failed"}, (name, judged)
        if judged["state"] == "completed":
            assert judged["report"]["overall"] != "TOTAL_PASSED", name
            assert not any(one["indication"] == "TOTAL_PASSED" for one in judged["report"]["signatures"]), name
        else:
            assert judged["problem_code"] in PROBLEMS, (name, judged)
        raised = city.get(f"/v1/augmentations/{augmentation.get_json()['id']}").get_json()
        assert (raised["state"], raised["result_document_id"]) == ("failed", None), (name, raised)
        assert raised["problem_code"] in PROBLEMS, (name, raised)


def test_every_hostile_file_is_judged_and_refused_by_the_commands(
    city: City, run: Callable[..., Result], tmp_path: Path
) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    out.mkdir()
    for number, (name, content) in enumerate(HOSTILE.items()):
        path = folder / f"{number}.bin"
        path.write_bytes(content)

        judged = run("verify", path)

        assert judged.exit_code in {1, 3, 4}, (name, judged.output)
        assert "Traceback" not in judged.output
    raised = run("augment", *sorted(folder.iterdir()), out, "--level", "B-LT")
    told = raised.stderr.splitlines()

    assert (raised.exit_code, len(told)) == (2, len(HOSTILE))
    assert all(line.split(": ")[1] in PROBLEMS for line in told), told
    assert list(out.iterdir()) == []


def test_hostile_xml_is_refused_before_a_key_is_used(city: City, run: Callable[..., Result], tmp_path: Path) -> None:
    certificate = next(iter(city.seed.certificates.values()))
    for number, name in enumerate(XML):
        path = tmp_path / f"{number}.xml"
        path.write_bytes(HOSTILE[name])

        done = run("sign", path, tmp_path / "signed.xml", "--format", "xades", "--key", certificate, "--level", "B-B")

        assert done.exit_code == 2, (name, done.output)
        assert done.stderr.split(": ")[1].startswith("xml-"), (name, done.stderr)
        assert not (tmp_path / "signed.xml").exists()
