"""Machine code for the instructions of the arrays backend: loops over members, terms and points.

An instruction of `arrays` is a nest of loops of constant lengths, whatever the number of scalars behind it. Points lie
in the lanes of a vector, in tiles that stay in the second-level cache; with one point, members or terms do. So the
length of the code, and the time to compile it, follow the number of classes of a program.

`groups` joins element-by-element instructions; `layout` gives each block its place in memory; `nest` writes loops;
`elements`, `logsumexp`, `sums`, `copies` and, for a single point, `runs` write the instructions, and `kernel` the
module.
"""
