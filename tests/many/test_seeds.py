"""The seeds of starts."""

import numpy as np
import pytest

from fusedmlp.many.seeds import seeds_of


@pytest.mark.parametrize("seed", [0, 7, 2**32 - 1])
def test_seeds_of_fewer_starts_are_the_first_of_those_of_more(seed):
    seeds = seeds_of(seed, 1000)
    assert seeds[0] == seed
    assert len(set(seeds.tolist())) == 1000
    assert 0 <= seeds.min() <= seeds.max() < 2**32
    for starts in (1, 2, 500):
        assert seeds_of(seed, starts).tolist() == seeds[:starts].tolist()


def test_a_random_state_gives_other_seeds_each_time():
    random = np.random.RandomState(3)
    first, second = seeds_of(random, 5), seeds_of(random, 5)
    assert not set(first.tolist()) & set(second.tolist())
    assert seeds_of(np.random.RandomState(3), 5).tolist() == first.tolist()
