"""Who may import whom among the project's own packages.

Only these arrows exist: the wire knows nothing of doors, the door nothing of hardware, and a hal is
handed in by firmware/start instead of being imported.
"""

from __future__ import annotations

import ast

from checks.source import DEVICE_FOLDERS, Finding, Import, Source, imports, report

# Packages and folders of the project, as an import could name them.
OURS = (
    "springcore",
    "loquet",
    "firmware",
    "boards",
    "loquet_tools",
    "checks",
    "lib",
    "tools",
    "host_tests",
)

# Folder -> what a file in it may import of OURS. The first folder that holds the file counts.
ARROWS = {
    "lib/springcore": ("springcore",),
    "lib/loquet": ("loquet", "springcore.tag", "springcore.codes", "springcore.ticks"),
    "firmware/start": ("firmware.app", "boards.hal"),
    "firmware/app": ("firmware.app", "loquet", "springcore"),
    "boards/hal": ("boards.hal.rp2_relay", "boards.hal.rp2_senders"),
    "boards": (),
    "tools/checks": ("checks",),
    "tools": ("loquet_tools", "loquet", "springcore"),
}

# The one place that imports a module by a name it reads: the hal that board.json wants.
BY_NAME = "firmware/start"


def check(sources: list[Source]) -> list[Finding]:
    return [finding for source in sources for finding in check_source(source)]


def check_source(source: Source) -> list[Finding]:
    home = next((folder for folder in ARROWS if source.within(folder)), None)
    if home is None:
        return [Finding(source.path, 1, "this folder is not in ARROWS of tools/checks/arrows.py")]
    wrong = [
        Finding(source.path, found.line, f"{home} may not import {found.target}")
        for found in imports(source)
        if any(found.inside(package) for package in OURS) and not _allowed(found, ARROWS[home])
    ]
    return wrong if home == BY_NAME else wrong + _by_name(source)


def _allowed(found: Import, packages: tuple[str, ...]) -> bool:
    return any(found.inside(package) for package in packages)


def _by_name(source: Source) -> list[Finding]:
    """Imports that no reader and no check can follow."""
    return [
        Finding(source.path, node.lineno, f"import by name: only {BY_NAME} does that")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Name | ast.Attribute)
        and ast.unparse(node) in ("__import__", "importlib.import_module")
    ]


if __name__ == "__main__":
    report("arrows", (*DEVICE_FOLDERS, "tools"), check)
