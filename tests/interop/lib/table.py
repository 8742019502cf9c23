"""What was tried and how it went: prints rows as they are done, then the sum."""

import time
import traceback

from lib.process import StepFailed


class Table:
    """Rows of cells; only those whose row's name holds `only`."""

    def __init__(self, only=""):
        self._only = only
        self._rows = []
        self._started = time.monotonic()

    def wants(self, name):
        return self._only in name

    def row(self, name):
        row = Row(name)
        self._rows.append(row)
        return row

    def finish(self):
        """Prints failures and the closing line; the exit status."""
        cells = [cell for row in self._rows for cell in row.cells]
        failed = [cell for cell in cells if cell.error]
        for cell in failed:
            print(f"FAILED {cell.name}: {cell.error}")
        print(f"{time.monotonic() - self._started:.0f} s")
        print(f"{len(cells) - len(failed)} passed, {len(failed)} failed", flush=True)
        return 1 if failed or not cells else 0


class Cell:
    def __init__(self, name, error):
        self.name = name
        self.error = error


class Row:
    """Use it in a `with`: its end prints the time it took."""

    def __init__(self, name):
        self.name = name
        self.cells = []
        print(f"{name:32}", end="", flush=True)
        self._started = time.monotonic()

    def cell(self, name, step):
        """Runs a step and prints its name; a failure is kept. Whether it passed."""
        full_name = f"{self.name}/{name}" if name else self.name
        error, detail = None, None
        try:
            detail = step()
        except StepFailed as failure:
            error = str(failure)
        except Exception:  # a fault of the test itself must not hide the other rows
            error = traceback.format_exc()
        self.cells.append(Cell(full_name, error))
        word = "FAILED" if error else (detail or "ok")
        print(f" {name} {word}" if name else f" {word}", end="", flush=True)
        return error is None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        print(f"  {time.monotonic() - self._started:.1f} s", flush=True)
