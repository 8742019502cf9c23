#pragma once

#include <exception>
#include <string>
#include <string_view>

#include "base/logger.h"

namespace ottla::client {

// Calls an interceptor of the user's. False if it threw, which is logged.
template <class F>
bool intercept(const base::Logger& log, std::string_view where, F&& f) {
  std::string why;
  try {
    f();
    return true;
  } catch (const std::exception& e) {
    why = std::string(": ") + e.what();
  } catch (...) {
    why = ": no std::exception";
  }
  log.error("an interceptor threw in " + std::string(where) + " and was skipped" + why);
  return false;
}

}  // namespace ottla::client
