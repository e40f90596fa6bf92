"""The virtual reader shares no code with the host whose codec it is there to doubt."""

import ast
import subprocess
import sys

from checks.source import ROOT, Source, imports

PACKAGE = ROOT / "tools/loquet_tools/virtual_reader"

# What it may use of loquet_tools beside itself: neither knows anything of the protocol.
SHARED = ("loquet_tools.errors", "loquet_tools.running")


def test_it_imports_nothing_of_the_host():
    for path in PACKAGE.glob("*.py"):
        source = Source(path.relative_to(ROOT).as_posix(), ast.parse(path.read_bytes()))
        for found in imports(source):
            assert not found.inside("springcore") and not found.inside("loquet"), path
            if found.inside("loquet_tools") and not found.inside("loquet_tools.virtual_reader"):
                assert any(found.inside(module) for module in SHARED), (path, found.target)


def test_nothing_of_the_host_is_loaded_with_it():
    names = ", ".join(f"loquet_tools.virtual_reader.{path.stem}" for path in PACKAGE.glob("*.py"))
    ask = f"import sys, {names.replace('.__init__', '')}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", ask],
        env={"PYTHONPATH": f"{ROOT}/tools:{ROOT}/lib"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert "loquet_tools.virtual_reader.core" in loaded
    assert not {"springcore", "loquet"} & {name.split(".")[0] for name in loaded}


# What may wait, or open something: thin skins around the rest.
SKINS = ("transports.py", "udp.py", "control_server.py", "command.py")
OUTSIDE = ("asyncio", "socket", "select", "selectors", "threading", "time", "subprocess", "termios")


def test_only_the_skins_wait_or_open_anything():
    for path in PACKAGE.glob("*.py"):
        source = Source(path.relative_to(ROOT).as_posix(), ast.parse(path.read_bytes()))
        used = [found for found in imports(source) if any(found.inside(name) for name in OUTSIDE)]
        assert bool(used) == (path.name in SKINS), (path.name, used)
