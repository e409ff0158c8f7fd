"""What networks, sweeps and surfaces show of themselves: a line of text, and a page."""

import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import fusedmlp
from fusedmlp.notebook import curves, heat_map, page

X = [[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]
Y = [0, 1, 1, 0]
QUICK = {"random_state": 1, "backend": "reference"}


def trained(**options):
    return fusedmlp.train(X, Y, **{"epochs": 200, "record_every": 1, **QUICK, **options})


def surface(points=30):
    return fusedmlp.error_surface(trained(), X, Y, (0, 0, 0), (0, 1, 0), points=points)


def parsed(html):
    """The page as XML: what is not well-formed or not escaped is an error."""
    assert "<script" not in html
    return ET.fromstring(html)


def rows(html):
    return {row[0].text: row[1].text for row in parsed(html).iter("tr")}


def points(path):
    return [tuple(map(float, place.split())) for place in re.split("[ML]", path)[1:]]


SVG = "{http://www.w3.org/2000/svg}"


def test_a_network():
    run = trained(validation=(X, Y))
    text = repr(run)
    assert text.startswith("<Trained 3-4-1 network: 200 epochs, all epochs run, loss 0.")
    assert "\n" not in text
    html = run._repr_html_()
    assert html == run._repr_html_()
    loss, validation_loss = (f"{run.history[n][-1]:.6g}" for n in ("loss", "validation_loss"))
    assert rows(html) == {
        "layers": "3-4-1", "epochs": "200", "stopped": "all epochs run", "loss": loss,
        "validation loss": validation_loss,
    }  # fmt: skip
    paths = list(parsed(html).iter(f"{SVG}path"))
    assert [span.text for span in parsed(html).iter("span")] == ["loss", "validation loss"]
    heights = [top for _, top in points(paths[0].get("d"))]
    assert len(heights) == 200
    lower = np.diff(run.history["loss"]) < -1e-3
    assert (np.diff(heights)[lower] >= 0).all()  # a lower loss is further down
    assert len(html) < 20_000


def test_a_long_history_has_a_short_curve():
    html = curves("loss", {"loss": np.linspace(1, 0, 100_000)})
    assert len(html) < 6000
    assert points(ET.fromstring(f"<p>{html}</p>").find(f".//{SVG}path").get("d"))[-1] == (
        252.0,
        82.0,
    )


def test_a_curve_is_logarithmic_where_it_spans_much():
    assert "1e-06 to 1, logarithmic" in curves("loss", {"loss": np.geomspace(1, 1e-6, 50)})
    assert "logarithmic" not in curves("loss", {"loss": np.linspace(1, 0.5, 50)})
    assert "logarithmic" not in curves("loss", {"loss": np.linspace(1, 0, 50)})


@pytest.mark.parametrize("values", [[], [1.0], [np.nan] * 5, [np.inf, 1.0, np.nan]])
def test_no_curve_without_two_numbers(values):
    assert curves("loss", {"loss": values}) == ""


def test_what_is_not_finite_leaves_a_gap():
    html = curves("loss", {"loss": [3.0, 2.0, np.nan, np.inf, 1.5, 1.0]})
    assert re.search(' d="([^"]*)"', html).group(1).count("M") == 2
    assert "nan" not in html
    assert "inf" not in html


def test_a_run_that_diverged_shows_what_it_has():
    with pytest.warns(RuntimeWarning, match="diverged"):
        run = trained(output_activation="identity", learning_rate=1e200, clip_norm=None)
    assert rows(run._repr_html_())["stopped"].startswith("diverged")
    parsed(run._repr_html_())


def test_constant_numbers():
    assert "<path" in curves("loss", {"loss": np.ones(5)})
    assert "<rect" in heat_map("error", np.ones((3, 3)))
    assert heat_map("error", np.full((3, 3), np.nan)) == ""


def test_text_is_escaped():
    html = page("<script>", {"<b>": "a & <i>"}, curves("<u>", {'"<x>': [1.0, 2.0]}))
    assert parsed(html).find("strong").text == "<script>"
    assert rows(html) == {"<b>": "a & <i>"}


def test_a_surface():
    error = surface()
    i, j = np.unravel_index(error.values.argmin(), error.values.shape)
    low = f"{error.values.min():.6g}"
    place = f"{error.first[i]:.4g} and {error.second[j]:.4g}"
    assert repr(error) == f"<Surface of 30 x 30 points: lowest {low} at {place}>"
    html = error._repr_html_()
    assert rows(html) == {
        "points": "30 x 30", "weights": "-10 to 10", "lowest": f"{low}, at {place}",
        "highest": f"{error.values.max():.6g}",
    }  # fmt: skip
    shares = [r.get("fill-opacity") for r in parsed(html).iter(f"{SVG}rect")]
    assert shares.count("0.00") >= 1
    assert len(shares) == 24 * 24 + 1
    first, second, values = error  # still a tuple
    assert values.shape == (first.size, second.size)


def test_a_surface_without_numbers():
    error = surface(points=3)._replace(values=np.full((3, 3), np.nan))
    assert repr(error) == "<Surface of 3 x 3 points: lowest nan at nan and nan>"
    parsed(error._repr_html_())


def test_many_networks():
    grid = {"learning_rate": [0.1, 1.0]}
    runs = fusedmlp.train_many(X, Y, starts=5, epochs=50, grid=grid, **QUICK)
    assert "\n" not in repr(runs)
    best = int(runs.ranking[0])
    shown = rows(runs._repr_html_())
    assert (shown["networks"], shown["combinations"], shown["starts"]) == ("10", "2", "5")
    assert shown["best"] == f"network {best}, with loss {runs.loss[best]:.6g}"
    path = parsed(runs._repr_html_()).find(f".//{SVG}path").get("d")
    heights = [top for _, top in points(path)]
    assert len(heights) == 10
    assert heights == sorted(heights, reverse=True)  # from the best to the worst
