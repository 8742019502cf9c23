# How every library, program and test of the project is declared.

add_library(ottla_options INTERFACE)
target_compile_features(ottla_options INTERFACE cxx_std_20)
target_include_directories(ottla_options INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>)
target_compile_options(ottla_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wno-missing-field-initializers)
# What gcc calls -Wconversion; clang adds signs to it.
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  target_compile_options(ottla_options INTERFACE -Wthread-safety -Wno-shorten-64-to-32 -Wno-sign-conversion)
endif()
if(OTTLA_WERROR)
  target_compile_options(ottla_options INTERFACE -Werror)
endif()
if(OTTLA_SANITIZE)
  target_compile_options(ottla_options INTERFACE
    -fsanitize=${OTTLA_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  # What a sanitizer adds hides from gcc where a value was set.
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    target_compile_options(ottla_options INTERFACE -Wno-maybe-uninitialized)
  endif()
  target_link_options(ottla_options INTERFACE -fsanitize=${OTTLA_SANITIZE})
endif()

# How tests are compiled: what is tested is optimized in full, the tests themselves only so far as
# that pays: under a sanitizer optimizing them takes longer than running them. ccache knows a
# precompiled header by its content if the compiler says when it reads it and leaves the time out.
if(OTTLA_SANITIZE)
  set(OTTLA_TEST_OPTIONS -O0)
else()
  set(OTTLA_TEST_OPTIONS $<$<CONFIG:Release>:-O1>)
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  list(APPEND OTTLA_TEST_OPTIONS "SHELL:-Xclang -fno-pch-timestamp")
else()
  list(APPEND OTTLA_TEST_OPTIONS -fpch-preprocess)
endif()

# ottla_library(NAME [DIRS dir...] [LINK target...] [APART]): a static library of all .cc files
# directly in the given folders (default: the current one). New files are found by themselves.
#
# Under a sanitizer a folder's files are compiled together, which takes gcc a quarter and clang half
# of the time; names in anonymous namespaces are therefore used once in a folder. APART: not so
# here, as every command of a tool may have its Flags. Other builds compile each file by itself and
# so see that it includes what it uses.
function(ottla_library name)
  cmake_parse_arguments(ARG "APART" "" "DIRS;LINK" ${ARGN})
  if(NOT ARG_DIRS)
    set(ARG_DIRS .)
  endif()
  set(sources)
  foreach(dir ${ARG_DIRS})
    file(GLOB found CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${dir}/*.cc)
    list(FILTER found EXCLUDE REGEX "/main\\.cc$")
    list(APPEND sources ${found})
    set(number 0)
    foreach(source ${found})
      math(EXPR group "${number} / 10")
      math(EXPR number "${number} + 1")
      set_source_files_properties(${source} PROPERTIES UNITY_GROUP "${dir}_${group}")
    endforeach()
  endforeach()
  if(sources)
    add_library(${name} STATIC ${sources})
    if(OTTLA_SANITIZE AND NOT ARG_APART)
      set_target_properties(${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
    endif()
    target_link_libraries(${name} PUBLIC $<BUILD_INTERFACE:ottla_options> ${ARG_LINK})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE $<BUILD_INTERFACE:ottla_options> ${ARG_LINK})
  endif()
endfunction()

# ottla_program(NAME SOURCES file... LINK target...): a program in build/<preset>/bin.
function(ottla_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ottla_options ${ARG_LINK})
endfunction()

# Every test includes GoogleTest, which costs more to read than most tests cost to compile.
function(ottla_test_headers)
  file(WRITE ${CMAKE_BINARY_DIR}/ottla_test_headers.cc "int main() {}\n")
  add_executable(ottla_test_headers EXCLUDE_FROM_ALL ${CMAKE_BINARY_DIR}/ottla_test_headers.cc)
  target_link_libraries(ottla_test_headers PRIVATE ottla_options GTest::gtest)
  target_compile_options(ottla_test_headers PRIVATE ${OTTLA_TEST_OPTIONS})
  target_precompile_headers(ottla_test_headers PRIVATE <gtest/gtest.h>)
endfunction()

# ottla_test(NAME [DIRS dir...] [LINK target...] [LABELS label...] [TIMEOUT seconds] [EACH]): one
# GoogleTest program of all .cc files directly in the given folders. To ctest it is one test, or
# with EACH one per TEST: worth a process each only where they take long and can run side by side.
function(ottla_test name)
  cmake_parse_arguments(ARG "EACH" "TIMEOUT" "DIRS;LINK;LABELS" ${ARGN})
  if(NOT ARG_DIRS)
    set(ARG_DIRS .)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  set(sources)
  foreach(dir ${ARG_DIRS})
    file(GLOB found CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${dir}/*.cc)
    list(APPEND sources ${found})
  endforeach()
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ottla_options ${ARG_LINK} GTest::gtest GTest::gtest_main)
  target_compile_options(${name} PRIVATE ${OTTLA_TEST_OPTIONS})
  target_precompile_headers(${name} REUSE_FROM ottla_test_headers)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  if(ARG_EACH)
    gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60
      PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
  else()
    add_test(NAME ${name} COMMAND ${name} --gtest_brief=1)
    set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
  endif()
endfunction()
