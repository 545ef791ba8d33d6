"""`gateway callbacks`: why a provider's call was taken or refused, for support staff."""

from typing import Annotated, Literal

import typer

from gateway.callback_advice import explain as explained
from gateway.cli.refusals import money_refusals
from gateway.cli.session import open_services
from payments.store.payments import PaymentStore
from payments.store.tables import ProviderCallbackRow

app = typer.Typer(no_args_is_help=True, help="Providers' calls as they were kept.")


@app.callback()
def group() -> None:
    """Providers' calls as they were kept."""


@app.command()
def explain(
    callback_id: Annotated[str, typer.Argument(help="The call's id")] = "",
    order: Annotated[str, typer.Option(help="All calls about this fee order, by its id")] = "",
    provider: Annotated[str, typer.Option(help="The newest calls of this provider, refused ones too")] = "",
    language: Annotated[Literal["vi", "en", "both"], typer.Option("--lang")] = "both",
) -> None:
    """Say why calls ended as they did and what to do; shows no secret and nobody's data."""
    if sum(map(bool, (callback_id, order, provider))) != 1:
        raise typer.BadParameter("name one call, or one --order, or one --provider")
    with open_services() as services, services.unit_of_work(read_only=True) as work:
        with money_refusals():
            rows = _rows(work.payments, callback_id, order, provider)
        for row in rows:
            for spoken in ("vi", "en") if language == "both" else (language,):
                for label, words in explained(work.payments, row, spoken):
                    print(f"{label:14} {words}")
                print()
    if not rows:
        print("Không có cuộc gọi nào. / There are no calls.")


def _rows(store: PaymentStore, callback_id: str, order: str, provider: str) -> list[ProviderCallbackRow]:
    if callback_id:
        return [store.callbacks.get(callback_id)]
    if order:
        return store.callbacks.of_order(store.get_order(order).id)
    return store.callbacks.recent(provider, limit=20)
