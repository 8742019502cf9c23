#include "tools/system_test.h"

#include <chrono>
#include <iostream>
#include <mutex>

namespace ottla::tools {
namespace {

std::atomic<bool> stopping{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may set it");

}  // namespace

void tell(std::string_view name, boost::json::object data) {
  static std::mutex mutex;
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  boost::json::object line{{"timestamp", now.count()}};
  if (!name.empty()) line["name"] = name;
  for (auto& [key, value] : data) line[key] = std::move(value);
  const std::lock_guard lock(mutex);
  std::cout << boost::json::serialize(line) << '\n' << std::flush;
}

const std::atomic<bool>& stop_requested() {
  std::signal(SIGINT, [](int) { stopping.store(true); });
  std::signal(SIGTERM, [](int) { stopping.store(true); });
  return stopping;
}

}  // namespace ottla::tools
