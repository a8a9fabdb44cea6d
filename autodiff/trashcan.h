/* Frees graphs of any depth, for a compiled `Value`: included before the C code that mypyc makes (see setup.py).

A compiled Value has no header for the cyclic garbage collector, because a graph has no cycles (see node.py). Python's
own way to free long chains without recursion, the "trashcan", has its list run through that header, and so would write
outside of such an object. Here the list runs through the first word of the object, the reference count: it is 0 by
then, and nobody looks at it again.

The macros are those of CPython, and stand around the body of every deallocator that mypyc makes:

    Py_TRASHCAN_BEGIN(op, dealloc)   body, which frees op and what only op refers to   Py_TRASHCAN_END

Objects that have the header are functions and entries of the table, none of them in long chains: their bodies just run.
A list or a tuple in between is freed by CPython, and only takes one of its levels: what lies in it ends here.

The state is of a thread, because freeing a label or a primitive may run anybody's `__del__`, and so switch threads. */

#ifndef CHAINRULE_TRASHCAN_H
#define CHAINRULE_TRASHCAN_H

#include <Python.h>

#ifdef _MSC_VER
#define CHAINRULE_THREAD_LOCAL __declspec(thread)
#else
#define CHAINRULE_THREAD_LOCAL _Thread_local
#endif

#define CHAINRULE_LEVELS 16 /* of bodies inside each other: few enough for the smallest stack */

struct chainrule_trashcan {
    int levels;
    PyObject *waiting; /* NULL where no body runs */
};

static CHAINRULE_THREAD_LOCAL struct chainrule_trashcan chainrule_trashcan;

#define CHAINRULE_NEXT(op) (*(PyObject **)(op))

/* Return whether to run the body of op now; if not, it will be run later. */
static inline int chainrule_begin(struct chainrule_trashcan *can, PyObject *op)
{
    if (can->levels == CHAINRULE_LEVELS) {
        CHAINRULE_NEXT(op) = can->waiting;
        can->waiting = op;
        return 0;
    }
    can->levels++;
    return 1;
}

/* After the outermost body, run those that wait; each may add to them. */
static inline void chainrule_end(struct chainrule_trashcan *can)
{
    if (can->levels == 1) {
        while (can->waiting != NULL) {
            PyObject *op = can->waiting;
            can->waiting = CHAINRULE_NEXT(op);
            CHAINRULE_NEXT(op) = NULL;
            Py_TYPE(op)->tp_dealloc(op);
        }
    }
    can->levels--;
}

#undef Py_TRASHCAN_BEGIN
#undef Py_TRASHCAN_END

#define Py_TRASHCAN_BEGIN(op, dealloc) \
    do { \
        struct chainrule_trashcan *can = PyType_IS_GC(Py_TYPE(op)) ? NULL : &chainrule_trashcan; \
        if (can != NULL && !chainrule_begin(can, (PyObject *)(op))) { \
            break; \
        }

#define Py_TRASHCAN_END \
        if (can != NULL) { \
            chainrule_end(can); \
        } \
    } while (0);

#endif
