"""What a signature leaves in the numbers: which authority stamped, which did not, and that a CA was asked."""

from prometheus_client.parser import text_string_to_metric_families

from gateway.devpki.model import OFFICIAL
from tests.journeys.city import City
from tests.journeys.conftest import MakeCity
from tests.journeys.outages import Stamper


def _counted(city: City, name: str) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(city.http.get("/metrics").get_data(as_text=True))
    samples = [sample for family in families for sample in family.samples if sample.name == name]
    return {tuple(value for _, value in sorted(sample.labels.items())): sample.value for sample in samples}


def test_a_signature_counts_the_authority_that_failed_the_one_that_stamped_and_the_answer_of_the_ca(
    make_city: MakeCity, stamper: Stamper
) -> None:
    city = make_city(authorities=("http://127.0.0.1:9/nobody", stamper.url))
    names = ("gateway_timestamp_attempts_total", "gateway_revocation_fetches_total")
    before = [_counted(city, name) for name in names]
    request = city.ask((OFFICIAL,))
    assert _counted(city, "gateway_outbox_tasks")["signing", "due"] == 1

    city.work()

    assert city.request(request)["state"] == "completed"
    attempts, fetches = (
        {key: count - old.get(key, 0) for key, count in _counted(city, name).items()}
        for name, old in zip(names, before, strict=True)
    )
    assert attempts["TSA 1", "timestamp-unavailable"] == attempts["TSA 2", "stamped"] == 1
    assert fetches["POST", "answered"] >= 1
    assert _counted(city, "gateway_signing_requests") == {("completed",): 1}
