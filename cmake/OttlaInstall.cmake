# What `cmake --install` gives: the public headers, libottla.a (the SDK), libottla_embedded_broker.a,
# the CMake package and the pkg-config files, the two programs.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

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
target_link_libraries(ottla_sdk INTERFACE
  Threads::Threads OpenSSL::Crypto Snappy::snappy PkgConfig::DEFLATE PkgConfig::ZSTD PkgConfig::LZ4 PkgConfig::RE2)

ottla_archive(ottla_embedded ottla_broker ottla_broker_metadata ottla_broker_config
  ottla_broker_log)
set_target_properties(ottla_embedded PROPERTIES
  OUTPUT_NAME ottla_embedded_broker EXPORT_NAME embedded_broker)
target_link_libraries(ottla_embedded INTERFACE ottla_sdk)

install(DIRECTORY include/ottla DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(TARGETS ottla_sdk ottla_embedded EXPORT ottlaTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS ottla ottla-broker RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(EXPORT ottlaTargets NAMESPACE ottla::
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/ottla)
configure_package_config_file(cmake/ottlaConfig.cmake.in ${CMAKE_BINARY_DIR}/ottlaConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/ottla)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/ottlaConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/ottlaConfig.cmake ${CMAKE_BINARY_DIR}/ottlaConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/ottla)
foreach(package ottla ottla-embedded-broker)
  configure_file(cmake/${package}.pc.in ${CMAKE_BINARY_DIR}/${package}.pc @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/${package}.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
