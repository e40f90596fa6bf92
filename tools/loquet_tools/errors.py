"""What the tool tells a person who asked for something that cannot be done, or that went wrong."""


class ToolError(Exception):
    """One clear sentence for the person at the terminal; `exit_status` is what we leave with."""

    exit_status = 1


class ArgumentError(ToolError):
    """A value on the command line or in a script: names it and what is allowed. Nothing ran."""

    exit_status = 2
