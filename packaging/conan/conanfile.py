"""A Conan 2 recipe: the SDK, the ready-made interceptors and the embedded broker, built with the
system's libraries (on Debian: `conan create packaging/conan -c tools.system.package_manager:mode=install`
installs what is missing).
"""
import os
import re

from conan import ConanFile
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain
from conan.tools.files import copy, load
from conan.tools.system.package_manager import Apt


class Ottla(ConanFile):
    name = "ottla"
    description = "A C++20 Kafka client SDK and an embeddable broker"
    license = "Apache-2.0"
    topics = ("kafka", "messaging", "streaming")
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False], "fPIC": [True, False]}
    default_options = {"shared": False, "fPIC": True}

    def set_version(self):
        text = load(self, os.path.join(self.recipe_folder, "../../include/ottla/version.h"))
        self.version = ".".join(re.search(rf"OTTLA_VERSION_{part} (\d+)", text).group(1)
                                for part in ("MAJOR", "MINOR", "PATCH"))

    def export_sources(self):
        root = os.path.join(self.recipe_folder, "..", "..")
        for pattern in ("CMakeLists.txt", "LICENSE", "cmake/*", "include/*", "base/*", "protocol/*",
                        "client/*", "interceptors/*", "broker/*", "c/*", "tools/*", "packaging/*",
                        "docs/guide/*"):
            copy(self, pattern, src=root, dst=self.export_sources_folder)

    def validate(self):
        if self.settings.os != "Linux":
            raise Exception("Ottla is for Linux")

    def system_requirements(self):
        Apt(self).install(["libboost1.81-dev", "libssl-dev", "libzstd-dev", "liblz4-dev",
                           "libsnappy-dev", "libdeflate-dev", "libre2-dev", "libcli11-dev"], check=True)

    def generate(self):
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["OTTLA_BUILD_TESTS"] = False
        toolchain.cache_variables["OTTLA_BUILD_BENCH"] = False
        toolchain.cache_variables["OTTLA_BUILD_EXAMPLES"] = False
        toolchain.cache_variables["OTTLA_WERROR"] = False
        toolchain.cache_variables["OTTLA_SHARED"] = bool(self.options.shared)
        toolchain.generate()
        CMakeDeps(self).generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE", src=self.source_folder, dst=os.path.join(self.package_folder, "licenses"))

    def package_info(self):
        # The package brings a CMake configuration of its own, which finds the system's libraries.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = ["lib/cmake/ottla"]
        self.cpp_info.libs = ["ottla"]
