"""What the device's files may not say: names and syntax that MicroPython or CircuitPython lack, and
what a room of the house may not touch (each room's allowed modules stand in ROOMS).

Only the syntax tree is read, so a method is known by its name alone.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass

from checks.source import DEVICE_FOLDERS, Finding, Source, imports, report

# Modules that MicroPython 1.25 (rp2, esp32, Unix) and CircuitPython 9 have.
PURE = set("array binascii collections math micropython struct".split())
FILES = PURE | set("errno hashlib io json os".split())
RUNNING = FILES | set("asyncio gc random select sys time".split())
# Modules that tell one family from another.
CHIP = RUNNING | set(
    """adafruit_bus_device alarm analogio bitbangio board busio countio digitalio esp esp32
    keypad machine microcontroller neopixel network nvm onewire platform rp2 rp2pio rtc socket
    socketpool ssl storage supervisor tls uctypes usb_cdc vfs watchdog wifi""".split()
)
UNIX = RUNNING | set("fcntl platform pty signal socket termios tty vfs".split())
OURS = {"springcore", "loquet", "firmware", "boards"}  # arrows.py judges these


@dataclass(frozen=True)
class Room:
    """What the files of one folder may use. `both`: has a branch for CPython, which has more."""

    modules: set[str]
    no_calls: frozenset[str] = frozenset()
    native_code: bool = False
    both: bool = False


# The first that holds a file counts.
ROOMS = {
    "lib/springcore": Room(PURE, frozenset({"print", "input", "open"})),
    "lib/loquet": Room(FILES, frozenset({"print", "input"})),
    "firmware": Room(RUNNING),
    "boards/hal/unix.py": Room(UNIX, both=True),
    "boards": Room(CHIP, native_code=True),
}

NATIVE_CODE = set("native viper asm_thumb asm_xtensa asm_rv32".split())

# Methods of CPython's built-in types and modules that MicroPython's do not have.
MISSING_METHODS = set(
    """_asdict as_integer_ratio bit_count bit_length casefold crc_hqx expandtabs format_map
    hexdigest isascii isdecimal isidentifier isnumeric isprintable ljust maketrans monotonic
    monotonic_ns perf_counter removeprefix removesuffix rjust swapcase tobytes tolist
    zfill""".split()
)
MISSING_NAMES = set(
    """asyncio.Queue asyncio.Semaphore asyncio.TaskGroup asyncio.timeout asyncio.to_thread
    os.environ os.fsync os.path os.replace""".split()
)

VANISHES = "vanishes on MicroPython: a const with a leading underscore is no attribute"


def check(sources: list[Source]) -> list[Finding]:
    private = private_constants(sources)
    return [finding for source in sources for finding in check_source(source, private)]


def check_source(source: Source, private: set[str]) -> list[Finding]:
    """`private`: module constants that vanish when compiled, as `module._NAME`."""
    room = next((ROOMS[folder] for folder in ROOMS if source.within(folder)), None)
    if room is None:
        return [Finding(source.path, 1, "this file stands in no room of ROOMS")]
    found = [*foreign_modules(source, room), *vanishing(source, private)]
    for node in ast.walk(source.tree):
        found += [*syntax(node), *forbidden(node, room)]
        if not room.both:
            found += missing(node)
    return [Finding(source.path, line, message) for line, message in found]


Found = Iterator[tuple[int, str]]


def syntax(node: ast.AST) -> Found:
    match node:
        case ast.Match():
            yield node.lineno, "`match` is a syntax error on MicroPython"
        case ast.Assert():
            yield node.lineno, "`assert` is for tests; raise an error of the package"
        case ast.Raise(cause=ast.expr()):
            yield node.lineno, "`raise ... from` is not supported by MicroPython"
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda() if node.args.posonlyargs:
            yield node.lineno, "positional-only parameters are a syntax error on MicroPython"
        case ast.ClassDef():
            yield from _class(node)
        case ast.Delete():
            if any(map(_is_slice, node.targets)):
                yield node.lineno, "`del x[a:b]` fails on a bytearray; assign an empty slice"
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            if any(part.is_async for part in node.generators):
                yield node.lineno, "asynchronous comprehensions are a syntax error on MicroPython"
    if type(node).__name__ == "TryStar":  # ast.TryStar itself exists from Python 3.11 on
        yield node.lineno, "`except*` is a syntax error on MicroPython"  # type: ignore[attr-defined]


def _is_slice(node: ast.expr) -> bool:
    return isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice)


def _class(node: ast.ClassDef) -> Found:
    if node.keywords:
        yield node.lineno, "keywords of a class (metaclass=) are a TypeError on MicroPython"
    if sum(isinstance(base, ast.Name) and hasattr(builtins, base.id) for base in node.bases) > 1:
        yield node.lineno, "two built-in base classes are a TypeError on MicroPython"
    for statement in node.body:
        for name in _private_constants_of(statement):
            yield statement.lineno, f"{node.name}.{name} {VANISHES}"


def missing(node: ast.AST) -> Found:
    """Names that CPython has and MicroPython has not."""
    match node:
        case ast.Call(func=ast.Name(id="zip"), keywords=[_, *_]):
            yield node.lineno, "zip(strict=) is a TypeError on MicroPython"
        case ast.Call(func=ast.Attribute(attr=name)) if name in MISSING_METHODS:
            yield node.lineno, f"{name}() does not exist on MicroPython"
        case ast.Attribute(value=ast.Name()) if ast.unparse(node) in MISSING_NAMES:
            yield node.lineno, f"{ast.unparse(node)} does not exist on MicroPython"


def forbidden(node: ast.AST, room: Room) -> Found:
    match node:
        case ast.Call(func=ast.Name(id=name)) if name in room.no_calls:
            yield node.lineno, f"{name}() has no place in this room, which is pure"
        case ast.FunctionDef() if not room.native_code and _is_native(node):
            yield node.lineno, "native code is a syntax error on CircuitPython"


def foreign_modules(source: Source, room: Room) -> Found:
    for found in imports(source):
        module = found.target.split(".")[0]
        if module not in room.modules | OURS:
            yield found.line, f"import of {module}: not in ROOMS of tools/checks/portability.py"


def _is_native(node: ast.FunctionDef) -> bool:
    return not NATIVE_CODE.isdisjoint(map(_last_name, node.decorator_list))


def _last_name(node: ast.expr) -> str:
    return ast.unparse(node).split("(")[0].split(".")[-1]


def vanishing(source: Source, private: set[str]) -> Found:
    """Uses of another module's `_NAME = const(...)`, which is not there after compilation."""
    nodes = list(ast.walk(source.tree))
    bound: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            bound.update(_bound_names(source, node))
    for found in imports(source):
        if found.target in private:
            yield found.line, f"{found.target} {VANISHES}"
    for node in nodes:
        if isinstance(node, ast.Attribute):
            first, _, rest = ast.unparse(node).partition(".")
            target = f"{bound.get(first, first)}.{rest}"
            if target in private:
                yield node.lineno, f"{target} {VANISHES}"


def _bound_names(source: Source, node: ast.Import | ast.ImportFrom) -> dict[str, str]:
    """Local name -> what it stands for. `import a.b` binds `a`, which needs no entry."""
    one = Source(source.path, ast.Module([node], []))
    return {
        alias.asname or alias.name: found.target
        for alias, found in zip(node.names, imports(one), strict=True)
    }


def private_constants(sources: list[Source]) -> set[str]:
    """Every `_NAME = const(...)` of a module, as `module._NAME`."""
    return {
        f"{source.module}.{name}"
        for source in sources
        for statement in source.tree.body
        for name in _private_constants_of(statement)
    }


def _private_constants_of(statement: ast.stmt) -> list[str]:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id="const"))):
            return [name] if name.startswith("_") else []
    return []


if __name__ == "__main__":
    report("portability", DEVICE_FOLDERS, check)
