"""Whether the tests of the modules that decide notice a mistake: `make mutants`."""
