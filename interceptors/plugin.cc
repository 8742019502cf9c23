#include "ottla/interceptors/plugin.h"

#include <dlfcn.h>

#include <exception>
#include <filesystem>

namespace ottla::interceptors {
namespace {

using AbiOf = const char* (*)();
using Make = void (*)(const Properties*, Plugin*);

struct Close {
  void operator()(void* library) const { ::dlclose(library); }
};
using Library = std::shared_ptr<void>;

template <class Function>
Function find(const Library& library, const char* name) {
  return reinterpret_cast<Function>(::dlsym(library.get(), name));
}

// An interceptor, and behind it the library that has its code.
template <class T>
std::shared_ptr<T> keep(const Library& library, std::shared_ptr<T> made) {
  struct Kept {
    Library library;  // goes last
    std::shared_ptr<T> made;
  };
  if (!made) return nullptr;
  auto* interceptor = made.get();
  auto kept = std::make_shared<Kept>(Kept{library, std::move(made)});
  return std::shared_ptr<T>(std::move(kept), interceptor);
}

Result<Library> open(const std::string& path) {
  if (path.find('/') == std::string::npos) {
    return Error(ErrorCode::invalid_argument,
                 "'" + path + "' is no path of a plug-in: write ./" + path);
  }
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return Error(ErrorCode::not_found, "there is no plug-in " + path);
  }
  void* opened = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (opened == nullptr) {
    const char* why = ::dlerror();
    return Error(ErrorCode::invalid_argument,
                 "the plug-in cannot be loaded: " + std::string(why == nullptr ? path : why));
  }
  return Library(opened, Close());
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
    // The exception's own code may go with the library.
    return Error(ErrorCode::invalid_config, path + ": " + std::string(e.what()));
  }
  return Plugin{keep(*library, std::move(made.producer)), keep(*library, std::move(made.consumer))};
}

}  // namespace ottla::interceptors
