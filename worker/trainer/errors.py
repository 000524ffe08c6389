"""Why a run cannot go on, in words a person understands."""


class RunError(Exception):
    """A failure with a known cause: ends the run as `failed` with this reason.

    `error_type` is the short machine-readable cause (`ahora.events.StatusEvent.error_type`);
    `reason` is a sentence that names the field or file and the remedy.
    """

    def __init__(self, error_type: str, reason: str) -> None:
        super().__init__(reason)
        self.error_type = error_type
        self.reason = reason
