"""Print the tables: fusedmlp beside what a user would pick instead.

All sides train the same networks on the same data, which is checked first, and take turns::

    python -m benchmarks.peers
    python -m benchmarks.peers --only 20-64-64-2 --peers torch,jax --rounds 3
"""

import argparse

from benchmarks.common import where_measured
from benchmarks.peers.measure import OURS, Workers, measured, sides_of
from benchmarks.peers.rows import ROWS
from benchmarks.peers.table import details, heading, how, line
from benchmarks.peers.workers import PEERS, Worker, installed


def chosen_peers(text: str | None) -> list[str]:
    """Return the peers that are installed and wanted.

    Raises
    ------
    ValueError
        For a name that is no peer's, and for one that is asked for but not installed.
    """
    if text is None:
        return [peer for peer in PEERS if installed(peer)]
    names = text.split(",")
    for name in names:
        if name not in PEERS:
            raise ValueError(f"--peers must be of {', '.join(PEERS)}, got {name}")
        if not installed(name):
            raise ValueError(f"--peers must be installed, got {name}")
    return [peer for peer in PEERS if peer in names]


def main(argv: list[str] | None = None) -> None:
    """Print the tables, each line as soon as it is measured."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--rounds", type=int, default=9, help="how often each takes its turn")
    parser.add_argument("--only", choices=[row.name for row in ROWS], help="one network")
    parser.add_argument("--peers", help=f"of {','.join(PEERS)}; all that are installed")
    arguments = parser.parse_args(argv)
    try:
        peers = chosen_peers(arguments.peers)
    except ValueError as error:
        parser.error(str(error))
    rows = [row for row in ROWS if arguments.only in (None, row.name)]
    workers: Workers = {}
    results = []
    try:
        print(heading(peers), flush=True)
        for row in rows:
            sides = sides_of(row, peers)
            for side in sides:
                if side not in workers:
                    workers[side] = Worker(*side)
            results.append(measured(row, workers, sides, arguments.rounds))
            print(line(results[-1], peers), flush=True)
        versions = [workers[side]("version") for side in workers if side[1] and side != OURS]
    finally:
        for worker in workers.values():
            worker.close()
    print(f"\n{details(results, peers)}")
    print(f"\n{how(where_measured(), versions, arguments.rounds)}")


if __name__ == "__main__":
    main()
