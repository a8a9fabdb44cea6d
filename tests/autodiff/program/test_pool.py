"""The memory of calls: used again by the next call of its size, never by two at once, and little of it is kept."""

from autodiff.program.pool import Pool


def test_what_was_given_back_is_taken_again_by_size_the_last_first():
    pool = Pool(lambda size: [size])
    one, two, other = pool.take(1), pool.take(1), pool.take(2)
    assert (one.thing, other.thing) == ([1], [2])
    assert one.thing is not two.thing
    for pooled in (one, two, other):
        pool.give_back(pooled)
    assert [pool.take(1), pool.take(1), pool.take(2)] == [two, one, other]
    assert pool.free == []


def test_no_more_wait_than_are_kept_and_the_oldest_go():
    pool = Pool(lambda size: [size], n_kept=2)
    pooled = [pool.take(size) for size in (1, 2, 3)]
    for each in pooled:
        pool.give_back(each)
    assert pool.free == pooled[1:]


def test_eight_wait_unless_it_is_said_how_many():
    pool = Pool(lambda size: [size])
    for each in [pool.take(size) for size in range(10)]:
        pool.give_back(each)
    assert [each.size for each in pool.free] == [*range(2, 10)]
