"""Samples in any container mean what they mean there: what numpy would drop is refused, on every backend."""

import array
import random
import warnings

import pytest

from autodiff import Program, Value
from nn import MLP, SGD, fit, losses, metrics, predict
from nn.data import Standardize, split, take

np = pytest.importorskip("numpy")

BACKENDS = ["eager", "python", "llvm"]
INPUTS = [[0.0, 1.0], [2.0, 0.5], [1.0, 1.0]]
TARGETS = [0.0, 1.0, 1.0]
MASKED = np.ma.masked_array(INPUTS, mask=[[0, 0], [1, 0], [0, 0]])
MESSAGE = "expected numbers, got a missing one in sample 1; leave such samples out, or fill the gaps"


def network():
    return MLP(2, [1], rng=random.Random(0))


def trained(inputs, targets, backend="eager", **options):
    model = network()
    fit(model, losses.squared_error, inputs, targets, optimizer=SGD(0.1), max_steps=2, backend=backend, **options)
    return model.state()


@pytest.mark.parametrize("backend", BACKENDS)
def test_numbers_under_a_mask_are_not_trained_on(backend, refuses):
    with refuses(ValueError, f"fit: inputs: {MESSAGE}"):
        trained(MASKED, TARGETS, backend)
    with refuses(ValueError, f"fit: targets: {MESSAGE}"):
        trained(INPUTS, np.ma.masked_array(TARGETS, mask=[0, 1, 0]), backend)
    with refuses(ValueError, f"fit: validation inputs: {MESSAGE}"):
        trained(INPUTS, TARGETS, backend, validation=(MASKED, TARGETS))
    with refuses(ValueError, f"predict: inputs: {MESSAGE}"):
        predict(network(), MASKED, backend=backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_mask_on_a_row_or_a_number_of_a_list_is_seen(backend):
    with pytest.raises(ValueError, match=r"^fit: inputs\[1\]: expected numbers, got a missing one in sample 0; leave"):
        trained([*MASKED], TARGETS, backend)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # numpy's own, for a masked number in a list
        with pytest.raises((TypeError, ValueError), match=r"^fit: targets\[1\]"):
            trained(INPUTS, [0.0, np.ma.masked, 1.0], backend)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("mask", [False, [[0, 0], [0, 0], [0, 0]]])
def test_a_mask_that_hides_nothing_is_none(mask, backend):
    masked = np.ma.masked_array(INPUTS, mask=mask)
    assert trained(masked, TARGETS, backend) == trained(INPUTS, TARGETS, backend)


@pytest.mark.parametrize("backend", ["python", "llvm", "arrays"])
def test_a_program_refuses_masks_as_points_and_parameters(backend, refuses):
    x, y, w = Value(1.0), Value(2.0), Value(3.0)
    program = Program(x * y * w, [x, y], [w], backend=backend)
    for call in (program, program.value_and_grad, program.mean_and_grad):
        with refuses(ValueError, f"Program: points: {MESSAGE}"):
            call(MASKED, [1.0])
        with pytest.raises(ValueError, match=r"^Program: theta: expected numbers, got a missing one"):
            call(np.array(INPUTS), np.ma.masked_array([1.0], mask=[1]))


def test_estimators_and_metrics_refuse_masks(refuses):
    pytest.importorskip("sklearn")
    from nn.estimators import Classifier, Regressor

    for kind in (Classifier, Regressor):
        with refuses(ValueError, f"{kind.__name__}: X: {MESSAGE}"):
            kind(epochs=1).fit(MASKED, [0, 1, 1])
        with refuses(ValueError, f"{kind.__name__}: y: {MESSAGE}"):
            kind(epochs=1).fit(INPUTS, np.ma.masked_array([0, 1, 1], mask=[0, 1, 0]))
        estimator = kind(epochs=1, random_state=0).fit(INPUTS, [0, 1, 1])
        with refuses(ValueError, f"{kind.__name__}: X: {MESSAGE}"):
            estimator.predict(MASKED)
    with refuses(ValueError, f"accuracy: targets: {MESSAGE}"):
        metrics.accuracy([1.0, 2.0, 3.0], np.ma.masked_array([0, 1, 1], mask=[0, 1, 0]))


class Quantity(np.ndarray):
    """An array with a unit, as those of astropy and unyt."""

    unit = "m"


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_unit_is_not_dropped(backend, refuses):
    with refuses(ValueError, "fit: inputs: expected plain numbers, got Quantity in m; divide by the unit"):
        trained(np.array(INPUTS).view(Quantity), TARGETS, backend)
    plain = np.array(INPUTS).view(Quantity)
    plain.unit = ""
    assert trained(plain, TARGETS, backend) == trained(INPUTS, TARGETS, backend)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", ["datetime64[ns]", "datetime64[D]", "timedelta64[ns]"])
def test_times_are_not_numbers(kind, backend):
    times = np.array([1, 2, 3]).astype(kind)
    with pytest.raises(TypeError, match=r"^fit: targets: expected numbers, got (datetime|timedelta)64\["):
        trained(INPUTS, times, backend)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "make",
    [
        np.array,
        np.matrix,
        lambda x: memoryview(np.array(x)),
        lambda x: [*np.array(x)],
        tuple,
        lambda x: np.array(x, "O"),
    ],
    ids=["array", "matrix", "memoryview", "list of arrays", "tuple", "objects"],
)
@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_containers_that_hold_numbers_are_read(make, backend):
    assert trained(make(INPUTS), TARGETS, backend) == trained(INPUTS, TARGETS, backend)
    assert trained(INPUTS, array.array("d", TARGETS), backend) == trained(INPUTS, TARGETS, backend)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("data", "got"),
    [
        (np.array(1.0), "ndarray without a length"),
        (np.float64(1.0), "float64"),
        (1.0, "float"),
        ((x for x in INPUTS), "generator"),
    ],
    ids=["array", "scalar", "float", "generator"],
)
def test_what_has_no_length_is_no_list_of_samples(data, got, backend, refuses):
    message = "to be a list of samples or an array, got"
    with refuses(TypeError, f"fit: expected inputs {message} {got}"):
        trained(data, TARGETS, backend)
    with refuses(TypeError, f"fit: expected targets {message} {got}"):
        trained(INPUTS, data, backend)
    with refuses(TypeError, f"fit: validation: expected inputs {message} {got}"):
        trained(INPUTS, TARGETS, backend, validation=(data, TARGETS))
    with refuses(TypeError, f"predict: expected inputs {message} {got}"):
        predict(network(), data, backend=backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_frames_and_series_of_pandas_are_taken_by_position(backend):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(INPUTS, columns=["a", "b"], index=[2, 0, 1])
    whole = trained(INPUTS, TARGETS, backend)
    for kind in ("float64", "Float64", "float32"):
        assert trained(frame.astype(kind), pandas.Series(TARGETS, index=[5, 6, 7]), backend) == whole
    for kind in ("int64", "Int64", "bool", "boolean"):
        assert trained(frame, pandas.Series([0, 1, 1]).astype(kind), backend) == whole
    mixed = pandas.DataFrame({"a": [0.0, 2.0, 1.0], "b": [True, False, True]})
    assert trained(mixed, TARGETS, backend) == trained([[0.0, 1.0], [2.0, 0.0], [1.0, 1.0]], TARGETS, backend)
    assert predict(network(), frame, backend=backend) == predict(network(), INPUTS, backend=backend)
    assert trained(take(frame, [2, 0]), [0.0, 1.0], backend) == trained([INPUTS[2], INPUTS[0]], [0.0, 1.0], backend)
    (inputs, targets), _ = split(frame, pandas.Series(TARGETS), test=0.3, rng=random.Random(0))
    (lists, numbers), _ = split(INPUTS, TARGETS, test=0.3, rng=random.Random(0))
    assert trained(inputs, targets, backend) == trained(lists, numbers, backend)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", ["float64", "Float64", "Int64", "boolean", "object"])
def test_missing_values_of_pandas_are_refused(kind, backend, refuses):
    pandas = pytest.importorskip("pandas")
    series = pandas.Series([0, None, 1], dtype=kind)
    with refuses(ValueError, f"fit: targets: {MESSAGE}"):
        trained(INPUTS, series, backend)
    with refuses(ValueError, f"fit: inputs: {MESSAGE}"):
        trained(pandas.DataFrame({"a": [0.0, 1.0, 2.0], "b": series}), TARGETS, backend)
    with refuses(ValueError, f"predict: inputs: {MESSAGE}"):
        predict(network(), pandas.DataFrame({"a": [0.0, 1.0, 2.0], "b": series}), backend=backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_is_no_number_in_pandas_is_refused(backend):
    pandas = pytest.importorskip("pandas")
    for series in (
        pandas.Series(["a", "b", "a"]),
        pandas.Series(["a", "b", "a"], dtype="category"),
        pandas.Series(pandas.to_datetime(["2020-01-01"] * 3)),
        pandas.Series(pandas.to_timedelta([1, 2, 3], unit="ns")),
        pandas.Series([1j, 2j, 3j]),
    ):
        with pytest.raises(TypeError, match=r"^fit: targets(\[0\])?: expected "):
            trained(INPUTS, series, backend)


def test_pandas_goes_in_and_comes_out():
    pandas = pytest.importorskip("pandas")
    rows, labels = [[0.0, 1.0], [2.0, 0.0], [1.0, 3.0], [4.0, 1.0]], [2, 0, 1, 2]
    index = [7, 3, 1, 0]
    frame = pandas.DataFrame(rows, columns=["a", "b"], index=index)
    scale = Standardize.of(frame)
    scaled = scale(frame)
    assert (list(scaled.columns), list(scaled.index)) == (["a", "b"], index)
    assert scaled.to_numpy().tolist() == scale(rows)
    assert scale.inverse(scaled).to_numpy() == pytest.approx(np.array(rows), abs=1e-15)
    column = Standardize.of(frame["a"])(frame["a"])
    assert (column.name, list(column.index)) == ("a", index)

    def trained_on(inputs, targets, weights):
        model = MLP(2, [3], rng=random.Random(0))
        options = {"optimizer": SGD(0.1), "epochs": 2, "validation_split": 0.25, "sample_weight": weights}
        return fit(model, losses.cross_entropy, inputs, targets, metrics={"accuracy": metrics.accuracy}, **options)

    course = trained_on(frame, pandas.Series(labels, index=index), pandas.Series([1.0, 2.0, 1.0, 1.0], index=index))
    other = trained_on(rows, labels, [1.0, 2.0, 1.0, 1.0])
    assert (course.training, course.validation) == (other.training, other.validation)
    assert len(pandas.DataFrame(course.training)) == 2
    predictions = predict(MLP(2, [3], rng=random.Random(0)), frame)
    mean = losses.cross_entropy(predictions, labels)
    assert losses.cross_entropy(predictions, pandas.Series(labels, index=index)) == mean
    assert losses.cross_entropy(pandas.DataFrame(predictions, index=index), labels) == mean
    assert metrics.accuracy(predictions, pandas.Series(labels, index=index)) == metrics.accuracy(predictions, labels)
