"""Every operation, one declaration each.

They are declared in one order, whichever of them is asked for first: of several that a callable
may mean the first one is tried first.
"""

from chainrule.primitives import namespaces as namespaces
