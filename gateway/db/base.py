"""The gateway's own tables stand on this base; certs, signing and payments have theirs."""

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from config.database import NAMING


class Base(DeclarativeBase):
    """Base of the gateway's tables."""

    metadata = MetaData(naming_convention=NAMING)
