# Debian packages, by `cpack -G DEB` in the build folder of a build with OTTLA_SHARED: libottla,
# libottla-dev, ottla-broker, ottla. What they depend on of other libraries dpkg-shlibdeps finds out.

# What of the system's the broker's package has beside the programs. Only for packages: paths are
# absolute, which `cmake --install --prefix` must not write to.
foreach(file
    "etc/ottla packaging/debian/server.properties"
    "usr/lib/systemd/system packaging/debian/ottla-broker.service"
    "usr/share/doc/ottla-broker docs/guide/operating-the-broker.md"
    "usr/share/doc/ottla-broker docs/guide/configuration.md")
  separate_arguments(file)
  list(GET file 0 folder)
  list(GET file 1 source)
  install(FILES ${source} DESTINATION /${folder} COMPONENT ottla-broker-system EXCLUDE_FROM_ALL)
endforeach()
install(FILES packaging/debian/sysusers.conf DESTINATION /usr/lib/sysusers.d
  RENAME ottla-broker.conf COMPONENT ottla-broker-system EXCLUDE_FROM_ALL)

# The headers of others that the static libraries and the CMake package need.
file(READ packaging/dependencies.json dependencies)
string(JSON count LENGTH ${dependencies} dependencies)
set(development_packages)
math(EXPR last "${count} - 1")
foreach(i RANGE ${last})
  string(JSON scope GET ${dependencies} dependencies ${i} scope)
  string(JSON package GET ${dependencies} dependencies ${i} debian)
  if(scope STREQUAL library)
    string(APPEND development_packages ", ${package}")
  endif()
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME ottla)
set(CPACK_PACKAGE_VENDOR Ottla)
set(CPACK_PACKAGE_CONTACT "The Ottla project <ottla@example.org>")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_SET_DESTDIR ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
# What is built is packed: packing does not build.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_BINARY_DIR}/lib)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_LIBOTTLA_PACKAGE_NAME libottla)
set(CPACK_DEBIAN_LIBOTTLA_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_BINARY_DIR}/debian/triggers)
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/debian/triggers "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_LIBOTTLA-DEV_PACKAGE_NAME libottla-dev)
set(CPACK_DEBIAN_LIBOTTLA-DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_LIBOTTLA-DEV_PACKAGE_DEPENDS "libottla (= ${PROJECT_VERSION})${development_packages}")
set(CPACK_DEBIAN_OTTLA-BROKER_PACKAGE_NAME ottla-broker)
set(CPACK_DEBIAN_OTTLA-BROKER_PACKAGE_SECTION net)
set(CPACK_DEBIAN_OTTLA_PACKAGE_NAME ottla)
set(CPACK_DEBIAN_OTTLA_PACKAGE_SECTION utils)
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/debian/conffiles "/etc/ottla/server.properties\n")
set(CPACK_DEBIAN_OTTLA-BROKER_PACKAGE_CONTROL_EXTRA
  "${CMAKE_CURRENT_BINARY_DIR}/debian/conffiles;${PROJECT_SOURCE_DIR}/packaging/debian/postinst;${PROJECT_SOURCE_DIR}/packaging/debian/prerm")

include(CPack)
cpack_add_component_group(libottla DESCRIPTION "Kafka client SDK for C++: shared libraries")
cpack_add_component_group(libottla-dev DESCRIPTION "Kafka client SDK for C++: headers and static libraries")
cpack_add_component_group(ottla-broker DESCRIPTION "Kafka broker in one process")
cpack_add_component_group(ottla DESCRIPTION "Command line for Kafka clusters")
foreach(component libottla libottla-dev ottla-broker ottla)
  cpack_add_component(${component} GROUP ${component})
endforeach()
cpack_add_component(ottla-broker-system GROUP ottla-broker)
