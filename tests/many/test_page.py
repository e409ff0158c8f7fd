"""The page on many networks: what it shows runs."""

import re

from tests.processes import ROOT


def test_the_code_of_the_page_runs(tmp_path, monkeypatch):
    page = (ROOT / "docs" / "many.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    names = {}
    exec("\n".join(blocks), names)  # a page's blocks use what those before have made
    assert len(blocks) == 7
    assert names["runs"].shape == (6, 20, 1)
    assert (tmp_path / "sweep" / "sweep.json").is_file()
