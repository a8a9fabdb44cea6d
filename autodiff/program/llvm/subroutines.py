"""The subroutines of `quick` in LLVM's assembly language: each checks, reads or makes one thing.

An address is a number, an i64; it is 0 for nothing, or for a refusal. A shape is three numbers: how many axes there
are, the length of the first and that of the second.
"""

import numpy as np

from autodiff.observers import observers
from autodiff.program.llvm import closure, objects

NONE = str(id(None))


def subroutines(dtype: str) -> str:
    """Return the text of all of them, for numbers that are "float64" or "float32"."""
    real, number = ("double" if dtype == "float64" else "float"), np.dtype(dtype)
    parts = (kernels(), _arrays(id(number)), _places(), _points(), _parameters(real, number), _outs())
    return "\n".join([*parts, _results(real, id(number))])


def field(name: str, thing: str, offset: int, kind: str = "i64") -> str:
    """Return the text that loads a field of an object."""
    return f"""%{name}.address = add i64 %{thing}, {offset}
  %{name}.place = inttoptr i64 %{name}.address to {kind}*
  %{name} = load {kind}, {kind}* %{name}.place"""


def _arrays(dtype: int) -> str:
    """`is_usable`: whether an object is a plain array of the dtype, with these flags; `is_array`: and of this shape."""
    return f"""
define internal i1 @is_usable(i64 %object, i32 %flags) {{
  {field("type", "object", objects.TYPE)}
  %is_plain = icmp eq i64 %type, {id(np.ndarray)}
  br i1 %is_plain, label %look, label %no
look:
  {field("dtype", "object", objects.DTYPE)}
  {field("all", "object", objects.FLAGS, "i32")}
  %is_dtype = icmp eq i64 %dtype, {dtype}
  %those = and i32 %all, %flags
  %are_set = icmp eq i32 %those, %flags
  %is_usable = and i1 %is_dtype, %are_set
  ret i1 %is_usable
no:
  ret i1 0
}}

define internal i1 @is_array(i64 %object, i32 %flags, i32 %rank, i64 %first, i64 %second) {{
  %is_usable = call i1 @is_usable(i64 %object, i32 %flags)
  br i1 %is_usable, label %look, label %no
look:
  {field("own_rank", "object", objects.RANK, "i32")}
  {field("lengths", "object", objects.LENGTHS)}
  %is_rank = icmp eq i32 %own_rank, %rank
  br i1 %is_rank, label %which, label %no
which:
  switch i32 %rank, label %two [ i32 0, label %yes  i32 1, label %one ]
two:
  {field("own_second", "lengths", objects.WORD)}
  %is_second = icmp eq i64 %own_second, %second
  br i1 %is_second, label %one, label %no
one:
  {field("own_first", "lengths", 0)}
  %is_first = icmp eq i64 %own_first, %first
  ret i1 %is_first
yes:
  ret i1 1
no:
  ret i1 0
}}
"""


def _places() -> str:
    """`data`: where an array has its numbers, 0 for None; `are_apart`: whether two pieces of memory share no byte."""
    return f"""
define internal i64 @data(i64 %object) {{
  %is_none = icmp eq i64 %object, {NONE}
  br i1 %is_none, label %no, label %look
look:
  {field("data", "object", objects.DATA)}
  ret i64 %data
no:
  ret i64 0
}}

define internal i1 @are_apart(i64 %one, i64 %one_bytes, i64 %other, i64 %other_bytes) {{
  %one_end = add i64 %one, %one_bytes
  %other_end = add i64 %other, %other_bytes
  %before = icmp ule i64 %one_end, %other
  %behind = icmp ule i64 %other_end, %one
  %is_new = icmp eq i64 %one, 0
  %are_beside = or i1 %before, %behind
  %are_apart = or i1 %are_beside, %is_new
  ret i1 %are_apart
}}
"""


def kernels() -> str:
    """`kernel_address`: the address of the kernel for so many points, 0 if it is not compiled; `kernel` calls it."""
    names = ("points", "theta", "values", "gradient", "memory", "n_points")
    arguments = ", ".join([f"i64 %{name}" for name in names])
    return f"""
define internal i64 @kernel_address(i64 %closure, i64 %n_points) {{
  {field("kernels", "closure", closure.KERNELS)}
  %is_single = icmp eq i64 %n_points, 1
  %offset = select i1 %is_single, i64 {closure.SINGLE * objects.WORD}, i64 {closure.BATCH * objects.WORD}
  %entry = add i64 %kernels, %offset
  {field("kernel", "entry", 0)}
  ret i64 %kernel
}}

define internal void @kernel(i64 %closure, {arguments}) {{
  %address = call i64 @kernel_address(i64 %closure, i64 %n_points)
  %kernel = inttoptr i64 %address to void (i64, i64, i64, i64, i64, i64)*
  call void %kernel({arguments})
  ret void
}}
"""


def _points() -> str:
    """`count_points`: how many points there are in an object; 0 if it is no array of points, or has too many."""
    return f"""
define internal i64 @count_points(i64 %closure, i64 %points) {{
  %is_usable = call i1 @is_usable(i64 %points, i32 {objects.READABLE})
  br i1 %is_usable, label %look, label %no
look:
  {field("n_inputs", "closure", closure.N_INPUTS)}
  {field("limit", "closure", closure.LIMIT)}
  {field("rank", "points", objects.RANK, "i32")}
  {field("lengths", "points", objects.LENGTHS)}
  switch i32 %rank, label %no [ i32 1, label %point  i32 2, label %batch ]
point:
  {field("length", "lengths", 0)}
  %is_point = icmp eq i64 %length, %n_inputs
  %one = zext i1 %is_point to i64
  ret i64 %one
batch:
  {field("count", "lengths", 0)}
  {field("width", "lengths", objects.WORD)}
  %is_width = icmp eq i64 %width, %n_inputs
  %is_few = icmp ule i64 %count, %limit
  %is_batch = and i1 %is_width, %is_few
  %accepted = select i1 %is_batch, i64 %count, i64 0
  ret i64 %accepted
no:
  ret i64 0
}}
"""


def _parameters(real: str, dtype: "np.dtype[np.floating]") -> str:
    """`parameters`: where the numbers of theta are; 0 if it is no such array.

    Without theta they are read from the Values, unless somebody observes such reads. A float32 that is not finite may
    come from a larger number, of which numpy warns: it is refused too.
    """
    _, are_objects = objects.place_of_data()
    number = field("number", "data_place", 0, "double")
    if are_objects:
        number = f"""{field("object", "data_place", 0)}
  {field("type", "object", objects.TYPE)}
  {field("number", "object", objects.NUMBER, "double")}
  %is_float = icmp eq i64 %type, {id(float)}
  br i1 %is_float, label %keep, label %no
keep:"""
    rounded = "%number"
    kept = "br label %store\nstore:"
    if real == "float":
        rounded = "%rounded"
        kept = """%rounded = fptrunc double %number to float
  %times_zero = fmul float %rounded, 0.0
  %is_finite = fcmp ord float %times_zero, 0.0
  br i1 %is_finite, label %store, label %no
store:"""
    return f"""
define internal i64 @parameters(i64 %closure, i64 %theta) {{
  {field("n", "closure", closure.N_PARAMETERS)}
  %is_none = icmp eq i64 %theta, {NONE}
  br i1 %is_none, label %own, label %given
given:
  %is_array = call i1 @is_array(i64 %theta, i32 {objects.READABLE}, i32 1, i64 %n, i64 0)
  br i1 %is_array, label %take, label %no
take:
  {field("data", "theta", objects.DATA)}
  ret i64 %data
own:
  {field("places", "closure", closure.PLACES)}
  {field("targets", "closure", closure.THETA)}
  %observers = add i64 {id(observers)}, 0
  {field("n_observers", "observers", objects.SIZE)}
  %is_observed = icmp ne i64 %n_observers, 0
  br i1 %is_observed, label %no, label %head
head:
  %k = phi i64 [0, %own], [%next, %store]
  %is_last = icmp eq i64 %k, %n
  br i1 %is_last, label %all, label %read
read:
  %place_offset = mul i64 %k, {objects.WORD}
  %entry = add i64 %places, %place_offset
  {field("data_place", "entry", 0)}
  {number}
  {kept}
  %target_offset = mul i64 %k, {dtype.itemsize}
  %target_address = add i64 %targets, %target_offset
  %target = inttoptr i64 %target_address to {real}*
  store {real} {rounded}, {real}* %target
  %next = add i64 %k, 1
  br label %head
all:
  ret i64 %targets
no:
  ret i64 0
}}
"""


def _outs() -> str:
    """`item`: an item of the tuple `out`, 0 if it is no pair; `is_out`: whether an object may be `out` of a result."""
    return f"""
define internal i64 @item(i64 %out, i64 %k) {{
  %is_none = icmp eq i64 %out, {NONE}
  br i1 %is_none, label %none, label %look
look:
  {field("type", "out", objects.TYPE)}
  %is_tuple = icmp eq i64 %type, {id(tuple)}
  br i1 %is_tuple, label %count, label %no
count:
  {field("size", "out", objects.SIZE)}
  %is_pair = icmp eq i64 %size, 2
  br i1 %is_pair, label %take, label %no
take:
  %offset = mul i64 %k, {objects.WORD}
  %first = add i64 %out, %offset
  {field("item", "first", objects.ITEMS)}
  ret i64 %item
none:
  ret i64 {NONE}
no:
  ret i64 0
}}

define internal i1 @is_out(i64 %out, i32 %rank, i64 %first, i64 %second) {{
  switch i64 %out, label %look [ i64 {NONE}, label %yes  i64 0, label %no ]
look:
  %is_array = call i1 @is_array(i64 %out, i32 {objects.WRITEABLE}, i32 %rank, i64 %first, i64 %second)
  ret i1 %is_array
yes:
  ret i1 1
no:
  ret i1 0
}}
"""


def _results(real: str, dtype: int) -> str:
    """`array`: the array of a result, given or new, None for a number alone; `deliver`: what is returned."""
    return f"""
define internal i64 @array(i64 %out, i32 %rank, i64 %first, i64 %second) {{
  %lengths = alloca [2 x i64]
  %is_given = icmp ne i64 %out, {NONE}
  %is_number = icmp eq i32 %rank, 0
  %is_kept = or i1 %is_given, %is_number
  br i1 %is_kept, label %keep, label %make
keep:
  call void @Py_IncRef(i64 %out)
  ret i64 %out
make:
  %first.place = getelementptr [2 x i64], [2 x i64]* %lengths, i64 0, i64 0
  %second.place = getelementptr [2 x i64], [2 x i64]* %lengths, i64 0, i64 1
  store i64 %first, i64* %first.place
  store i64 %second, i64* %second.place
  %shape = ptrtoint i64* %first.place to i64
  call void @Py_IncRef(i64 {dtype})
  %array = call i64 @PyArray_Empty(i32 %rank, i64 %shape, i64 {dtype}, i32 0)
  ret i64 %array
}}

define internal i64 @deliver(i64 %array, i64 %place, i32 %rank, i64 %first, i64 %second) {{
  %is_number = icmp eq i32 %rank, 0
  br i1 %is_number, label %alone, label %whole
alone:
  {field("number", "place", 0, real)}
  {"" if real == "double" else "%wide = fpext float %number to double"}
  %float = call i64 @PyFloat_FromDouble(double {"%number" if real == "double" else "%wide"})
  call void @Py_DecRef(i64 %array)
  ret i64 %float
whole:
  ret i64 %array
}}
"""
