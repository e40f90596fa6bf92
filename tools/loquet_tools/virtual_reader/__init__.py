"""A SpringCore reader made of software: the device's side of the serial line, byte for byte.

Written from protocol.md alone. Nothing here may import the host's codec (lib/springcore), so that
a mistake in one of the two shows as a disagreement.
"""

from loquet_tools.virtual_reader.cards import Card
from loquet_tools.virtual_reader.core import VirtualReader
from loquet_tools.virtual_reader.faults import FaultyLine
from loquet_tools.virtual_reader.options import Options
from loquet_tools.virtual_reader.output import Output
from loquet_tools.virtual_reader.registers import Registers

__all__ = ["Card", "FaultyLine", "Options", "Output", "Registers", "VirtualReader"]
