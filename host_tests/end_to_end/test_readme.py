"""What the README shows and names is there, and comes out as it says."""

import json
import re
import subprocess
from pathlib import Path

from typer.main import get_command

from loquet import settings
from loquet_tools.cli import app

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
TIME = re.compile(r"^ *\d+\.\d{3} +")


def untimed(lines: str) -> list[str]:
    """The lines without their times, which differ from run to run."""
    return [TIME.sub("", line) for line in lines.splitlines() if line.strip()]


def test_the_demo_tells_what_the_readme_shows():
    shown = untimed(README.split("```text\n")[1].split("```")[0])
    told = subprocess.run(
        ["tools/setup/demo.sh"], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert told.returncode == 0, told.stdout + told.stderr
    lines = iter(untimed(told.stdout))
    for line in shown:
        assert line in lines, f"not told, or not in this order: {line}"


def test_every_make_target_that_is_named_is_there():
    named = set(re.findall(r"^    make ([\w-]+)|`make ([\w-]+)`", README, re.MULTILINE))
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {one or other for one, other in named} <= targets


def test_every_command_and_option_that_is_shown_is_there():
    commands = get_command(app).commands
    for line in re.findall(r"^    \.venv/bin/loquet (.*)$", README, re.MULTILINE):
        name, *words = line.split("#")[0].split()
        command = commands[name]
        if hasattr(command, "commands"):
            command = command.commands[words.pop(0)]
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("-")} <= known, line


def test_every_link_and_folder_leads_somewhere():
    for target in re.findall(r"\]\((?!https?:|#)([^)]+)\)", README):
        assert (ROOT / target).exists(), target
    for target in re.findall(r"^    ([\w/]+/)  ", README, re.MULTILINE):
        assert (ROOT / target).is_dir(), target


def test_the_settings_that_are_shown_can_be_used():
    shown = re.findall(r"^```json\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    assert shown
    for document in shown:
        settings.load(json.loads(document))
