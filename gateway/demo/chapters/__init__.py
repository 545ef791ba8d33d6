"""The parts of the story, in order; each goes on from what the one before made."""

from gateway.demo.chapters.payment import (
    callbacks_that_must_change_nothing,
    fee_order_is_opened,
    payment_and_receipt,
)
from gateway.demo.chapters.reconciliation import statement_is_imported
from gateway.demo.chapters.signing import document_is_signed, document_is_validated
from gateway.demo.story import Chapter

CHAPTERS: tuple[Chapter, ...] = (
    document_is_signed,
    document_is_validated,
    fee_order_is_opened,
    callbacks_that_must_change_nothing,
    payment_and_receipt,
    statement_is_imported,
)
