#!/usr/bin/env python3
"""Makes one C++ file of all C++ blocks of the guide, so that they are compiled as they stand there.

    cpp_blocks.py OUT PAGE...                      writes OUT
    cpp_blocks.py --self-test COMPILER INCLUDE     checks that a broken block is refused, and where
"""
import pathlib
import re
import subprocess
import sys
import tempfile

import pages

PRELUDE = """// Made from the guide by tests/guide/cpp_blocks.py.
#pragma GCC diagnostic ignored "-Wshadow"
#include <ottla/embedded_broker.h>
#include <ottla/ottla.h>

#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
%s
namespace {

// What the blocks take for given.
struct Anything {
  Anything() = default;
  template <class T>
  Anything(T&&) {}
};

struct Context {
  ottla::Producer& producer;
  ottla::Consumer& consumer;
  ottla::Admin& admin;
  ottla::EmbeddedBroker& broker;
  std::stop_token stop;
};

[[maybe_unused]] void report(const ottla::Error& error) { std::cerr << error << '\\n'; }
[[maybe_unused]] ottla::Result<void> handle(const ottla::RecordView&) { return {}; }
[[maybe_unused]] std::string upper(std::string_view text) { return std::string(text); }
[[maybe_unused]] std::string fetch_token() { return "token"; }

}  // namespace
"""

FUNCTION = """
namespace {
%s[[maybe_unused]] Anything block_%d(Context context) {
  [[maybe_unused]] auto& [producer, consumer, admin, broker, stop] = context;
  {
"""


def split_includes(text):
    """(the includes, the text with those lines empty)"""
    includes = re.findall(r"^#include <[^>]+>", text, re.M)
    return includes, re.sub(r"^#include <[^>]+>.*$", "", text, flags=re.M)


def generate(all_pages):
    includes, body, runs, number = [], "", [], 0
    for page in all_pages:
        globals_of_page = ""
        is_open = False
        for block in page.blocks:
            if block.language != "cpp":
                continue
            number += 1
            found, text = split_includes(block.text)
            includes += found
            here = f'#line {block.line} "{page.path}"\n'
            if "more" in block.words:
                if not is_open:
                    raise SystemExit(f"{page.path}:{block.line}: there is no block to go on in")
                body += here + text
                continue
            if is_open:
                body += "  }\n  return {};\n}\n}  // namespace\n"
            is_open = not ({"global", "program"} & set(block.words))
            if is_open:
                body += FUNCTION % ("", number) + globals_of_page + here + text
            elif "struct ottla::" in text:  # a specialisation stands where its template does
                body += "\n" + here + text
            else:
                name = f"block_{number}"
                if "program" in block.words:  # only the one that is called main may have no end
                    text = re.sub(r"\}\s*\Z", "return 0; }\n", text)
                body += f"\nnamespace {name} {{\n{globals_of_page}{here}{text}}}  // namespace\n"
                if "global" in block.words:
                    globals_of_page += f"using namespace {name};\n"
                if "run" in block.words:
                    runs.append((page.path, name))
        if is_open:
            body += "  }\n  return {};\n}\n}  // namespace\n"
    main = "\n#line 1 \"main\"\nint main() {\n"
    for path, name in runs:
        main += f'  if (const int code = {name}::main(); code != 0) {{\n'
        main += f'    std::cerr << "the program of {path} ended with " << code << \'\\n\';\n'
        main += "    return 1;\n  }\n"
    main += f'  std::cout << "{number} blocks compiled, {len(runs)} programs run\\n";\n}}\n'
    return PRELUDE % "\n".join(sorted(set(includes))) + body + main, number


GOOD = """# A page

```cpp
auto sent = producer.send({.topic = "t", .value = "v"}).get();
```

```cpp more
if (!sent) report(sent.error());
```

```cpp global
class Mine final : public ottla::Partitioner {
 public:
  std::optional<std::int32_t> partition(const ottla::RecordView&, const ottla::TopicView&) override {
    return std::nullopt;
  }
};
```

```cpp
ottla::ProducerConfig config{.partitioner = [](std::string_view) { return std::make_unique<Mine>(); }};
```

```cpp program
#include <ottla/ottla.h>
int main() {}
```
"""
# What is planted, and the line of the page that the compiler must name.
BROKEN = [
    ("producer.send(", "producer.sent(", 4),
    ("sent.error()", "sent.reason()", 8),
    ("override", "const override", 14),
    ("int main() {}", "int main() { ottla::Producer p; }", 26),
    ("if (!sent) report(sent.error());", "producer.flush();", 8),  # a dropped Future
]


def compiles(compiler, include, text, folder):
    page = folder / "page.md"
    page.write_text(text)
    source = folder / "blocks.cc"
    source.write_text(generate([pages.read(page)])[0])
    command = [compiler, "-std=c++20", "-fsyntax-only", "-Wall", "-Werror", f"-I{include}", str(source)]
    ended = subprocess.run(command, capture_output=True, text=True)
    return ended.returncode == 0, ended.stderr


def self_test(compiler, include):
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        good, output = compiles(compiler, include, GOOD, folder)
        if not good:
            print(f"the sound page was refused:\n{output}")
            failed += 1
        for right, wrong, line in BROKEN:
            good, output = compiles(compiler, include, GOOD.replace(right, wrong, 1), folder)
            if good or f"page.md:{line}:" not in output:
                print(f"{wrong!r} was {'taken' if good else 'not found on its line'}:\n{output}")
                failed += 1
    print(f"{len(BROKEN) + 1 - failed} passed, {failed} failed")
    return failed


def main():
    if sys.argv[1] == "--self-test":
        return 1 if self_test(sys.argv[2], sys.argv[3]) else 0
    text, number = generate([pages.read(path) for path in sys.argv[2:]])
    if number == 0:
        raise SystemExit("the pages have no C++ block")
    pathlib.Path(sys.argv[1]).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
