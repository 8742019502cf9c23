#pragma once

#include <cstddef>
#include <limits>
#include <list>

namespace ottla::broker {

class UnifiedLog;

// Which logs have files open, in the order in which they used them, so that as many as have not for
// longest can close theirs when there are too many: a log opens its files again when it needs them.
// Of one loop; outlives its logs.
class OpenLogs {
 public:
  // A log's place in the order; a member of the log.
  struct Place {
    std::list<UnifiedLog*>::iterator at;
    bool listed = false;
  };

  // How many logs may have files open. One that has something to sync keeps them all the same.
  void set_limit(std::size_t limit) { limit_ = limit; }

  // `log` has used its files. Two stores in the common case.
  void used(UnifiedLog& log, Place& place);
  // Its files are closed, or it ends.
  void forget(Place& place);

  // Closes what is too much, as far as that can be done now.
  void trim();

  std::size_t size() const { return logs_.size(); }

 private:
  std::size_t limit_ = std::numeric_limits<std::size_t>::max();
  std::list<UnifiedLog*> logs_;  // used last in front
};

}  // namespace ottla::broker
