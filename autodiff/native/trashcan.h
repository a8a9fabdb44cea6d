/* Frees graphs of any depth, for a compiled `Value`: included before the C code that mypyc makes (see setup.py).

A compiled Value has no header for the cyclic garbage collector, because a graph has no cycles (see node.py). Python's
own way to free long chains without recursion, the "trashcan", has its list run through that header, and so would write
outside of such an object. Here the list runs through the word in front of the object's type, the reference count: it is
0 by then, and nobody looks at it again. It is copied as bytes, so that no compiler can take the two for different things.

The macros are those of CPython, and stand around the body of every deallocator that mypyc makes:

    Py_TRASHCAN_BEGIN(op, dealloc)   body, which frees op and what only op refers to   Py_TRASHCAN_END

Objects that have the header are functions and entries of the table, none of them in long chains: their bodies just run.
A list or a tuple in between is freed by CPython, and only takes one of its levels: what lies in it ends here.

The state is of a thread, because freeing a primitive may run anybody's `__del__`, and so switch threads.

What this header does not fit must not compile: then the installation goes on in Python (see setup.py). */

#ifndef CHAINRULE_TRASHCAN_H
#define CHAINRULE_TRASHCAN_H

#include <Python.h>
#include <stddef.h>
#include <string.h>

#ifdef Py_GIL_DISABLED
#error "chainrule: without a global lock an object has two reference counts, and this header expects one"
#endif

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

/* Where the word in front of the type is, if there is room for one. */
#define CHAINRULE_PLACE (offsetof(PyObject, ob_type) - sizeof(PyObject *))
typedef char chainrule_has_room[offsetof(PyObject, ob_type) >= sizeof(PyObject *) ? 1 : -1];

static inline void chainrule_set_next(PyObject *op, PyObject *next)
{
    memcpy((char *)op + CHAINRULE_PLACE, &next, sizeof next);
}

/* Return what waits after op, and make op's reference count 0 again. */
static inline PyObject *chainrule_take_next(PyObject *op)
{
    PyObject *next;
    memcpy(&next, (char *)op + CHAINRULE_PLACE, sizeof next);
    memset((char *)op + CHAINRULE_PLACE, 0, sizeof next);
    return next;
}

/* Return whether to run the body of op now; if not, it will be run later. */
static inline int chainrule_begin(struct chainrule_trashcan *can, PyObject *op)
{
    if (can->levels == CHAINRULE_LEVELS) {
        chainrule_set_next(op, can->waiting);
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
            can->waiting = chainrule_take_next(op);
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

/* Whatever else leads to CPython's own trashcan is an error. */
#define _PyTrash_begin(...) sizeof(char[-1])
#define _PyTrash_cond(...) sizeof(char[-1])
#define _PyTrash_end(...) sizeof(char[-1])
#define _PyTrash_thread_deposit_object(...) sizeof(char[-1])
#define _PyTrash_thread_destroy_chain(...) sizeof(char[-1])

#endif
