# Not verified: it has not been run where this project is tested. It is an overlay port, which builds
# the tree that it lies in: vcpkg install ottla --overlay-ports=packaging/vcpkg
get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

vcpkg_cmake_configure(
  SOURCE_PATH "${SOURCE_PATH}"
  OPTIONS
    -DOTTLA_BUILD_TESTS=OFF
    -DOTTLA_BUILD_BENCH=OFF
    -DOTTLA_BUILD_EXAMPLES=OFF
    -DOTTLA_WERROR=OFF
)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(PACKAGE_NAME ottla CONFIG_PATH lib/cmake/ottla)
vcpkg_fixup_pkgconfig()
vcpkg_copy_tools(TOOL_NAMES ottla ottla-broker AUTO_CLEAN)
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
