"""The `llvm` backend: a tape as machine code, one point in each lane of a SIMD register.

A regular program becomes loops, of which `loops` has a description. What has no pattern, or is small, becomes
straight-line code; the rest of this page is about that.

The code of a program, for points in blocks of W lanes and in tiles of blocks:

    kernel                               for every tile of points:
        pack                             copies the inputs to rows, transposed: memory[block][row][lane]
        chunk 0, chunk 1, ...            each for every block of the tile: straight-line code (see `schedule`, `body`),
                                         or a loop over the turns of what repeats in time (see `periods`, `repeat`)
        unpack                           copies the results of each point, transposed back

Lines that depend on no input run once a call, on single numbers. A parameter is one number for all lanes. A mean over
the points is a running sum in every lane; the lanes are added up at the end of a tile. The lanes behind the last point
repeat it, so that nothing is read past the end; they are left out of sums and results. No passes of LLVM optimize the
code: the passes over the tape have done that work.

The files, from the text of an instruction to the function that Python calls: `text`, `lanes`, `vectormath`,
`trigonometric`, `lowering`, `functions` and `flow` write instructions; `schedule` cuts a tape into chunks by `cost`,
among which `periods` finds loops, `abreast` joins them and `inside` has them add sums; `frame`, `body`, `repeat`,
`reduction`, `transfer`, `sums` and `emitter` write the kernel; `cpython` and `subroutines` write the functions that
Python calls, which read objects where `objects` says, and their `closure`; `threads` writes those that share a long
batch; `machine` compiles the text; `kernel` has it compiled when a call needs it.
May import `basis`, `table`, `core`, `recording`, `kernel`, `arrays`.
"""
