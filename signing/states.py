"""The states of a signing request and of its steps, and every move that is allowed between them."""

from enum import StrEnum
from typing import ClassVar


class RequestState(StrEnum):
    """Where a whole signing request stands."""

    CREATED = "created"
    WAITING = "waiting"
    SIGNING = "signing"
    COMPLETED = "completed"
    REFUSED = "refused"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    FAILED = "failed"


class StepState(StrEnum):
    """Where one signer's step stands: pending behind others, its turn, held until someone acts, or over.

    An awaiting step's turn has come, and it waits for a person's yes; a skipped one was not needed, because enough
    others of its stage had signed.
    """

    PENDING = "pending"
    AWAITING = "awaiting"
    READY = "ready"
    HELD = "held"
    COMPLETED = "completed"
    REFUSED = "refused"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


class DocumentState(StrEnum):
    """Where one document of a request stands; a failed one is left behind, and the others go on."""

    OPEN = "open"
    SIGNED = "signed"
    FAILED = "failed"


class StateMoveNotAllowed(Exception):
    """The request or step is in a state from which this cannot happen."""

    code: ClassVar[str] = "state-move-not-allowed"


FINAL = frozenset(
    {RequestState.COMPLETED, RequestState.REFUSED, RequestState.EXPIRED, RequestState.CANCELLED, RequestState.FAILED}
)

_ENDS = {RequestState.REFUSED, RequestState.EXPIRED, RequestState.CANCELLED, RequestState.FAILED}
REQUEST_MOVES: dict[RequestState, frozenset[RequestState]] = {
    RequestState.CREATED: frozenset({RequestState.SIGNING, *_ENDS}),
    RequestState.SIGNING: frozenset({RequestState.WAITING, RequestState.COMPLETED, *_ENDS}),
    RequestState.WAITING: frozenset({RequestState.SIGNING, *_ENDS}),
}

# What may still sign.
OPEN_STEPS = frozenset({StepState.PENDING, StepState.AWAITING, StepState.READY, StepState.HELD})
_STEP_ENDS = {StepState.REFUSED, StepState.FAILED, StepState.CANCELLED, StepState.SKIPPED}
STEP_MOVES: dict[StepState, frozenset[StepState]] = {
    StepState.PENDING: frozenset({StepState.AWAITING, StepState.READY, *_STEP_ENDS}),
    StepState.AWAITING: frozenset({StepState.READY, *_STEP_ENDS}),
    StepState.READY: frozenset({StepState.HELD, StepState.COMPLETED, *_STEP_ENDS}),
    StepState.HELD: frozenset({StepState.READY, *_STEP_ENDS}),
}


def move_request(current: str, target: RequestState) -> str:
    """Return target if a request may go there from current; staying where it is is no move.

    Raises:
        StateMoveNotAllowed: The table has no such move.
    """
    state = RequestState(current)
    if state is not target and target not in REQUEST_MOVES.get(state, frozenset()):
        raise StateMoveNotAllowed(f"a {state} signing request cannot become {target}")
    return target.value


def move_step(current: str, target: StepState) -> str:
    """Return target if a step may go there from current; staying where it is is no move.

    Raises:
        StateMoveNotAllowed: The table has no such move.
    """
    state = StepState(current)
    if state is not target and target not in STEP_MOVES.get(state, frozenset()):
        raise StateMoveNotAllowed(f"a {state} step cannot become {target}")
    return target.value
