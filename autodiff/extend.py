"""For packages built on the engine, as `nn` and `viz` are: what they may use beyond the names of `autodiff` itself.

Nothing else of the inside of `autodiff` is imported elsewhere, so all the rest can change freely.
"""

from autodiff import primitives as primitives  # the table, as in `primitives.MUL`
from autodiff.checks import as_int as as_int  # an int or an integer of numpy as an int, or None
from autodiff.checks import check_choice as check_choice  # an argument out of a few; each check says who expected what
from autodiff.checks import check_fraction as check_fraction  # a number from 0 to below 1
from autodiff.checks import check_not_negative as check_not_negative  # a finite number >= 0
from autodiff.checks import check_positive as check_positive  # a finite number > 0
from autodiff.checks import check_positive_int as check_positive_int  # an int >= 1
from autodiff.checks import check_range as check_range  # two ends of an interval, in order
from autodiff.checks import check_rng as check_rng  # a random.Random
from autodiff.checks import check_whole as check_whole  # data that numpy takes as they are: no mask, no gap, no unit
from autodiff.checks import type_name as type_name  # the type of an object, for the message of an error
from autodiff.distinct import distinct as distinct  # every node of a list once, in order
from autodiff.errors import needed as needed  # a `with` block around an import: a missing package names its extra
from autodiff.files import write_file as write_file  # a file as a whole: the old content or the new, never a part
from autodiff.graph import dependents as dependents  # the nodes that are computed from some nodes
from autodiff.guard import Guard as Guard  # no Value that depends on some leaves becomes a plain number
from autodiff.languages import OPERANDS as OPERANDS  # the names of operands in the formula of a primitive
from autodiff.languages import parsed as parsed  # the formula of a primitive as a syntax tree
from autodiff.node import CONSTANT as CONSTANT  # the mark of a leaf that was a plain number, in a fingerprint
from autodiff.node import data_of as data_of  # the data of many nodes, without telling observers
from autodiff.node import set_data as set_data  # new data for many nodes, likewise
from autodiff.node import zero_grad as zero_grad  # grad = 0 for many nodes, likewise
from autodiff.program.choose import Backend as Backend  # the names of the backends of a Program, a Literal
from autodiff.program.recording.chance import drawn_leaf as drawn_leaf  # a leaf that no Program keeps as a constant
from autodiff.program.recording.data_dependence import Watch as Watch  # notes code that reads numbers while recording
from autodiff.program.recording.fingerprint import fingerprint as fingerprint  # a key for a cache of graphs
from autodiff.program.recording.tape import is_custom as is_custom  # whether a primitive is not in the table
from autodiff.real import as_float as as_float  # a real number as a float, or a TypeError
from autodiff.real import is_finite as is_finite  # whether an object is a real number, and finite as a float
from autodiff.real import is_real as is_real  # whether an object is a real number
from autodiff.real import short as short  # the `repr` of any object on one short line
from autodiff.real import total as total  # a sum from left to right, the same on every Python
from autodiff.reverse import adjoints as adjoints  # d output / d node as floats, for some nodes; no `grad` changes
from autodiff.reverse import partials_on_values as partials_on_values  # the partials of a node, as a graph
from autodiff.reverse import recorded_partials as recorded_partials  # the operands of a node and its partials, floats
from autodiff.reverse import sweep as sweep  # the chain rule, on floats or Values, on a graph or a part of one
from autodiff.value import as_value as as_value  # a plain number as a constant node
