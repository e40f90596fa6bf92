"""The little that a test needs and that runs on every interpreter."""


def raises(error, function, *arguments, **named):
    """Calls `function`, which must raise `error`; returns what was raised."""
    try:
        function(*arguments, **named)
    except error as caught:
        return caught
    raise AssertionError("%s was not raised" % error.__name__)
