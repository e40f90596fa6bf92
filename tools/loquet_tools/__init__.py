"""The desktop side of Loquet: command line, virtual reader, virtual door."""
