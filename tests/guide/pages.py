"""The pages of the guide as the checks of this folder see them: their code blocks and their links.

A block's first line says what it is; words behind the language are for these checks alone, pages show
them nowhere:

    ```cpp            statements, where `producer`, `consumer`, `admin`, `broker` and `stop` exist
    ```cpp more       the same, going on in the block before
    ```cpp global     declarations, which the later blocks of the page see
    ```cpp program    a whole program; `program run`: one that is run, too
    ```sh             commands whose flags are checked; `sh run`: run, with a broker on localhost:9092;
                      `sh broker`: what starts that broker, where it is a special one
    ```text output    what the block before prints
"""
import pathlib
import re
from dataclasses import dataclass, field


@dataclass
class Block:
    page: pathlib.Path
    line: int  # of its first line of text
    language: str
    words: list
    text: str


@dataclass
class Page:
    path: pathlib.Path
    blocks: list = field(default_factory=list)
    links: list = field(default_factory=list)  # (line, target)
    anchors: set = field(default_factory=set)


def anchor(heading):
    """What a heading is called in links, as those who show Markdown make it."""
    text = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", lambda m: m.group(1) or "", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def read(path):
    page = Page(pathlib.Path(path))
    block = None
    for number, line in enumerate(page.path.read_text().splitlines(), 1):
        fence = re.match(r"```(.*)$", line)
        if fence and block is None:
            words = fence.group(1).split() or [""]
            block = Block(page.path, number + 1, words[0], words[1:], "")
        elif fence:
            page.blocks.append(block)
            block = None
        elif block is not None:
            block.text += line + "\n"
        else:
            heading = re.match(r"#+ (.*)", line)
            if heading:
                page.anchors.add(anchor(heading.group(1)))
            without_code = re.sub(r"`[^`]*`", "", line)
            for target in re.findall(r"\]\(([^)\s]+)\)", without_code):
                page.links.append((number, target))
    if block is not None:
        raise SystemExit(f"{path}:{block.line - 1}: this block has no end")
    return page


def broken_links(pages):
    """`PAGE:LINE: why` for each link that leads nowhere within the tree."""
    anchors = {page.path.resolve(): page.anchors for page in pages}
    for page in pages:
        for line, target in page.links:
            if "://" in target:
                continue
            name, _, wanted = target.partition("#")
            path = (page.path.parent / name).resolve() if name else page.path.resolve()
            if not path.exists():
                yield f"{page.path}:{line}: there is no {name}"
            elif wanted and path.suffix == ".md":
                if path not in anchors:
                    anchors[path] = read(path).anchors
                if wanted not in anchors[path]:
                    yield f"{page.path}:{line}: {name or 'this page'} has no heading #{wanted}"
