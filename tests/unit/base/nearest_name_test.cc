#include "base/nearest_name.h"

#include <gtest/gtest.h>

#include <string>

namespace ottla::base {
namespace {

TEST(NearestName, counts_edits) {
  EXPECT_EQ(nearest_name("kitten", {"mitten", "sitting", "kit"}), "mitten");
  EXPECT_EQ(nearest_name("x", {}), "");
}

TEST(NearestName, looks_at_the_beginning_of_what_is_far_too_long) {
  const std::string beginning = "linger" + std::string(kNearestLooksAt - 6, '.');
  const std::string_view short_name = "linger.ms";
  EXPECT_EQ(nearest_name(beginning + std::string(100'000'000, 'x'), {"acks", short_name}),
            nearest_name(beginning, {"acks", short_name}));
}

}  // namespace
}  // namespace ottla::base
