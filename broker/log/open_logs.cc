#include "broker/log/open_logs.h"

#include <iterator>

#include "broker/log/unified_log.h"

namespace ottla::broker {
namespace {

// Logs that are asked to close their files in one go: the rest has its turn with the next use.
constexpr int kMostAsked = 8;

}  // namespace

void OpenLogs::used(UnifiedLog& log, Place& place) {
  if (!place.listed) {
    logs_.push_front(&log);
    place = {logs_.begin(), true};
    trim();
  } else if (place.at != logs_.begin()) {
    logs_.splice(logs_.begin(), logs_, place.at);
  }
}

void OpenLogs::forget(Place& place) {
  if (!place.listed) return;
  logs_.erase(place.at);
  place.listed = false;
}

void OpenLogs::trim() {
  auto at = logs_.end();
  for (int asked = 0; logs_.size() > limit_ && asked < kMostAsked; ++asked) {
    // The one that is in use now is the first.
    if (std::prev(at) == logs_.begin()) return;
    auto* log = *std::prev(at);
    // If it closes them it is no longer listed.
    if (!log->try_close_files()) --at;
  }
}

}  // namespace ottla::broker
