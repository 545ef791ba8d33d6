"""Which way money can go back, told before anybody approves it."""

from gateway.db.unit_of_work import UnitOfWork
from gateway.services import Services
from payments.errors import ProviderUnknown, RefundNotPossible
from payments.store.refund_tables import RefundRoute


def ensure_route(services: Services, work: UnitOfWork, attempt_id: str | None, route: RefundRoute) -> None:
    """Let only providers be asked that pay back by message: bank transfers and payOS' go back by the paper route.

    Raises:
        RefundNotPossible: The provider that took the money pays nothing back by message.
    """
    if route is not RefundRoute.PROVIDER or attempt_id is None:
        return
    name = work.payments.get_attempt(attempt_id).provider
    try:
        able = services.providers.named(name).can_refund
    except ProviderUnknown:
        able = False
    if not able:
        raise RefundNotPossible(f"{name} pays nothing back by message; choose the paper route")
