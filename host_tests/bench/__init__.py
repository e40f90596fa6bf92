"""Speed of the real code on real interpreters: `make bench`."""
