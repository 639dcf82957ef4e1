"""``python -m chainrule``: the command line without the installed script."""

from chainrule.cli import main

main()
