"""What tests want to be read although they pass: seeds, counts, measures."""

import pytest

SAID = pytest.StashKey[list]()


@pytest.fixture
def say(request):
    """`say(text)` prints a line in the summary of the run."""
    said = request.config.stash.setdefault(SAID, [])
    return lambda text: said.append(f"{request.node.name}: {text}")


def pytest_terminal_summary(terminalreporter, config):
    said = config.stash.get(SAID, [])
    if said:
        terminalreporter.section("said by tests")
    for line in said:
        terminalreporter.line(line)
