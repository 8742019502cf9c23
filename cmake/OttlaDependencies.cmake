# Third parties, each behind one folder (docs/ARCHITECTURE.md, Dependencies).
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(DEFLATE REQUIRED IMPORTED_TARGET libdeflate)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(LZ4 REQUIRED IMPORTED_TARGET liblz4)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
# It says -pthread to the compiler, which precompiled headers were made without.
set_target_properties(PkgConfig::RE2 PROPERTIES INTERFACE_COMPILE_OPTIONS "")
find_package(Snappy REQUIRED)
# Of an example.
find_package(SQLite3 REQUIRED)
if(OTTLA_BUILD_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()
