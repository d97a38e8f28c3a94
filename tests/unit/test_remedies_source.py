"""The lines of a user's file that make a change, as they would write them."""

import ast

import pytest

from faultline.remedies.lines import patched
from faultline.remedies.rewrite import NotApplicable
from faultline.remedies.source import diff

HEAD = "import pymc as pm\n\nwith pm.Model() as model:\n    mu = pm.Normal('mu', 0, 1)\n    tau = pm.HalfNormal('tau', 1)\n"


def changed(line, kind="non_centered", name="theta", shape=(), **more):
    """What becomes of a line, indented as in the model's block."""
    text = HEAD + "".join(f"    {part}\n" for part in line.split("\n"))
    found = patched(text, [{"kind": kind, "names": [name], **more}], {name: shape})
    ast.parse(found)
    assert found.startswith("import pymc as pm\n")
    return [row.removeprefix("    ") for row in found.splitlines()[3:] if row not in HEAD.splitlines()]


@pytest.mark.parametrize(
    ("line", "becomes"),
    [
        (
            'theta = pm.Normal("theta", mu, tau, dims="school")',
            [
                'theta_raw = pm.Normal("theta_raw", 0, 1, dims="school")',
                'theta = pm.Deterministic("theta", mu + tau * theta_raw, dims="school")',
            ],
        ),
        (
            'theta = pm.Normal("theta", mu=mu, sigma=tau, shape=8)  # effects',
            [
                'theta_raw = pm.Normal("theta_raw", mu=0, sigma=1, shape=8)',
                'theta = pm.Deterministic("theta", mu + tau * theta_raw)  # effects',
            ],
        ),
        (
            'effect = pm.Normal("theta", 0, tau + 1)',
            [
                'theta_raw = pm.Normal("theta_raw", 0, 1)',
                'effect = pm.Deterministic("theta", (tau + 1) * theta_raw)',
            ],
        ),
        (
            "theta = pm.Normal('theta', sigma=tau)",
            [
                "theta_raw = pm.Normal('theta_raw', sigma=1)",
                "theta = pm.Deterministic('theta', tau * theta_raw)",
            ],
        ),
        (
            'theta = pm.Normal("theta", mu if mu else 2, tau=tau)',
            [
                'theta_raw = pm.Normal("theta_raw", 0, tau=1)',
                'theta = pm.Deterministic("theta", (mu if mu else 2) + theta_raw / pm.math.sqrt(tau))',
            ],
        ),
        (
            'pm.Normal("theta", mu, tau)',
            ['theta_raw = pm.Normal("theta_raw", 0, 1)', 'pm.Deterministic("theta", mu + tau * theta_raw)'],
        ),
        (
            'y = f(pm.Normal("theta", mu, tau), 2)',
            ['y = f(pm.Deterministic("theta", mu + tau * pm.Normal("theta_raw", 0, 1)), 2)'],
        ),
        (
            'theta = pm.Normal("theta", mu, tau); k = 2',
            ['theta = pm.Deterministic("theta", mu + tau * pm.Normal("theta_raw", 0, 1)); k = 2'],
        ),
        (
            'a = b = pm.StudentT("theta", nu=4, mu=mu, sigma=tau)',
            [
                'theta_raw = pm.StudentT("theta_raw", nu=4, mu=0, sigma=1)',
                'a = b = pm.Deterministic("theta", mu + tau * theta_raw)',
            ],
        ),
        (
            'theta = pm.LogNormal("theta", mu, tau)',
            [
                'theta_raw = pm.Normal("theta_raw", 0, 1)',
                'theta = pm.Deterministic("theta", pm.math.exp(mu + tau * theta_raw))',
            ],
        ),
        (
            'theta = pm.HalfCauchy("theta", beta=tau)',
            [
                'theta_raw = pm.HalfCauchy("theta_raw", beta=1)',
                'theta = pm.Deterministic("theta", tau * theta_raw)',
            ],
        ),
        (
            'theta = pm.Exponential("theta", tau)',
            [
                'theta_raw = pm.Exponential("theta_raw", 1)',
                'theta = pm.Deterministic("theta", theta_raw / tau)',
            ],
        ),
        (
            'theta = pm.Normal(\n    "theta",  # the name\n    mu=mu * 2,  # location\n    sigma=tau,\n)',
            [
                "theta_raw = pm.Normal(",
                '    "theta_raw",  # the name',
                "    mu=0,  # location",
                "    sigma=1,",
                ")",
                'theta = pm.Deterministic("theta", mu * 2 + tau * theta_raw)',
            ],
        ),
    ],
)
def test_a_call_is_made_non_centered(line, becomes):
    assert changed(line) == becomes


def test_a_shape_that_the_parameters_gave_is_written_out():
    assert changed('theta = pm.Normal("theta", mu, tau)', shape=(3, 2))[0] == (
        'theta_raw = pm.Normal("theta_raw", 0, 1, shape=(3, 2))'
    )


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('theta = pm.Normal(f"theta", mu, tau)', "no call in the file names 'theta'"),
        ('name = "theta"\ntheta = pm.Normal(name, mu, tau)', "no call"),
        ('theta = pm.Normal("theta", mu, tau)\nif mu: theta = pm.Normal("theta", mu, 2)', "2 calls"),
        ('theta = pm.Normal("theta", **about)', "unpacks arguments"),
        ('theta = pm.Normal("theta", *about)', "unpacks arguments"),
        ('theta = pm.Normal("theta", mu, tau, initval=1)', "gives initval"),
        ('theta = pm.Weibull("theta", mu, tau)', "created by Weibull"),
        ('theta = pm.Normal("theta", mu)', "does not give its scale"),
    ],
)
def test_what_cannot_be_written_is_refused_with_the_reason(line, why):
    with pytest.raises(NotApplicable, match=why):
        changed(line)


def test_a_random_walk_is_written_as_the_sum_of_its_increments():
    line = 'x = pm.GaussianRandomWalk("x", mu=mu, sigma=tau, init_dist=pm.Normal.dist(0, 2), shape=50)'
    rest = [
        'x_raw = pm.Normal("x_raw", 0, 1, shape=49)',
        'x = pm.Deterministic("x", pm.math.concatenate([x_init, mu + tau * x_raw]).cumsum())',
    ]
    assert changed(line, "increments", "x", (50,), init="as it is") == [
        'x_init = pm.Normal("x_init", 0, 2, shape=1)',
        *rest,
    ]
    line = 'first = pm.Normal.dist(0, 2)\nx = pm.GaussianRandomWalk("x", mu, tau, init_dist=first, shape=50)'
    made = ['x_init = pm.Normal("x_init", 0, 2, shape=1)', *rest]
    assert changed(line, "increments", "x", (50,), init="as it is") == made
    again = f"{line}\nz = f(first)"
    assert changed(again, "increments", "x", (50,), init="as it is") == [
        again.split("\n")[0],
        *made,
        "z = f(first)",
    ]
    line = 'x = pm.GaussianRandomWalk("x", mu=mu, sigma=tau, shape=50)'  # PyMC's own start
    assert changed(line, "increments", "x", (50,), init="as it is") == [
        'x_init = pm.Normal("x_init", 0, 100, shape=1)',
        *rest,
    ]


def test_a_start_whose_scale_is_free_is_non_centered_with_the_increments():
    line = 'x = pm.GaussianRandomWalk("x", sigma=tau, init_dist=pm.Normal.dist(mu, tau), dims="day")'
    assert changed(line, "increments", "x", (50,), init="non_centered") == [
        'x_init = pm.Normal("x_init", 0, 1, shape=1)',
        'x_raw = pm.Normal("x_raw", 0, 1, shape=49)',
        'x = pm.Deterministic("x", pm.math.concatenate([mu + tau * x_init, tau * x_raw]).cumsum(), dims="day")',
    ]


@pytest.mark.parametrize(
    ("line", "shape", "becomes"),
    [
        (
            'b = pm.MvNormal("b", mu=np.zeros(2), chol=chol, dims=("school", "term"))',
            (8, 2),
            [
                'b_raw = pm.Normal("b_raw", mu=0, sigma=1, dims=("school", "term"))',
                'b = pm.Deterministic("b", pm.math.dot(b_raw, chol.T), dims=("school", "term"))',
            ],
        ),
        (
            'b = pm.MvNormal("b", mu, tau**2 * near)',
            (4,),
            [
                'b_raw = pm.Normal("b_raw", 0, 1, shape=(4,))',
                'b = pm.Deterministic("b", mu + pm.math.dot(pm.math.cholesky(tau**2 * near), b_raw))',
            ],
        ),
        (
            'b = pm.MvNormal("b", chol=tau * near, shape=(3, 5, 2))',
            (3, 5, 2),
            [
                'b_raw = pm.Normal("b_raw", sigma=1, shape=(3, 5, 2))',
                'b = pm.Deterministic("b", pm.math.matmul(b_raw, (tau * near).T))',
            ],
        ),
        (
            'b = process.prior("b", x, reparameterize=how == "centered", dims="site")',
            (16,),
            ['b = process.prior("b", x, reparameterize=True, dims="site")'],
        ),
    ],
)
def test_vectors_with_a_covariance_are_made_non_centered(line, shape, becomes):
    assert changed(line, name="b", shape=shape) == becomes


@pytest.mark.parametrize(
    ("line", "becomes"),
    [
        (
            'start = pm.Normal.dist(0, tau)\nx = pm.AR("x", [RHO], sigma=tau, init_dist=start, dims="day")',
            [
                'x_raw = pm.Normal("x_raw", 0, 1, dims="day")',
                'x = pm.Deterministic("x", pm.math.solve_triangular(pm.math.eye(50) - RHO * pm.math.eye(50, k=-1), tau * x_raw, lower=True), dims="day")',
            ],
        ),
        (
            'x = pm.AR("x", rho, tau, constant=True, init_dist=pm.Normal.dist(mu, sigma=2), steps=49)',
            [
                'x_raw = pm.Normal("x_raw", 0, 1, shape=50)',
                'x = pm.Deterministic("x", pm.math.solve_triangular(pm.math.eye(50) - rho[1] * pm.math.eye(50, k=-1), '
                "pm.math.concatenate([mu + 2 * x_raw[:1], rho[0] + tau * x_raw[1:]]), lower=True))",
            ],
        ),
    ],
)
def test_an_autoregression_is_written_in_terms_of_its_innovations(line, becomes):
    assert changed(line, "innovations", "x", (50,)) == becomes


@pytest.mark.parametrize(
    ("line", "kind", "shape", "why"),
    [
        ('b = pm.MvNormal("b", mu, tau=tau)', "non_centered", (2,), "neither chol nor cov"),
        ('b = pm.MvNormal("b", mu, chol=tau, lower=False)', "non_centered", (2,), "gives lower"),
        ('b = process.prior("b", x, 1, False)', "non_centered", (2,), "does not give reparameterize"),
        ('b = pm.AR("b", rho, tau, init_dist=first(), shape=9)', "innovations", (9,), "Normal.dist"),
        ('b = pm.AR("b", [0.5, 0.1], tau, init_dist=f, shape=9)', "innovations", (9,), "another order"),
        (
            'b = pm.AR("b", rho, tau=tau, init_dist=f, shape=9)',
            "innovations",
            (9,),
            "does not give rho, sigma",
        ),
        ('b = pm.AR("b", rho, tau, init_dist=f, shape=(2, 9))', "innovations", (2, 9), "one dimension"),
    ],
)
def test_what_cannot_be_written_of_vectors_and_series_is_refused_with_the_reason(line, kind, shape, why):
    with pytest.raises(NotApplicable, match=why):
        changed(line, kind, "b", shape)


@pytest.mark.parametrize(
    ("line", "shape", "anchors", "turns", "becomes"),
    [
        (
            'b = pm.Normal("b", 0, 1.5, dims="item")  # slopes',
            (3,),
            [1],
            [[0.6, -1.0, 0.8]],
            [
                'b_positive = pm.HalfNormal("b_positive", 1, shape=1)',
                'b_others = pm.Normal("b_others", 0, 1, shape=2)',
                "b_turned = pm.math.concatenate([b_others[:1], b_positive, b_others[1:]])",
                "b_axis = [0.6, -1.0, 0.8]",
                'b = pm.Deterministic("b", 1.5 * (b_turned - b_axis * pm.math.dot(b_axis, b_turned)), dims="item")  # slopes',
            ],
        ),
        (
            'b = pm.Normal("b", mu=np.zeros(4), shape=4)',
            (4,),
            [3, 0],
            [[0, 0, 0.6, 0.8], [0.6, 0.8, 0, 0]],
            [
                'b_positive = pm.HalfNormal("b_positive", 1, shape=2)',
                'b_others = pm.Normal("b_others", 0, 1, shape=2)',
                "b_turned = pm.math.concatenate([b_positive[0:1], b_others[:2], b_positive[1:2]])",
                "b_axis1 = [0, 0, 0.6, 0.8]",
                "b_axis2 = [0.6, 0.8, 0, 0]",
                'b = pm.Deterministic("b", b_turned - b_axis1 * pm.math.dot(b_axis1, b_turned) - b_axis2 * pm.math.dot(b_axis2, b_turned))',
            ],
        ),
        (
            'b = pm.Normal("b", 0, tau + 1)',
            (),
            [None],
            [[]],
            ['b = pm.Deterministic("b", (tau + 1) * pm.HalfNormal("b_positive", 1))'],
        ),
    ],
)
def test_a_weighted_sum_is_kept_positive(line, shape, anchors, turns, becomes):
    about = {"anchors": [["b", at] for at in anchors], "turns": turns}
    assert changed(line, "signs", "b", shape, **about) == becomes


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('b = pm.Normal("b", mu, tau, shape=3)', "does not give 0"),
        ('b = pm.Normal("b", 0, tau=tau, shape=3)', "does not give 0"),
        ('b = pm.Laplace("b", 0, tau, shape=3)', "created by Laplace"),
        ('y = f(pm.Normal("b", 0, tau, shape=3))', "assignment of its own"),
    ],
)
def test_a_sum_that_cannot_be_kept_positive_is_refused_with_the_reason(line, why):
    with pytest.raises(NotApplicable, match=why):
        changed(line, "signs", "b", (3,), anchors=[["b", 1]], turns=[[]])


def test_a_vector_is_kept_in_order():
    assert changed('m = pm.Normal("m", 0, 5, shape=2)', "ordered", "m", (2,), starts=[-3.0, 3.5]) == [
        'm = pm.Normal("m", 0, 5, shape=2, transform=pm.distributions.transforms.ordered, initval=[-3.0, 3.5])'
    ]


def test_a_standard_variable_is_centered():
    lines = 'z = pm.Normal("z", 0, 1, dims="g")\ntheta = pm.Deterministic("theta", mu + z * tau, dims="g")'
    assert changed(lines, "centered", "z", **{"as": "theta"}) == [
        'theta = pm.Normal("theta", mu, tau, dims="g")'
    ]


def test_coefficients_are_rotated_together():
    lines = 'a = pm.Normal("a", 0, 10)\nb = pm.Normal("b", mu=1, sigma=2, shape=2)'
    text = HEAD + "".join(f"    {line}\n" for line in lines.split("\n"))
    step = {
        "kind": "rotated",
        "names": ["a", "b"],
        "logs": [],
        "sd": 10.0,
        "rotation": [[1.0, 0.0, 0.0], [0.0, 0.6, 0.8], [0.0, -0.8, 0.6]],
    }
    assert patched(text, [step], {"b": (2,)}).splitlines()[5:] == [
        '    rotated = pm.Normal("rotated", 0, 10, shape=3)',
        '    a = pm.Deterministic("a", pm.math.dot([1.0, 0.0, 0.0], rotated))',
        '    b = pm.Deterministic("b", 1 + 2 * pm.math.dot([[0.0, 0.6, 0.8], [0.0, -0.8, 0.6]], rotated) / 10)',
    ]


def test_coefficients_are_rotated_where_they_stand():
    lines = 'a = pm.LogNormal("a", 0, 2) if free else 1.0\npm.Normal("y", a * pm.LogNormal("b", 0, 2), 1)'
    text = HEAD + "".join(f"    {line}\n" for line in lines.split("\n"))
    step = {
        "kind": "rotated",
        "names": ["a", "b"],
        "logs": ["a", "b"],
        "sd": 2.0,
        "rotation": [[0.6, 0.8], [-0.8, 0.6]],
    }
    assert patched(text, [step], {}).splitlines()[5:] == [
        '    rotated = pm.Normal("rotated", 0, 2, shape=2)',
        '    a = pm.Deterministic("a", pm.math.exp(pm.math.dot([0.6, 0.8], rotated))) if free else 1.0',
        '    pm.Normal("y", a * pm.Deterministic("b", pm.math.exp(pm.math.dot([-0.8, 0.6], rotated))), 1)',
    ]
    for line in ('a = [pm.Normal("a", 0, 2) for _ in "1"]', 'x = 1; a = pm.Normal("a", 0, 2)'):
        with pytest.raises(NotApplicable, match="a statement of its own"):
            patched(f"{HEAD}    {line}\n", [{**step, "names": ["a"], "logs": []}], {})


def test_an_interval_begins_half_its_width_further():
    line = 'a = pm.Uniform("a", lower=0, upper=360, dims="bird")'
    assert changed(line, "cut", "a", (4,), bounds=[0.0, 360.0]) == [
        'a_turned = pm.Uniform("a_turned", lower=180.0, upper=540.0, dims="bird")',
        'a = pm.Deterministic("a", pm.math.switch(a_turned > 360.0, a_turned - 360.0, a_turned), dims="bird")',
    ]
    with pytest.raises(NotApplicable, match="ends of a Uniform"):
        changed('a = pm.Uniform("a")', "cut", "a", bounds=[0.0, 1.0])


def test_other_alphabets_and_line_ends_stay_as_they_are():
    text = HEAD.replace("\n", "\r\n") + "    θ = pm.Normal('theta', mu, tau)  # größe\r\n"
    found = patched(text, [{"kind": "non_centered", "names": ["theta"]}], {})
    assert "    θ = pm.Deterministic('theta', mu + tau * theta_raw)  # größe\r\n" in found
    assert found.startswith(HEAD.replace("\n", "\r\n"))


def test_a_file_that_is_no_python_is_refused():
    with pytest.raises(NotApplicable, match="cannot be parsed"):
        patched("def f(:\n", [{"kind": "non_centered", "names": ["a"]}], {})


def test_a_diff_says_where_a_last_line_has_no_end():
    assert diff("a\nb", "a\nc", "m.py") == (
        "--- a/m.py\n+++ b/m.py\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n"
    )
