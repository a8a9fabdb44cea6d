"""Names of PyTorch, Keras and scikit-learn are refused with the way that it is written here."""

import pytest

import nn
from nn import MLP, SGD, Layer, Linear, Module, Sequential, losses

NAMES = [
    ("Tanh", 'the name of the activation, as in nn.Sequential(nn.Linear(2, 3), "tanh")'),
    ("LeakyReLU", 'the name of the activation, as in nn.Sequential(nn.Linear(2, 3), "leaky_relu")'),
    ("MSELoss", "nn.losses.squared_error, with 1/2"),
    ("Dense", "nn.Layer(n_in, n_out, activation=...)"),
    ("MLPClassifier", "from nn.estimators import Classifier"),
    ("BCELoss", "nn.losses.binary_cross_entropy, of logits"),
    ("BCEWithLogitsLoss", "nn.losses.binary_cross_entropy"),
    ("CrossEntropyLoss", "nn.losses.cross_entropy"),
    ("HuberLoss", "nn.losses.huber"),
    ("L1Loss", "nn.losses.absolute_error"),
    ("MLPRegressor", "from nn.estimators import Regressor"),
    ("Parameter", "autodiff.Value"),
    ("Softmax", "nothing: nn.losses.cross_entropy takes logits; or autodiff.softmax"),
    ("functional", "nn.losses and the functions of autodiff"),
]
METHODS = [
    ("evaluate", "nn.metrics.accuracy(nn.predict(model, inputs), targets)"),
    ("fit", "nn.fit(model, loss, inputs, targets, optimizer=...)"),
    ("forward", "model(inputs)"),
    ("get_weights", "matrix() of a layer"),
    ("load_state_dict", "load_state(state)"),
    ("predict", "nn.predict(model, inputs)"),
    ("save", 'nn.save("model.json", model)'),
    ("state_dict", "state()"),
    ("set_weights", "set_matrix(W, b) of a layer"),
]


@pytest.mark.parametrize(
    ("where", "name", "hint"), [*[("nn", *each) for each in NAMES], *[("MLP", *each) for each in METHODS]]
)
def test_a_name_of_another_library_says_what_to_write(where, name, hint, refuses):
    with refuses(AttributeError, f"{where}: no {name} here; write {hint}"):
        getattr({"nn": nn, "MLP": MLP(2, [1])}[where], name)


def test_another_name_is_missing_as_in_any_module(refuses):
    with refuses(AttributeError, "module 'nn' has no attribute 'nonsense'"):
        nn.nonsense  # noqa: B018


def test_so_does_one_of_a_layer_and_of_an_optimizer(refuses):
    with refuses(AttributeError, "Linear: no weight here; write matrix(), which returns (W, b)"):
        Linear(2, 3).weight  # noqa: B018
    with refuses(AttributeError, "SGD: no zero_grad here; write model.zero_grad()"):
        SGD(0.1).zero_grad()
    with refuses(AttributeError, "'MLP' object has no attribute 'nonsense'"):
        MLP(2, [1]).nonsense  # noqa: B018


def test_a_property_that_fails_says_why(refuses):
    class Broken(Module):
        @property
        def fit(self):
            return [].missing

    with refuses(AttributeError, "'list' object has no attribute 'missing'"):
        Broken().fit  # noqa: B018


def test_a_module_with_forward_is_told_to_rename_it(refuses):
    with refuses(TypeError, "Net: expected __call__, got forward; rename it: def __call__(self, inputs)"):

        class Net(Module):
            def forward(self, x):
                return x

    class Both(Layer):
        def forward(self, x):
            return self(x)

    assert len(Both(2, 3).forward([1.0, 2.0])) == 3


def test_a_loop_as_in_pytorch():
    model, optimizer = Sequential(Linear(2, 8), "tanh", Linear(8, 1)), SGD(0.1)
    X, y = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.0, 1.0, 1.0, 2.0]
    seen = []
    for _ in range(100):
        loss = losses.squared_error([[model(x)] for x in X], y)  # rows: the mean over the samples
        model.zero_grad()
        loss.backward()
        optimizer.step(model.parameters())
        seen.append(loss.data)
    assert seen[-1] < 0.1 * seen[0]
