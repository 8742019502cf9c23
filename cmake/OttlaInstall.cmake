# What `cmake --install` gives: the public headers, libottla.a (the SDK), libottla_embedded_broker.a,
# libottla_interceptors.a, libottla_c.so (SDK and broker, for C), the CMake package and the pkg-config
# files, the two programs.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# What an installed SDK needs at run time; also in ottlaConfig.cmake.in and the .pc.in files.
set(OTTLA_RUN_TIME_NEEDS Threads::Threads OpenSSL::SSL Snappy::snappy PkgConfig::DEFLATE
  PkgConfig::ZSTD PkgConfig::LZ4 PkgConfig::RE2)

# One archive for a room's libraries, so that users link one name.
function(ottla_archive name)
  set(objects)
  foreach(room ${ARGN})
    list(APPEND objects $<TARGET_OBJECTS:${room}>)
  endforeach()
  add_library(${name} STATIC ${objects})
  set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX)
  target_compile_features(${name} INTERFACE cxx_std_20)
  target_include_directories(${name} INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
endfunction()

ottla_archive(ottla_sdk ottla_client ottla_protocol ottla_base_net ottla_base)
set_target_properties(ottla_sdk PROPERTIES OUTPUT_NAME ottla EXPORT_NAME ottla)
target_link_libraries(ottla_sdk INTERFACE ${OTTLA_RUN_TIME_NEEDS})

ottla_archive(ottla_embedded ottla_broker ottla_broker_metadata ottla_broker_config
  ottla_broker_log)
set_target_properties(ottla_embedded PROPERTIES
  OUTPUT_NAME ottla_embedded_broker EXPORT_NAME embedded_broker)
target_link_libraries(ottla_embedded INTERFACE ottla_sdk)

ottla_archive(ottla_interceptors ottla_ready_made)
set_target_properties(ottla_interceptors PROPERTIES
  OUTPUT_NAME ottla_interceptors EXPORT_NAME interceptors)
target_link_libraries(ottla_interceptors INTERFACE ottla_sdk OpenSSL::Crypto)

# The C ABI with all that is behind it in one file, of which nothing but the ABI can be seen.
set(objects)
foreach(room ottla_c ottla_broker ottla_broker_metadata ottla_broker_config ottla_broker_log
    ottla_client ottla_protocol ottla_base_net ottla_base)
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

install(DIRECTORY include/ottla DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(TARGETS ottla_sdk ottla_embedded ottla_interceptors ottla_c_shared EXPORT ottlaTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS ottla ottla-broker RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(EXPORT ottlaTargets NAMESPACE ottla::
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/ottla)
configure_package_config_file(cmake/ottlaConfig.cmake.in ${CMAKE_BINARY_DIR}/ottlaConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/ottla)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/ottlaConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/ottlaConfig.cmake ${CMAKE_BINARY_DIR}/ottlaConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/ottla)
foreach(package ottla ottla-embedded-broker ottla-interceptors ottla-c)
  configure_file(cmake/${package}.pc.in ${CMAKE_BINARY_DIR}/${package}.pc @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/${package}.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
