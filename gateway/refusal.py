"""The refusal that needs no error class of its own; apart from the answers over HTTP, which the worker never gives."""


class ApiProblem(Exception):
    """A refusal that belongs to the API itself: a catalogue code, with a fact and fields of this case."""

    def __init__(self, code: str, detail: str = "", **fields: object) -> None:
        super().__init__(detail or code)
        self.code = code
        self.fields = fields
