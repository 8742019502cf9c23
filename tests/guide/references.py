#!/usr/bin/env python3
"""Writes what is generated in the guide: docs/guide/configuration.md and docs/guide/metrics.md.

    references.py ROOT GUIDE_REFERENCE            writes both
    references.py --check ROOT GUIDE_REFERENCE    says whether they are as they would be written

Between `<!-- generated: NAME -->` and `<!-- end -->` a page is this program's; the rest is written by
hand. The clients' settings come from the public headers (field, default, comment) and from the tables
of their keys, the broker's and the topics' from GUIDE_REFERENCE, which is tests/guide/reference.cc and
stands beside the two programs; the figures are those that running clients and a running broker tell.
"""
import difflib
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.request

import shell_blocks

CLIENTS = {
    "producer": ("include/ottla/producer_config.h", "ProducerConfig", "client/producer/producer_config.cc"),
    "consumer": ("include/ottla/consumer_config.h", "ConsumerConfig", "client/consumer/consumer_config.cc"),
    "admin": ("include/ottla/admin_config.h", "AdminConfig", "client/admin/admin_config.cc"),
    "session": ("include/ottla/transact_session.h", "TransactSessionConfig", None),
    "security": ("include/ottla/security_config.h", "SecurityConfig", None),
    "ssl": ("include/ottla/security_config.h", "SslConfig", None),
    "sasl": ("include/ottla/security_config.h", "SaslConfig", None),
    "assertion": ("include/ottla/security_config.h", "OauthBearerAssertion", None),
    "runtime": ("include/ottla/runtime.h", "RuntimeOptions", None),
    "embedded": ("include/ottla/embedded_broker.h", "EmbeddedBrokerConfig", None),
}
UNITS = {"Millis": " ms", "std::chrono::milliseconds": " ms", "std::chrono::microseconds": " us",
         "std::chrono::seconds": " s"}
# Of a field's default what a reader need not see.
UNSET = {"": "", "std::nullopt": ""}


def fields(text, struct):
    """(name, type, default, comment) of each field of a struct in a header."""
    body = re.search(r"struct %s \{\n(.*?)\n\};" % struct, text, re.S).group(1)
    comment, last = [], ""
    declaration = ""
    for line in body.split("\n"):
        stripped = line.strip()
        if not stripped:
            comment, last = [], ""
            continue
        if stripped.startswith("//") and not declaration:
            if last == "field":
                comment = []
            comment.append(stripped[2:].strip())
            last = "comment"
            continue
        declaration = (declaration + " " + stripped).strip()
        if ";" not in declaration:
            continue
        code, _, behind = declaration.partition(";")
        declaration, last = "", "field"
        if code.startswith(("using ", "static ", "bool operator")):
            comment = []
            continue
        found = re.match(r"(.+?)\s+(\w+)\s*(?:\{(.*)\}|=\s*(.*))?$", code)
        told = behind.strip()[2:].strip() if behind.strip().startswith("//") else " ".join(comment)
        default = found.group(3) if found.group(3) is not None else found.group(4) or ""
        yield found.group(2), found.group(1), default, told


def default_text(kind, default):
    default = UNSET.get(default, default)
    if not default:
        return ""
    if re.fullmatch(r"[\d'\s<*+-]+", default):
        number = eval(default.replace("'", ""))  # a constant of our own header, such as 32 << 20
        return f"`{number}`" + UNITS.get(kind, "")
    default = re.sub(r"\b[A-Z]\w+::", "", default)
    return f"`{default}`"


def keys_of(root, source):
    """The keys that a client's from_properties knows, in their order."""
    common = (root / "client/config_properties.h").read_text()
    common = common[common.index("common_properties()"):common.index("A Config from the keys")]
    own = (root / source).read_text()
    own = own[own.index("::from_properties"):]
    return re.findall(r'\{\s*"([a-z.0-9]+)",', own) + re.findall(r'\{\s*"([a-z.0-9]+)",', common)


def client_table(root, client):
    header, struct, source = CLIENTS[client]
    keys = {}
    for key in keys_of(root, source) if source else []:
        name = key.replace(".", "_")
        keys[name] = key
        keys.setdefault(re.sub(r"_ms$", "", name), key)
    taken = set()
    rows = (["| member | key | default | what |", "|---|---|---|---|"] if source else
            ["| member | default | what |", "|---|---|---|"])
    before = ""
    for name, kind, default, told in fields((root / header).read_text(), struct):
        key = keys.get(name, "")
        taken.add(key)
        what = "(as above)" if told and told == before else told or f"`{kind}`"
        before = told
        cells = [f"`{name}`"] + ([f"`{key}`" if key else ""] if source else [])
        cells += [default_text(kind, default), what.replace("|", "\\|")]
        rows.append("| " + " | ".join(cells) + " |")
    others = sorted(set(keys.values()) - taken)
    if others:
        rows.append("")
        rows.append("Keys without a member of that name: " + ", ".join(f"`{key}`" for key in others) + ".")
    return "\n".join(rows) + "\n"


def page_of_a_broker(bin_folder):
    """What a broker that has done a little says of itself at /metrics."""
    with tempfile.TemporaryDirectory() as folder:
        broker = shell_blocks.Broker(bin_folder, folder, "ottla.http.listener=127.0.0.1:0",
                                     f"ottla.audit.log={folder}/audit.log")
        try:
            tool = [str(bin_folder / "ottla")]
            to = ["--bootstrap-server", broker.address, "--topic", "t"]
            for whose in (["--client-defaults", "--add-config",
                           "producer_byte_rate=1e9,consumer_byte_rate=1e9,request_percentage=100,"
                           "controller_mutation_rate=1000"],
                          ["--ip", "127.0.0.1", "--add-config", "connection_creation_rate=1000"]):
                subprocess.run([*tool, "configs", "--alter", *to[:2], *whose], check=True,
                               capture_output=True)
            subprocess.run([*tool, "topics", "--create", *to], check=True, capture_output=True)
            subprocess.run([*tool, "produce", *to], input=b"a record\n", check=True)
            subprocess.run([*tool, "consume", *to, "--group", "g", "--from-beginning", "--max-messages",
                            "1"], check=True, capture_output=True)
            direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with direct.open(f"http://{broker.http}/metrics", timeout=30) as answer:
                return answer.read().decode()
        finally:
            broker.stop()


def broker_metrics_table(bin_folder):
    page = page_of_a_broker(bin_folder)
    helps = dict(re.findall(r"^# HELP (\S+) (.*)$", page, re.M))
    rows = ["| name | labels | kind | what |", "|---|---|---|---|"]
    for name, kind in sorted(re.findall(r"^# TYPE (\S+) (\w+)$", page, re.M)):
        samples = re.findall(rf"^{name}(?:_sum|_count)?(?:\{{(.*)\}})? \S+$", page, re.M)
        labels = sorted({label for sample in samples for label in re.findall(r'(\w+)="', sample)})
        rows.append(f"| `{name}` | {', '.join(f'`{label}`' for label in labels)} | {kind} | "
                    + helps.get(name, "").replace("|", "\\|") + " |")
    return "\n".join(rows) + "\n"


def part(root, program, name):
    if name in CLIENTS:
        return client_table(root, name)
    if name == "broker_metrics":
        return broker_metrics_table(pathlib.Path(program).resolve().parent)
    ended = subprocess.run([program, name], capture_output=True, text=True, timeout=120)
    if ended.returncode != 0:
        raise SystemExit(ended.stderr)
    return ended.stdout.rstrip("\n") + "\n"


def regenerated(root, program, text):
    def replace(match):
        return f"{match.group(1)}\n{part(root, program, match.group(2))}\n{match.group(3)}"

    return re.sub(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", replace, text, flags=re.S)


def main():
    check = sys.argv[1] == "--check"
    root, program = pathlib.Path(sys.argv[-2]), sys.argv[-1]
    stale = 0
    for name in ("configuration.md", "metrics.md"):
        page = root / "docs/guide" / name
        now = page.read_text()
        right = regenerated(root, program, now)
        if "<!-- generated:" not in now:
            raise SystemExit(f"{page} has no place for what is generated")
        if not check:
            page.write_text(right)
        elif right != now:
            stale += 1
            print("\n".join(difflib.unified_diff(now.split("\n"), right.split("\n"), str(page),
                                                 "as it would be written", lineterm="", n=0)))
    if stale:
        print("write them anew: scripts/guide.sh")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
