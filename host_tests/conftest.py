"""What tests want to be read although they pass: seeds, counts, measures."""

import pytest

SAID = "said"


@pytest.fixture
def say(request):
    """`say(text)` prints a line in the summary of the run."""
    # Properties travel with the report, also from another process.
    return lambda text: request.node.user_properties.append((SAID, text))


def pytest_terminal_summary(terminalreporter):
    lines = [
        f"{report.nodeid.rpartition('::')[2]}: {text}"
        for report in _reports(terminalreporter)
        for name, text in report.user_properties
        if name == SAID
    ]
    if lines:
        terminalreporter.section("said by tests")
    for line in lines:
        terminalreporter.line(line)


def _reports(terminalreporter):
    """One of each test: a test has up to three, and all carry what it said until then."""
    last = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                last[report.nodeid] = max(last.get(report.nodeid, report), report, key=_said)
    return last.values()


def _said(report):
    return len(report.user_properties)
