"""What can go wrong while signing: each error names one fact and carries a stable code, never a secret.

Each error takes one plain message (a time-stamp's also a reason), so that it crosses process boundaries as it is. They
lie in files by what is at fault.
"""

from typing import ClassVar


class SigningError(Exception):
    """Base of every error that signing raises on purpose."""

    code: ClassVar[str] = "signing"
