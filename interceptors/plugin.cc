#include "ottla/interceptors/plugin.h"

#include <dlfcn.h>

#include <exception>
#include <filesystem>

namespace ottla::interceptors {
namespace {

using AbiOf = const char* (*)();
using Make = void (*)(const Properties*, Plugin*);

template <class Function>
Function find(void* library, const char* name) {
  return reinterpret_cast<Function>(::dlsym(library, name));
}

// Never closed: code of it may be called as long as the program runs, by threads that it began, by
// what its thread-local variables leave to be done, and by whoever holds an exception of its types.
Result<void*> open(const std::string& path) {
  if (path.find('/') == std::string::npos) {
    return Error(ErrorCode::invalid_argument,
                 "'" + path + "' is no path of a plug-in: write ./" + path);
  }
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return Error(ErrorCode::not_found, "there is no plug-in " + path);
  }
  void* opened = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (opened == nullptr) {
    const char* why = ::dlerror();
    return Error(ErrorCode::invalid_argument,
                 "the plug-in cannot be loaded: " + std::string(why == nullptr ? path : why));
  }
  return opened;
}

}  // namespace

Result<Plugin> load_plugin(const std::string& path, const Properties& properties) {
  const auto library = open(path);
  if (!library) return library.error();
  const auto abi = find<AbiOf>(*library, "ottla_plugin_abi");
  const auto make = find<Make>(*library, "ottla_plugin_make");
  if (abi == nullptr || make == nullptr) {
    return Error(ErrorCode::invalid_argument,
                 path + " is no plug-in of Ottla: OTTLA_PLUGIN stands nowhere in it");
  }
  if (const std::string theirs = abi(); theirs != OTTLA_PLUGIN_ABI) {
    return Error(ErrorCode::unsupported_version,
                 path + " was built for '" + theirs +
                     "', but this program is '" OTTLA_PLUGIN_ABI
                     "': build it with the headers of this version");
  }
  Plugin made;
  try {
    make(&properties, &made);
  } catch (const std::exception& e) {
    return Error(ErrorCode::invalid_config, path + ": " + e.what());
  } catch (...) {
    return Error(ErrorCode::invalid_config,
                 path +
                     " threw something that is no std::exception: its maker must say by one what "
                     "is wrong");
  }
  return made;
}

}  // namespace ottla::interceptors
