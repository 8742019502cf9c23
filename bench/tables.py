"""What the comparisons have in common: turns, medians, Markdown tables, and a folder for each."""
import argparse
import pathlib
import shutil
import statistics
import tempfile


def row(*cells):
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def head(title, *columns):
    print(f"\n{title}\n")
    row(*columns)
    row(*["---"] * len(columns))


def median(runs, field):
    return statistics.median(each[field] for each in runs)


def turns(rounds, names):
    """A-B-B-A, or A-B-C-C-B-A and so on, so that a drift of the machine falls on all alike."""
    for _ in range(rounds):
        yield from (*names, *reversed(names))


def options(of):
    """Words of a command line: --batch-size 5 for {"batch_size": 5}."""
    return [word for key, value in of.items()
            for word in ("--" + key.replace("_", "-"), str(value))]


def arguments_for(doc, tables, rounds):
    """A parser of what all take; `run` does what it has parsed."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("build")
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--only", choices=tables, action="append")
    parser.add_argument("--work", help="where data directories are made; removed at the end")
    return parser


def run(tables, make_bench, arguments):
    for name in arguments.only or tables:
        work = pathlib.Path(tempfile.mkdtemp(dir=arguments.work))
        try:
            tables[name](make_bench(arguments, work))
        finally:
            shutil.rmtree(work)
