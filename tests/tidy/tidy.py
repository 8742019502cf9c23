#!/usr/bin/env python3
"""Checks the rules of docs/STYLE.md that a program can check; prints each violation with its place.

    tidy.py [ROOT]        checks the tree
    tidy.py --self-test   checks that every rule here can fail
"""
import pathlib
import re
import sys
import tempfile

MAX_LINE = 100
MAX_FILE = 600
MAX_FUNCTION = 60
MAX_PUBLIC_HEADER = 250
SOURCE_FOLDERS = ["include", "base", "protocol", "client", "broker", "c", "interceptors", "tools",
                  "examples", "tests", "bench"]
BANNED = [
    (r"\bsleep_for\b|\busleep\s*\(|\bsleep_until\b", "no sleeping: wait for the event itself"),
    (r"\bstd::cout\b|\bprintf\s*\(", "libraries do not print: return it or use Logger",
     ("base/", "protocol/", "client/", "c/", "include/")),
    (r"//.*\b(TODO|FIXME|XXX|HACK)\b", "finish it, or file an issue"),
    (r"\bassert\s*\(", "OTTLA_ASSERT, which stays on in release"),
    (r"\bEXPECT_TRUE\(true\)|\bSUCCEED\(\)|\bGTEST_SKIP\b|\bDISABLED_",
     "a test asserts something, always"),
    (r"error_code = .*\.code\(\)|\brefusal\(.*\.code\(\)\)",
     "clients are told wire_code(error): some codes never leave the process",
     ("broker/handlers/",)),
    (r"\bthrow\b", "return an Error (only Result::value throws)",
     ("base/", "protocol/", "client/", "broker/", "c/")),
]


class Rules:
    def __init__(self, text):
        self.rooms = {}
        self.libraries = {}
        for line in text.splitlines():
            line = line.split("#")[0].strip()
            if not line:
                continue
            name, _, targets = line.partition(":")
            if name.startswith("library "):
                self.libraries[name[len("library "):]] = targets.split()
            else:
                self.rooms[name] = targets.split()

    def room_of(self, path):
        best = ""
        for room in self.rooms:
            if (path == room or path.startswith(room + "/")) and len(room) > len(best):
                best = room
        return best

    def check(self, path, included, quoted):
        """The reason why `path` must not include `included`, or None."""
        if quoted:
            target = "include/" + included if included.startswith("ottla/") else included
            room, other = self.room_of(path), self.room_of(target)
            if not room or not other or room == other:
                return None
            allowed = self.rooms[room]
            if "*" in allowed or other in allowed:
                return None
            parent = other
            while "/" in parent:
                parent = parent.rsplit("/", 1)[0]
                if parent in allowed and not parent.startswith(("client", "broker", "tools")):
                    return None
            return f"{room} must not include {other}"
        best = ""
        for library in self.libraries:
            if included.startswith(library) and len(library) > len(best):
                best = library
        if not best:
            return None
        if path.startswith(("tests/", "bench/")):
            return None
        if any(path.startswith(folder + "/") for folder in self.libraries[best]):
            return None
        return f"<{included}> belongs to {', '.join(self.libraries[best])} alone"


def strip_code(text):
    """The text with comments and literals blanked, line for line."""
    pattern = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"([^()\s\\]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'',
        re.S)

    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))

    # A digit separator is no literal: 1'000.
    text = re.sub(r"(?<=[0-9a-fA-F])'(?=[0-9a-fA-F])", "_", text)
    return pattern.sub(blank, text)


def function_lengths(text):
    """(line, length) of every function body: a brace block whose head ends in a parameter list."""
    code = strip_code(text)
    stack = []
    head_start = 0
    line = 1
    for at, char in enumerate(code):
        if char == "\n":
            line += 1
        elif char == "{":
            head = code[head_start:at].strip()
            is_scope = re.search(
                r"\b(namespace|class|struct|enum|union)\b[^;()]*$|\bextern$", head)
            is_function = (not is_scope and ")" in head and not any(s[1] for s in stack))
            stack.append((line, is_function))
            head_start = at + 1
        elif char == "}":
            if stack:
                start, is_function = stack.pop()
                if is_function:
                    yield start, line - start + 1
            head_start = at + 1
        elif char == ";":
            head_start = at + 1


def check_file(path, text, rules):
    lines = text.split("\n")
    table = lines and ("Table of data" in lines[0])
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_LINE and not table:
            yield number, f"{len(line)} columns; at most {MAX_LINE}"
        included = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
        if included:
            reason = rules.check(path, included.group(2), included.group(1) == '"')
            if reason:
                yield number, reason
    limit = MAX_PUBLIC_HEADER if path.startswith("include/ottla/") else MAX_FILE
    if len(lines) - 1 > limit and not table:
        yield len(lines), f"{len(lines) - 1} lines; at most {limit}"
    if path.endswith(".h") and "#pragma once" not in text:
        yield 1, "#pragma once is missing"
    code_and_comments = text.split("\n")
    code = strip_code(text).split("\n")
    for banned in BANNED:
        pattern, reason = banned[0], banned[1]
        folders = banned[2] if len(banned) > 2 else None
        if folders and not path.startswith(folders):
            continue
        if pattern == r"\bthrow\b" and "main.cc" in path:
            continue
        where = code_and_comments if pattern.startswith("//") else code
        for number, line in enumerate(where, 1):
            if re.search(pattern, line):
                yield number, reason
    if not table:
        for start, length in function_lengths(text):
            if length > MAX_FUNCTION:
                yield start, f"a function of {length} lines; at most {MAX_FUNCTION}"


def check_rooms(root):
    """Every folder under client/ and broker/ that holds sources has a README.md with a title."""
    for top in ("client", "broker"):
        for folder in sorted((root / top).glob("**/")):
            if not any(folder.glob("*.cc")):
                continue
            readme = folder / "README.md"
            if not readme.exists():
                yield f"{folder.relative_to(root)}/README.md", 1, "the folder has no README.md"
            elif not readme.read_text().startswith("# "):
                yield f"{folder.relative_to(root)}/README.md", 1, "it does not begin with a title"


def check_tree(root):
    rules = Rules((root / "tests/tidy/include_rules.txt").read_text())
    seen = 0
    for folder in SOURCE_FOLDERS:
        for path in sorted((root / folder).glob("**/*")):
            if path.suffix not in (".h", ".cc", ".c") or "node_modules" in path.parts:
                continue
            seen += 1
            name = str(path.relative_to(root))
            for number, reason in check_file(name, path.read_text(), rules):
                yield name, number, reason
    yield from check_rooms(root)
    if seen == 0:
        yield str(root), 0, "no source file found"


def self_test():
    rules = Rules((pathlib.Path(__file__).parent / "include_rules.txt").read_text())
    long_function = "void f() {\n" + "  g();\n" * 70 + "}\n"
    cases = [
        ("base/a.cc", '#include "protocol/types.h"\n', "must not include"),
        ("client/producer/a.cc", '#include "broker/broker.h"\n', "must not include"),
        ("broker/log/a.cc", '#include "broker/handlers/fetch.h"\n', "must not include"),
        ("client/a.cc", "#include <boost/asio.hpp>\n", "alone"),
        ("examples/a/main.cc", '#include "base/loop.h"\n', "must not include"),
        ("base/a.cc", "x" * 101 + "\n", "columns"),
        ("base/a.cc", "\n" * 700, "lines"),
        ("include/ottla/a.h", "#pragma once\n" * 300, "lines"),
        ("base/a.h", "int a;\n", "#pragma once"),
        ("base/a.cc", long_function, "a function of"),
        ("base/a.cc", "std::this_thread::sleep_for(x);\n", "sleeping"),
        ("base/a.cc", "// TODO later\n", "finish it"),
        ("broker/a.cc", "throw 1;\n", "Error"),
        ("tests/a.cc", "TEST(A, b) { SUCCEED(); }\n", "asserts something"),
    ]
    failed = 0
    for path, text, expected in cases:
        reasons = [reason for _, reason in check_file(path, text, rules)]
        if not any(expected in reason for reason in reasons):
            print(f"self-test: {path} with {text[:40]!r} gave {reasons}, not '{expected}'")
            failed += 1
    good = ('#include "base/loop.h"\n// a sleeping comment\nconst char* s = "throw";\n'
            "namespace a {\nvoid f() {\n}\n" + "\n" * 80 + "}\n")
    reasons = list(check_file("client/a.cc", good, rules))
    if reasons:
        print(f"self-test: a good file was refused: {reasons}")
        failed += 1
    with tempfile.TemporaryDirectory() as empty:
        folder = pathlib.Path(empty) / "client" / "x"
        folder.mkdir(parents=True)
        (folder / "a.cc").write_text("")
        if not list(check_rooms(pathlib.Path(empty))):
            print("self-test: a folder without README.md was accepted")
            failed += 1
        (folder / "README.md").write_text("#x\n")
        if not list(check_rooms(pathlib.Path(empty))):
            print("self-test: a README.md without a title was accepted")
            failed += 1
    print(f"{len(cases) + 3 - failed} passed, {failed} failed")
    return failed


def main():
    if "--self-test" in sys.argv:
        return 1 if self_test() else 0
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    violations = list(check_tree(root))
    for name, number, reason in violations:
        print(f"{name}:{number}: {reason}")
    print(f"tidy: {len(violations)} violations")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
