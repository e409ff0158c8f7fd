"""A small count of each attack; the scripts beside this file make as many as one likes."""

import pytest

from tests.attacks.campaign import campaign

COUNTS = {"operations": 1000}


@pytest.mark.parametrize("module", COUNTS)
def test_the_package_withstands_an_attack(module):
    outcome = campaign(f"tests.attacks.{module}", COUNTS[module])
    assert outcome.count == COUNTS[module]
    assert not outcome.wrong


def test_a_campaign_counts_crashes_hangs_and_failures(capsys):
    outcome = campaign("tests.attacks.self_test", 6, seconds=5.0)
    assert str(outcome) == "6 attempts: 1 crashes, 1 hangs, 1 failures"
    printed = capsys.readouterr().out
    assert "attempt 1 ended the process with -6" in printed
    assert "attempt 3 took longer than 5 s" in printed
    assert "attempt 4: ValueError: wrong" in printed
