"""The `llvm` backend: a tape as machine code, one point in each lane of a SIMD register.

The code of a program, for points in blocks of W lanes and in tiles of TILE blocks:

    kernel                               for every tile of points:
        pack                             the inputs, transposed into rows: memory[block][row][lane]
        chunk 0, chunk 1, ...            each for every block of the tile: straight-line code (see `schedule`, `body`)
        unpack                           the results of each point, transposed back

A parameter is one number for all lanes. An average over the points is a running sum in every lane; the lanes are added
up in the end. The lanes behind the last point repeat it, so that nothing is read past the end, and are left out of sums
and results. There are no optimisation passes: those over the tape have done that work.
"""
