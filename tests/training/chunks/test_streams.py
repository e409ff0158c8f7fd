"""Mini-batches from a stream of chunks: equal to the run on one array where the batches are."""

import gc
import weakref

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import fusedmlp
from tests.cases import Case, same_weights
from tests.training.chunks.data import CASE, assert_same_to_rounding, in_chunks

BACKENDS = ["kernels", "reference"]
X, Y = CASE.data()
OPTIONS = [
    {"momentum": 0.9, "nesterov": True},
    {"optimizer": "adam", "learning_rate_schedule": "cosine", "warmup_epochs": 2},
    {"optimizer": "adamw", "l1": 0.01, "l2": 0.1, "clip_norm": 0.03},
    {"batch_norm": True, "record_every": 3},
    {"scale_penalties": True, "l2": 0.1},
    {"patience": 2, "tol": 0.1, "validation": CASE.data(seed=1), "track_directions": True},
]


def stream_arguments(**options):
    return CASE.arguments(batch_size=10, **options)


def pairs(sizes):
    return list(zip(in_chunks(X, sizes), in_chunks(Y, sizes), strict=True))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("options", [*OPTIONS, {"dropout": 0.2}], ids=str)
def test_one_chunk_is_one_array(options, backend):
    arguments = stream_arguments(backend=backend, **options)
    run, whole = fusedmlp.train([(X, Y)], **arguments), fusedmlp.train(X, Y, **arguments)
    assert same_weights(run, whole)
    assert_same_to_rounding(run, whole)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_chunks_of_whole_batches_in_their_order_are_one_array(options, backend):
    arguments = stream_arguments(backend=backend, shuffle=False, **options)
    run, whole = (
        fusedmlp.train(pairs([30, 10, 40, 23]), **arguments),
        fusedmlp.train(X, Y, **arguments),
    )
    assert same_weights(run, whole)
    assert_same_to_rounding(run, whole)


class Files:
    """A data set that reads its chunks anew in each epoch."""

    def __init__(self, sizes):
        self.sizes, self.epochs = sizes, 0

    def __iter__(self):
        self.epochs += 1
        for inputs, targets in pairs(self.sizes):
            yield inputs.copy(), targets.copy()


def test_an_object_a_list_and_a_function_give_the_same():
    sizes = [7, 30, 66]
    arguments = stream_arguments(epochs=4, optimizer="adam")
    files = Files(sizes)
    run = fusedmlp.train(files, **arguments)
    assert files.epochs == 4
    assert same_weights(run, fusedmlp.train(pairs(sizes), None, **arguments))
    assert same_weights(run, fusedmlp.train(lambda: iter(pairs(sizes)), **arguments))
    assert_array_equal(run.history["epoch"], np.arange(4))


def test_chunks_of_the_same_size_have_orders_of_their_own():
    part, arguments = (X[:30], Y[:30]), CASE.arguments(batch_size=1, epochs=1)
    both = fusedmlp.train([part, part], **arguments)
    order = np.empty(30, np.int64)
    fusedmlp.reference.row_order(both._continuation.progress.seed, 0, order)
    twice = tuple(np.concatenate([array[order], array[order]]) for array in part)
    in_one_order = fusedmlp.train([twice], **arguments, shuffle=False)
    first = fusedmlp.train([part], **arguments)
    assert same_weights(
        first, fusedmlp.train([tuple(a[order] for a in part)], **arguments, shuffle=False)
    )
    assert not same_weights(both, in_one_order)


@pytest.mark.parametrize("threads", [1, 2])
def test_large_chunks_in_slices_and_by_threads(threads):
    case = Case("", (20, 64, 2), 4096, {"reduction": "mean", "learning_rate": 0.1})
    inputs, targets = case.data()
    arguments = case.arguments(batch_size=512, epochs=3, shuffle=False)
    chunks = [(inputs[a : a + 1024], targets[a : a + 1024]) for a in range(0, 4096, 1024)]
    run = fusedmlp.train(chunks, threads=threads, **arguments)
    assert same_weights(run, fusedmlp.train(inputs, targets, threads=1, **arguments))


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_warm_start_goes_on_bit_for_bit(optimizer, tmp_path):
    chunks = pairs([7, 30, 66])
    arguments = stream_arguments(optimizer=optimizer)
    fusedmlp.train(chunks, **arguments).save(tmp_path / "half")
    again = fusedmlp.train(chunks, warm_start=fusedmlp.load(tmp_path / "half"), **arguments)
    assert same_weights(again, fusedmlp.train(chunks, **(arguments | {"epochs": 20})))
    assert_array_equal(again.history["epoch"], np.arange(10, 20))


def test_another_stream_or_one_array_goes_on_with_the_optimiser():
    arguments = stream_arguments(optimizer="adam", epochs=2)
    first = fusedmlp.train(pairs([3]), **arguments)
    assert first._continuation.progress.steps == 2
    longer = fusedmlp.train(pairs([103]), warm_start=first, **arguments)
    assert longer._continuation.progress.steps == 2 + 2 * 11
    whole = fusedmlp.train(X, Y, warm_start=first, **arguments)
    assert whole._continuation.progress.steps == 2 + 2 * 11


def test_an_interrupted_run_has_learnt_so_far():
    reads = []

    def chunks():
        for number, pair in enumerate(pairs([30, 73])):
            reads.append(number)
            if len(reads) == 6:
                raise KeyboardInterrupt
            yield pair

    arguments = stream_arguments()
    with pytest.raises(KeyboardInterrupt) as stopped:
        fusedmlp.train(chunks, **arguments)
    run = stopped.value.run
    assert (run.epochs, run.stopped) == (2, "interrupted in epoch 2")
    before = fusedmlp.train(pairs([30, 73]), **(arguments | {"epochs": 2}))
    assert_array_equal(run.history["loss"], before.history["loss"])
    assert not same_weights(run, before)  # it has learnt from the first chunk of the next epoch
    again = fusedmlp.train(pairs([30, 73]), warm_start=run, **(arguments | {"epochs": 3}))
    assert_array_equal(again.history["epoch"], [2, 3, 4])  # which is begun again


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_run_that_diverges_says_so(backend):
    arguments = stream_arguments(
        output_activation="identity", learning_rate=1e200, backend=backend, activation="identity"
    )
    with pytest.warns(RuntimeWarning, match="no longer finite after epoch 0"):
        run = fusedmlp.train(pairs([50, 53]), **arguments)
    assert run.epochs == 1


@pytest.mark.filterwarnings("ignore:y has targets in:UserWarning")  # what it learns is no matter
def test_no_chunk_is_held_while_the_next_one_is_read():
    last, held = [lambda: None], []

    def chunks():
        for seed in range(5):
            gc.collect()
            held.append(last[0]() is not None)
            inputs = np.random.default_rng(seed).normal(size=(2000, 4))
            last[0] = weakref.ref(inputs)
            yield inputs, inputs[:, :1] ** 2
            del inputs

    fusedmlp.train(chunks, hidden=3, epochs=2, batch_size=100)
    assert held == 10 * [False]


def test_progress(capsys):
    fusedmlp.train(pairs([50, 53]), progress=True, **stream_arguments())
    assert "epoch 10 of 10" in capsys.readouterr().out
