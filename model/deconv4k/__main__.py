"""`python -m deconv4k`: the command line."""

from deconv4k.cli import main

main()
