"""What can go wrong with a bank statement. Messages say where in the file, so that the bank can be asked."""

from payments.errors import PaymentsError


class StatementUnreadable(PaymentsError):
    """Something in the file cannot be read; the whole file is refused."""

    code = "statement-unreadable"


class StatementEmpty(StatementUnreadable):
    """The file holds nothing, or no statement."""

    code = "statement-empty"


class StatementFormatUnknown(StatementUnreadable):
    """The file is not a bank statement in a format and version that is read here."""

    code = "statement-format-unknown"


class StatementTooLarge(StatementUnreadable):
    """The file exceeds a limit on size or on number of parts."""

    code = "statement-too-large"


class StatementXmlForbidden(StatementUnreadable):
    """The XML has a document type declaration, which a statement never needs and an attack does."""

    code = "statement-xml-forbidden"


class StatementAmountUnsound(StatementUnreadable):
    """An amount is no whole number of its currency's minor units, negative, too large, or of no known currency."""

    code = "statement-amount-unsound"


class StatementNotFinal(PaymentsError):
    """The file is an intraday report or a notification; only end-of-day statements are imported."""

    code = "statement-not-final"


class StatementContradictsEarlier(PaymentsError):
    """An entry that was imported before comes again with another amount or date; nothing was imported."""

    code = "statement-contradicts-earlier"


class StatementNotFound(PaymentsError):
    """There is no such statement."""

    code = "statement-not-found"


class BreakNotFound(PaymentsError):
    """There is no such break."""

    code = "break-not-found"
