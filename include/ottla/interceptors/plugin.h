#pragma once

#include <memory>
#include <string>
#include <utility>

#include "ottla/consumer_interceptor.h"
#include "ottla/interceptor.h"
#include "ottla/properties.h"
#include "ottla/result.h"
#include "ottla/version.h"

// What program and plug-in must agree on, since they hand each other objects of these headers and
// of the C++ library: the minor version of Ottla and the form of std::string.
#define OTTLA_PLUGIN_ABI_OF(major, minor, strings) \
  "ottla " #major "." #minor " cxx11-strings " #strings
#define OTTLA_PLUGIN_ABI_TEXT(major, minor, strings) OTTLA_PLUGIN_ABI_OF(major, minor, strings)
#define OTTLA_PLUGIN_ABI \
  OTTLA_PLUGIN_ABI_TEXT(OTTLA_VERSION_MAJOR, OTTLA_VERSION_MINOR, _GLIBCXX_USE_CXX11_ABI)

// Interceptors from shared libraries: for programs that are extended without being built anew. The
// program says which library; nothing is ever loaded by itself.
namespace ottla::interceptors {

// What a plug-in makes. One that has nothing to do with producers, or with consumers, leaves that
// null.
struct Plugin {
  std::shared_ptr<ProducerInterceptor> producer{};
  std::shared_ptr<ConsumerInterceptor> consumer{};
};

// Loads the library and lets it make its interceptors by these properties. It stays loaded
// until the program ends, also one that is refused. `path` must have a '/', so that no list of
// folders decides what is loaded. The library runs with all the rights of the program, from its
// first byte on.
//
//   auto plugin = ottla::interceptors::load_plugin("/usr/lib/shop/stamp.so", {{"version", "1.4"}});
//   if (!plugin) return plugin.error();
//   ottla::ProducerConfig config{.bootstrap_servers = "b:9092", .interceptors =
//   {plugin->producer}};
//
// Any thread. Errors: invalid_argument (no '/', no library, or one that is no plug-in), not_found,
// unsupported_version (built for another Ottla, naming both), invalid_config (what the plug-in
// threw at these properties).
Result<Plugin> load_plugin(const std::string& path, const Properties& properties = {});

}  // namespace ottla::interceptors

// Makes a library a plug-in: once, outside of all namespaces, with a function
// `ottla::interceptors::Plugin make(const ottla::Properties&)`, which may throw.
#define OTTLA_PLUGIN(make)                                                           \
  extern "C" __attribute__((visibility("default"))) const char* ottla_plugin_abi() { \
    return OTTLA_PLUGIN_ABI;                                                         \
  }                                                                                  \
  extern "C" __attribute__((visibility("default"))) void ottla_plugin_make(          \
      const ottla::Properties* properties, ottla::interceptors::Plugin* made) {      \
    *made = make(*properties);                                                       \
  }
