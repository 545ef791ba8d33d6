"""The base that payments' tables stand on."""

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from config.database import NAMING


class Base(DeclarativeBase):
    """Base of payments' tables."""

    metadata = MetaData(naming_convention=NAMING)
