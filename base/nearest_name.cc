#include "base/nearest_name.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <numeric>

namespace ottla::base {

std::string_view nearest_name(std::string_view name, const std::vector<std::string_view>& names) {
  name = name.substr(0, kNearestLooksAt);
  std::string_view nearest;
  std::size_t least = std::numeric_limits<std::size_t>::max();
  std::vector<std::size_t> row;
  for (const auto candidate : names) {
    row.resize(candidate.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= name.size(); ++i) {
      std::size_t diagonal = row[0];
      row[0] = i;
      for (std::size_t j = 1; j <= candidate.size(); ++j) {
        const auto replaced = diagonal + (name[i - 1] == candidate[j - 1] ? 0 : 1);
        diagonal = row[j];
        row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
      }
    }
    if (row.back() < least) {
      least = row.back();
      nearest = candidate;
    }
  }
  return nearest;
}

}  // namespace ottla::base
