"""AW-SGD's sampler: what is drawn, and what is learnt from it."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from fusedmlp import kernels, reference

PACKAGES = {"kernels": kernels, "reference": reference}


@pytest.fixture(params=PACKAGES.values(), ids=PACKAGES)
def package(request):
    return request.param


def tree_of(leaves):
    rows = len(leaves)
    scores = np.array([0.0] * rows + list(leaves))
    for node in range(rows - 1, 0, -1):
        scores[node] = scores[2 * node] + scores[2 * node + 1]
    return scores


def chances_of(package, scores, floor):
    chances = np.empty(len(scores) // 2)
    package.row_chances(scores, floor, np.arange(len(chances)), chances)
    return chances


# Draws


@pytest.mark.parametrize("rows", [2, 3, 4, 5, 7, 8, 9, 100])
def test_draws_agree_and_are_rows(rows):
    scores = tree_of(np.random.default_rng(rows).lognormal(sigma=3, size=rows))
    for floor in (0.01, 0.5, 1.0):
        ours, theirs = np.zeros((2, 1000), np.int64)
        kernels.draw_rows(scores, floor, 2**63 - 1, 3, 5, ours)
        reference.draw_rows(scores, floor, 2**63 - 1, 3, 5, theirs)
        assert_array_equal(ours, theirs)
        assert set(ours) <= set(range(rows))
        some = np.zeros(10, np.int64)
        kernels.draw_rows(scores, floor, 2**63 - 1, 3, 25, some)
        assert_array_equal(some, ours[20:30])  # whoever draws which of them


def test_draws_follow_their_chances(package):
    rows, draws = 30, 30_000
    scores = tree_of(np.random.default_rng(0).lognormal(size=rows))
    drawn = np.zeros(draws, np.int64)
    package.draw_rows(scores, 0.2, 7, 0, 0, drawn)
    expected = draws * chances_of(package, scores, 0.2)
    chi_squared = ((np.bincount(drawn, minlength=rows) - expected) ** 2 / expected).sum()
    assert chi_squared < 58.3  # exceeded by one seed in a thousand, at 29 degrees of freedom


def test_other_epochs_draw_otherwise(package):
    drawn = np.zeros((2, 50), np.int64)
    for epoch in range(2):
        package.draw_rows(tree_of(np.ones(40)), 0.1, 1, epoch, 0, drawn[epoch])
    assert not np.array_equal(*drawn)


# What is learnt


def test_squares_are_those_of_the_gradients(package):
    random = np.random.default_rng(0)
    for n_in, n_out in ((1, 1), (3, 9), (17, 5)):
        X, D, squares = random.normal(size=(6, n_in)), random.normal(size=(6, n_out)), np.ones(6)
        package.add_squares(X, D, 1, squares)
        outer = np.einsum("ri,rj->rij", np.hstack([X, np.ones((6, 1))]), D)
        assert_allclose(squares, 1 + (outer**2).sum(axis=(1, 2)), rtol=1e-13)


@pytest.mark.parametrize("rows", [2, 3, 7, 64])
def test_learning_agrees(rows):
    random = np.random.default_rng(rows)
    scores, usual = [tree_of(np.ones(rows)) for _ in range(2)], np.zeros((2, 2))
    for _ in range(50):
        drawn = random.integers(0, rows, 5)
        squares = random.lognormal(sigma=2, size=rows)[drawn]
        for which, package in enumerate(PACKAGES.values()):
            package.learn_to_sample(scores[which], usual[which], 0.1, 0.7, drawn, squares)
    assert_allclose(*scores, rtol=1e-11)
    assert_allclose(*usual, rtol=1e-12)
    assert_allclose(scores[0], tree_of(scores[0][rows:]), rtol=0, atol=0)


def test_learning_from_many_draws_agrees():
    """Memory for the scores of so many is given back to the system as soon as it is freed."""
    random, rows = np.random.default_rng(0), 4096
    scores, usual = [tree_of(np.ones(rows)) for _ in range(2)], np.zeros((2, 2))
    drawn, squares = random.integers(0, rows, 300_000), random.lognormal(size=300_000)
    for which, package in enumerate(PACKAGES.values()):
        package.learn_to_sample(scores[which], usual[which], 0.1, 0.5, drawn, squares)
    assert_allclose(*scores, rtol=1e-9)


def learnt(package, lengths, rate=0.5, floor=0.1, steps=3000, scale=1.0):
    """Return the tree after steps on gradients of such lengths, which stay as they are."""
    rows, usual, drawn = len(lengths), np.zeros(2), np.zeros(4, np.int64)
    scores, chances = tree_of(np.ones(rows)), np.empty(4)
    for step in range(steps):
        package.draw_rows(scores, floor, 0, step, 0, drawn)
        package.row_chances(scores, floor, drawn, chances)
        squares = scale * (lengths[drawn] / (rows * chances)) ** 2
        package.learn_to_sample(scores, usual, floor, rate, drawn, squares)
    return scores


def test_rows_come_to_be_drawn_by_the_length_of_their_gradients(package):
    lengths = np.array([1.0, 2.0, 3.0, 4.0, 10.0])
    chances = chances_of(package, learnt(package, lengths), 0.1)
    assert_allclose(chances, lengths / 20, rtol=0.02)


def test_the_scale_of_the_losses_does_not_matter(package):
    lengths = np.array([1.0, 2.0, 3.0, 0.1])
    small, large = (learnt(package, lengths, steps=50, scale=2.0**n) for n in (-80, 80))
    assert_array_equal(small, large)


@pytest.mark.parametrize("floor", [0.01, 0.5, 1.0])
def test_chances_are_a_distribution_with_a_floor(package, floor):
    lengths = np.array([0.0, 1e-9, 1.0, 1e9])
    scores = learnt(package, lengths, rate=1.0, floor=floor)
    chances = chances_of(package, scores, floor)
    assert chances.sum() == pytest.approx(1, rel=1e-14)
    assert chances.min() >= floor / 4 * (1 - 1e-15)
    assert chances[3] > 0.9 * (1 - 0.75 * floor)
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("square", [0.0, np.inf, np.nan, 1e-320, 1e308])
def test_no_square_spoils_the_scores(package, square):
    scores, usual = tree_of([1.0, 2.0, 3.0]), np.zeros(2)
    for _ in range(3):
        for drawn in ([0, 1], [2, 2]):
            package.learn_to_sample(
                scores, usual, 0.1, 1.0, np.array(drawn), np.array([square, square])
            )
    assert_allclose(scores, [0, 6, 5, 1, 2, 3], rtol=1.0)
    assert np.isfinite(scores).all()
    assert (scores[1:] > 0).all()


def test_sums_do_not_overflow_however_often_scores_rise(package):
    """The mean fades slowly: all rows may seem to be longer than usual, again and again."""
    scores, usual, drawn = tree_of(np.ones(4)), np.zeros(2), np.arange(4)
    for step in range(2000):
        usual[:] = 1e-300, 1.0
        package.learn_to_sample(scores, usual, 0.1, 1.0, drawn[step % 4 :][:1], np.ones(1) * step)
    assert np.isfinite(scores).all()
    assert (scores[1:] > 0).all()
    assert_array_equal(scores, tree_of(scores[4:]))
