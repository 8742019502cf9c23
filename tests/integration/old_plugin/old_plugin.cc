// A plug-in as one of another version looks, that must not be asked for more than that.
#include <cstdlib>

extern "C" const char* ottla_plugin_abi() {
  return "ottla 0.0 cxx11-strings 1";
}
extern "C" void ottla_plugin_make(const void*, void*) {
  std::abort();
}
