"""asv's site, made from the history in the repository, in a browser: a line and not a dot."""

import re
import shutil
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BENCHMARK = "training.Training.time_train"
COMMITS = 6  # at least, in a line of it

# The site loads these from the network; the test has them from Debian.
SCRIPTS = Path("/usr/share/javascript")
FROM_DEBIAN = {
    "jquery-3.3.1.min.js": "jquery/jquery.min.js",
    "jquery.flot.min.js": "jquery-flot/jquery.flot.min.js",
    "jquery.flot.time.min.js": "jquery-flot/jquery.flot.time.min.js",
    "jquery.flot.selection.min.js": "jquery-flot/jquery.flot.selection.min.js",
    "jquery.flot.categories.min.js": "jquery-flot/jquery.flot.categories.min.js",
    "stupidtable.min.js": "jquery-stupidtable/stupidtable.min.js",
    "md5.min.js": "blueimp-md5/md5.min.js",
    "bootstrap.min.js": "bootstrap/js/bootstrap.min.js",
    "bootstrap.min.css": "bootstrap/css/bootstrap.min.css",
}
NOT_IN_DEBIAN = "jquery.flot.orderBars.js"  # for bars, which this site has none of

BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
INSTALLED = BROWSER and DRIVER and all((SCRIPTS / path).exists() for path in FROM_DEBIAN.values())

FLAGS = (
    "--headless",
    "--no-sandbox",  # which root needs
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Of each line in the graph, how many commits it has a value for.
POINTS = """
    const plot = $('#main-graph').data('plot'), lines = plot ? plot.getData() : [];
    const points = lines.map(line => line.data.filter(point => point[1] !== null).length);
"""
# How many pixels of the graph are neither grey nor empty.
COLOURED = """
    const canvas = $('#main-graph canvas')[0], box = [0, 0, canvas.width, canvas.height];
    const pixels = canvas.getContext('2d').getImageData(...box).data;
    let coloured = 0;
    for (let k = 0; k < pixels.length; k += 4)
        coloured += pixels[k + 3] > 0 && Math.abs(pixels[k] - pixels[k + 2]) > 30;
"""


def all_commits_are_here():
    if not shutil.which("git"):
        return False
    command = ["git", "rev-parse", "--is-shallow-repository"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return done.stdout.strip() == "false"


def without_network(page):
    """Replace the addresses of scripts and styles by those of Debian's files."""

    def local(tag):
        name = re.search(r"[^/\"]+\.(js|css)(?=\")", tag[0])[0]
        if name == NOT_IN_DEBIAN:
            return ""
        path = f"vendor/{FROM_DEBIAN[name]}"
        if name.endswith(".css"):
            return f'<link rel="stylesheet" href="{path}">'
        return f'<script src="{path}"></script>'

    return re.sub(r"<(script|link)[^>]*https://[^>]*>(</script>)?", local, page)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """What `asv publish` makes of the results in the repository."""
    directory = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "asv", "publish", "--html-dir", str(directory)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    page = directory / "index.html"
    page.write_text(without_network(page.read_text()))
    assert "https://c" not in page.read_text()
    (directory / "vendor").symlink_to(SCRIPTS)
    return directory


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def address(site):
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=site))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def browser(tmp_path):
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for flag in (*FLAGS, f"--user-data-dir={tmp_path}", "--window-size=1400,900"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


def wait_for(browser, script, seconds=30):
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(browser, seconds).until(lambda b: b.execute_script(script))


@pytest.mark.skipif(not INSTALLED, reason="no Chromium: .ci/run installs what it takes")
@pytest.mark.skipif(not all_commits_are_here(), reason="a shallow clone has few commits to show")
def test_the_site_shows_lines_through_several_commits(address, browser):
    name = BENCHMARK.partition(".")[2]
    browser.get(address)
    wait_for(browser, f"return $('#summarygrid-display').text().includes('{name}')")

    browser.get(f"{address}/#{BENCHMARK}")
    wait_for(browser, f"{POINTS} return points.filter(count => count >= {COMMITS}).length > 1")
    wait_for(browser, f"{COLOURED} return coloured > 1000")
    assert not [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
