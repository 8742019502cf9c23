#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace ottla::base {

// The one of `names` that takes the fewest insertions, deletions and replacements to get to from
// `name`; the first of several; empty if there are no names. Of a longer name only the first
// kNearestLooksAt bytes count: whatever it is, it costs no more than that many times the names.
inline constexpr std::size_t kNearestLooksAt = 128;
std::string_view nearest_name(std::string_view name, const std::vector<std::string_view>& names);

}  // namespace ottla::base
