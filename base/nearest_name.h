#pragma once

#include <string_view>
#include <vector>

namespace ottla::base {

// The one of `names` that takes the fewest insertions, deletions and replacements to get to from
// `name`; the first of several; empty if there are no names.
std::string_view nearest_name(std::string_view name, const std::vector<std::string_view>& names);

}  // namespace ottla::base
