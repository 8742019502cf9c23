# What `cmake --install` gives: the public headers, libottla.a (the SDK), libottla_embedded_broker.a,
# libottla_interceptors.a, libottla_c.so (SDK and broker, for C), with OTTLA_SHARED the same as shared libraries, the CMake package and the
# pkg-config files, the two programs. Components are the Debian packages (OttlaPackages.cmake).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# What an installed SDK needs at run time; also in ottlaConfig.cmake.in and the .pc.in files.
set(OTTLA_RUN_TIME_NEEDS Threads::Threads OpenSSL::SSL Snappy::snappy PkgConfig::DEFLATE
  PkgConfig::ZSTD PkgConfig::LZ4 PkgConfig::RE2)

# ottla_archive(NAME FILE EXPORTED ROOM...): one archive for a room's libraries, so that users link one
# name. NAME_shared is the same as a shared library.
function(ottla_archive name file exported)
  set(objects)
  foreach(room ${ARGN})
    list(APPEND objects $<TARGET_OBJECTS:${room}>)
  endforeach()
  add_library(${name} STATIC ${objects})
  set_target_properties(${name} PROPERTIES OUTPUT_NAME ${file} EXPORT_NAME ${exported})
  set(targets ${name})
  if(OTTLA_SHARED)
    add_library(${name}_shared SHARED ${objects})
    set_target_properties(${name}_shared PROPERTIES
      OUTPUT_NAME ${file} EXPORT_NAME ${exported}_shared VERSION ${PROJECT_VERSION}
      SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
      LINK_DEPENDS ${PROJECT_BINARY_DIR}/exports.map)
    target_link_options(${name}_shared PRIVATE
      -Wl,--version-script=${PROJECT_BINARY_DIR}/exports.map -Wl,--no-undefined -Wl,--as-needed)
    list(APPEND targets ${name}_shared)
  endif()
  foreach(target ${targets})
    set_target_properties(${target} PROPERTIES LINKER_LANGUAGE CXX)
    target_compile_features(${target} INTERFACE cxx_std_20)
    target_include_directories(${target} INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  endforeach()
  install(TARGETS ${targets} EXPORT ottlaTargets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT libottla-dev
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT libottla NAMELINK_COMPONENT libottla-dev)
endfunction()

# What an archive's users link beside it; a shared library has that in it. `libraries` are those of
# others, `archives` ours.
function(ottla_archive_needs name)
  cmake_parse_arguments(ARG "" "" "LIBRARIES;ARCHIVES" ${ARGN})
  target_link_libraries(${name} INTERFACE ${ARG_LIBRARIES} ${ARG_ARCHIVES})
  if(OTTLA_SHARED)
    list(TRANSFORM ARG_ARCHIVES APPEND _shared)
    target_link_libraries(${name}_shared PUBLIC ${ARG_ARCHIVES} PRIVATE ${ARG_LIBRARIES})
  endif()
endfunction()

configure_file(packaging/exports.map ${PROJECT_BINARY_DIR}/exports.map @ONLY)

ottla_archive(ottla_sdk ottla ottla ottla_client ottla_protocol ottla_base_http ottla_base_net ottla_base)
ottla_archive_needs(ottla_sdk LIBRARIES ${OTTLA_RUN_TIME_NEEDS})

ottla_archive(ottla_embedded ottla_embedded_broker embedded_broker
  ottla_broker ottla_broker_metadata ottla_broker_config ottla_broker_log)
ottla_archive_needs(ottla_embedded LIBRARIES OpenSSL::SSL PkgConfig::RE2 ARCHIVES ottla_sdk)

ottla_archive(ottla_interceptors ottla_interceptors interceptors ottla_ready_made)
ottla_archive_needs(ottla_interceptors LIBRARIES OpenSSL::Crypto ${CMAKE_DL_LIBS} ARCHIVES ottla_sdk)

# The C ABI with all that is behind it in one file, of which nothing but the ABI can be seen.
set(objects)
foreach(room ottla_c ottla_broker ottla_broker_metadata ottla_broker_config ottla_broker_log
    ottla_client ottla_protocol ottla_base_http ottla_base_net ottla_base)
  list(APPEND objects $<TARGET_OBJECTS:${room}>)
endforeach()
file(STRINGS include/ottla/c/base.h abi REGEX "^#define OTTLA_C_ABI ")
string(REGEX REPLACE "[^0-9]" "" abi ${abi})
set(exports ${PROJECT_SOURCE_DIR}/c/exports.map)
add_library(ottla_c_shared SHARED ${objects})
set_target_properties(ottla_c_shared PROPERTIES OUTPUT_NAME ottla_c EXPORT_NAME c
  SOVERSION ${abi} VERSION ${abi}.${PROJECT_VERSION} LINKER_LANGUAGE CXX LINK_DEPENDS ${exports})
target_link_libraries(ottla_c_shared PRIVATE $<BUILD_INTERFACE:ottla_options>
  ${OTTLA_RUN_TIME_NEEDS})
target_link_options(ottla_c_shared PRIVATE -Wl,--version-script=${exports})
if(NOT OTTLA_SANITIZE)
  # What is missing is missed here, and not by who loads it.
  target_link_options(ottla_c_shared PRIVATE -Wl,-z,defs)
endif()
target_include_directories(ottla_c_shared INTERFACE
  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)

install(TARGETS ottla_c_shared EXPORT ottlaTargets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT libottla NAMELINK_COMPONENT libottla-dev)

install(DIRECTORY include/ottla DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT libottla-dev
  FILES_MATCHING PATTERN "*.h")
install(TARGETS ottla RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT ottla)
install(TARGETS ottla-broker RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT ottla-broker)
install(EXPORT ottlaTargets NAMESPACE ottla::
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/ottla COMPONENT libottla-dev)
configure_package_config_file(cmake/ottlaConfig.cmake.in ${CMAKE_BINARY_DIR}/ottlaConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/ottla)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/ottlaConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/ottlaConfig.cmake ${CMAKE_BINARY_DIR}/ottlaConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/ottla COMPONENT libottla-dev)
# They find the prefix from where they are.
file(RELATIVE_PATH prefix_from_pc /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
foreach(package ottla ottla-embedded-broker ottla-interceptors ottla-c)
  configure_file(cmake/${package}.pc.in ${CMAKE_BINARY_DIR}/${package}.pc @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/${package}.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT libottla-dev)
endforeach()
# What it is made of, where that can be found out.
find_package(Python3 QUIET COMPONENTS Interpreter)
if(Python3_FOUND)
  execute_process(COMMAND ${Python3_EXECUTABLE} packaging/sbom.py . ${CMAKE_BINARY_DIR}/ottla.cdx.json
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} COMMAND_ERROR_IS_FATAL ANY)
  install(FILES ${CMAKE_BINARY_DIR}/ottla.cdx.json DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/ottla
    COMPONENT libottla-dev)
endif()
