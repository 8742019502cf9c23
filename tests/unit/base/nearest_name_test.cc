#include "base/nearest_name.h"

#include <gtest/gtest.h>

namespace ottla::base {
namespace {

TEST(NearestName, counts_edits) {
  EXPECT_EQ(nearest_name("kitten", {"mitten", "sitting", "kit"}), "mitten");
  EXPECT_EQ(nearest_name("x", {}), "");
}

}  // namespace
}  // namespace ottla::base
