"""The compiled build: mypyc translates the core to C, from the same files that run as Python elsewhere.

`CORE` in setup.py lists the compiled modules. A wheel has them where it was built with a C compiler. An editable
install, the variable CHAINRULE_PURE=1 and a failed compilation leave Python; `autodiff.build()` tells which one runs,
and the tests pass in both. The sources do a few things for mypyc alone, each marked `# mypyc:`.

Nodes are acyclic classes: operands exist before the nodes made from them, so a graph has no cycles, and a compiled node
lacks the header of Python's cyclic collector. Looking for cycles was half of the time of an eager step.

A graph is freed by reference counts, node by node, and a chain of a million nodes must not be a recursion of a million
calls. CPython's own remedy, the trashcan, needs the header that compiled nodes lack. `trashcan.h` is one without it.
"""
