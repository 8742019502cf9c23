#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "ottla/group_admin.h"

namespace ottla::tools {

// What a cluster has at a moment, as `ottla top` looks at it.
struct TopSample {
  struct Topic {
    std::size_t partitions = 0;
    std::size_t without_leader = 0;
    std::int64_t records = 0;  // from the oldest offsets to the ends
    std::int64_t ends = 0;     // the sum of the ends
  };
  struct Group {
    GroupState state = GroupState::unknown;
    std::size_t members = 0;
    std::int64_t committed = 0;         // the sum of what it has committed
    std::optional<std::int64_t> lag{};  // none: it has committed nothing
  };

  std::chrono::steady_clock::time_point taken{};
  std::string cluster_id{};
  std::size_t brokers = 0;
  std::map<std::string, Topic> topics{};
  std::map<std::string, Group> groups{};
  std::string fault{};  // why not all of it is there
};

struct TopScreen {
  std::size_t rows = 24;
  std::size_t columns = 80;
};

// A screen of it: what changes fastest first, as much as there is room for. `before` gives rates;
// it may be the same sample, which has none.
std::string render_screen(const TopSample& before, const TopSample& now, const TopScreen& screen);

// The same as lines of which each stands alone, for what is no terminal.
std::string render_lines(const TopSample& before, const TopSample& now);

// The same as one line of JSON.
std::string render_json(const TopSample& before, const TopSample& now);

}  // namespace ottla::tools
