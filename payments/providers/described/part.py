"""What all tables of a description have in common."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A table of a description; a name that is not known is a fault, because it is a typing error."""

    model_config = ConfigDict(frozen=True, extra="forbid")
