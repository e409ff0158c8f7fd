"""Text as numbers, by either decimal mark."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fusedmlp.tables.numbers import LARGEST, numerals

NO = None


def read(word):
    """Return what a word is by a decimal point and by a comma, None for no number."""
    found = numerals([word])
    both = found.point[0], found.comma[0]
    return tuple(None if np.isnan(number) else float(number) for number in both)


@pytest.mark.parametrize(
    ("word", "point", "comma"),
    [
        ("12", 12, 12),
        ("-12", -12, -12),
        ("+12", 12, 12),
        ("\u221212", -12, -12),
        ("1.5", 1.5, NO),
        ("1,5", NO, 1.5),
        (".5", 0.5, NO),
        (",5", NO, 0.5),
        ("5.", 5, NO),
        ("1e-3", 0.001, 0.001),
        ("2,5e3", NO, 2500),
        ("5,000.00", 5000, NO),
        ("1.234,56", NO, 1234.56),
        ("1,234,567", 1234567, NO),
        ("12,34,567.8", 1234567.8, NO),
        ("1 234 567,8", NO, 1234567.8),
        ("1\u00a0234", 1234, 1234),
        ("1\u202f234,5", NO, 1234.5),
        ("1'234.5", 1234.5, NO),
        # Open: fractions of three digits, or thousands.
        ("123.456", 123.456, 123456),
        ("-123,456", -123456, -123.456),
        # Not open: thousands never begin with 0, and no more than three digits stand before them.
        ("0.123", 0.123, NO),
        ("0,123", NO, 0.123),
        ("1234.567", 1234.567, NO),
        ("1.2345", 1.2345, NO),
    ],
)
def test_decimal_marks_and_thousands(word, point, comma):
    assert read(word) == (point, comma)


@pytest.mark.parametrize(
    ("word", "number"),
    [
        ("$5,000.00", 5000),
        ("-$5.50", -5.5),
        ("$-5.50", -5.5),
        ("US$ 5.50", 5.5),
        ("5.50 €", 5.5),
        ("CHF 1'234.50", 1234.5),
        ("USD5.50", 5.5),
        ("(1,234.50)", -1234.5),
        ("1,234.50-", -1234.5),
        ("45.1%", 45.1),
        ("45.1 %", 45.1),
        ("-45.1%", -45.1),
    ],
)
def test_currencies_per_cents_and_negative_numbers(word, number):
    assert read(word) == (number, None)


def test_signs_are_known():
    found = numerals(["45%", "$5", "5 EUR", "5"])
    assert found.per_cent.tolist() == [True, False, False, False]
    assert found.currency.tolist() == ["", "$", "EUR", ""]
    assert found.plain.tolist() == [False, False, False, True]


@pytest.mark.parametrize(
    "word",
    [
        "unknown", "inf", "nan", "-", ".", ",", "%", "$", "1.2.3", "1,2,3", "192.168.0.1", "12:30",
        "1_000", "0x10", "12 kg", "A12", "12A", "31.12.2020", "1-2", "5-", "(5", "5)", "1e400",
        "1.234.56", "1 2",
    ],
)  # fmt: skip
def test_what_is_no_number(word):
    assert read(word) == (None, None)


def test_numbers_among_the_words_are_not_text():
    found = numerals([123.456, 5, 1e101, "x"])
    np.testing.assert_array_equal(found.point, [123.456, 5, np.nan, np.nan])
    np.testing.assert_array_equal(found.comma, found.point)


PLACES = [(".", ""), (".", ","), (".", " "), (".", "'"), (",", ""), (",", "."), (",", "\u202f")]
FINITE = st.floats(min_value=-LARGEST, max_value=LARGEST)


@given(FINITE)
def test_what_python_writes_is_read_exactly(number):
    assert numerals([repr(number)]).point[0] == number


@given(
    st.integers(-(10**12), 10**12),
    st.integers(0, 6),
    st.sampled_from(PLACES),
    st.sampled_from(["{}", "${}", "{} €", "{}%"]),
)
def test_numbers_of_any_country_are_read_exactly(digits, fraction, marks, form):
    decimal, thousands = marks
    number = digits / 10**fraction
    written = f"{abs(number):,.{fraction}f}".replace(",", "T").replace(".", decimal)
    word = ("-" if number < 0 else "") + form.format(written.replace("T", thousands))
    assert numerals([word]).by(decimal)[0] == float(f"{number:.{fraction}f}")


@example(["0.\0"])
@given(st.lists(st.text(max_size=8)))
def test_any_text_is_a_finite_number_or_none(words):
    found = numerals(words)
    for numbers in (found.point, found.comma):
        assert not np.isinf(numbers).any()
