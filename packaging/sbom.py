#!/usr/bin/env python3
"""What Ottla is made of, as a CycloneDX 1.5 document, from packaging/dependencies.json.

    sbom.py ROOT OUT        writes OUT; versions are those of the installed Debian packages
    sbom.py --check ROOT    compares the list with what CMake looks for and scripts/lib.sh installs
"""
import json
import pathlib
import re
import subprocess
import sys

SHIPPED = ("library", "program", "build")  # what is in, or beside, what users get


def version_of_ottla(root):
    text = (root / "include/ottla/version.h").read_text()
    return ".".join(re.search(rf"OTTLA_VERSION_{part} (\d+)", text).group(1)
                    for part in ("MAJOR", "MINOR", "PATCH"))


def dependencies(root):
    return json.loads((root / "packaging/dependencies.json").read_text())["dependencies"]


def installed_version(package):
    ended = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True,
                           text=True)
    return ended.stdout if ended.returncode == 0 and ended.stdout else None


def component(dependency):
    version = installed_version(dependency["debian"])
    made = {"type": "library", "bom-ref": dependency["name"], "name": dependency["name"],
            "licenses": [{"license": {"id": dependency["license"]}}],
            "scope": "required" if dependency["scope"] in ("library", "program") else "excluded"}
    if version:
        made["version"] = version
        made["purl"] = f"pkg:deb/debian/{dependency['debian']}@{version.replace('+', '%2B')}"
    return made


def document(root):
    ours = {"type": "library", "bom-ref": "ottla", "name": "ottla", "version": version_of_ottla(root),
            "licenses": [{"license": {"id": "Apache-2.0"}}]}
    shipped = [d for d in dependencies(root) if d["scope"] in SHIPPED]
    return {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
            "metadata": {"component": ours},
            "components": [component(d) for d in shipped],
            "dependencies": [{"ref": "ottla", "dependsOn": [d["name"] for d in shipped]}]}


def cmake_names(root):
    """What CMake looks for, outside of tests of Ottla itself."""
    found = set()
    for path in [*root.glob("cmake/*.cmake"), root / "CMakeLists.txt", *root.glob("*/CMakeLists.txt"),
                 *root.glob("bench/*/CMakeLists.txt")]:
        text = re.sub(r"#.*", "", path.read_text())
        found |= set(re.findall(r"find_package\((\w+)", text))
        found |= {name for names in re.findall(r"pkg_check_modules\(\w+ ([^)]*)\)", text)
                  for name in names.split() if name not in ("REQUIRED", "QUIET", "IMPORTED_TARGET")}
    return found - {"Threads", "PkgConfig", "Python3", "ottla"}


def debian_names(root):
    text = (root / "scripts/lib.sh").read_text()
    lists = re.findall(r"(?:build|check)_packages=\(([^)]*)\)", text)
    return {name for names in lists for name in names.split() if re.match(r"lib.*-dev$", name)}


def check(root):
    listed = dependencies(root)
    wrong = 0
    for what, there, wanted in (
            ("CMake looks for", cmake_names(root), {d["cmake"] for d in listed}),
            ("scripts/lib.sh installs", debian_names(root) - {"libclang-rt-14-dev"},
             {d["debian"] for d in listed})):
        for name in sorted(there - wanted):
            print(f"{what} {name}, which packaging/dependencies.json does not list")
            wrong += 1
        for name in sorted(wanted - there):
            print(f"packaging/dependencies.json lists {name}, which {what.replace('looks', 'does not look')}")
            wrong += 1
    made = document(root)
    for entry in made["components"]:
        if "version" not in entry:
            print(f"no version of {entry['name']} is known here")
            wrong += 1
    port = json.loads((root / "packaging/vcpkg/ottla/vcpkg.json").read_text())
    if port["version"] != version_of_ottla(root):
        print(f"the vcpkg port says {port['version']}, include/ottla/version.h {version_of_ottla(root)}")
        wrong += 1
    needed = {d["name"] for d in listed if d["scope"] in SHIPPED}
    in_port = {re.sub(r"^boost-.*", "boost", d if isinstance(d, str) else d["name"])
               for d in port["dependencies"]} - {"vcpkg-cmake", "vcpkg-cmake-config"}
    if in_port != needed:
        print(f"the vcpkg port and packaging/dependencies.json differ in {sorted(in_port ^ needed)}")
        wrong += 1
    print(f"{len(listed)} dependencies, {wrong} mistakes")
    return wrong


def main():
    if sys.argv[1] == "--check":
        return 1 if check(pathlib.Path(sys.argv[2])) else 0
    pathlib.Path(sys.argv[2]).write_text(json.dumps(document(pathlib.Path(sys.argv[1])), indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
