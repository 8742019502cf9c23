#include "base/inert.h"

#include <gtest/gtest.h>

namespace ottla::base {
namespace {

TEST(Inert, leaves_text_and_backslashes_as_they_are) {
  EXPECT_EQ(inert("CN=a\\, b,O=František 変身 🪲"), "CN=a\\, b,O=František 変身 🪲");
  EXPECT_EQ(inert(inert("\x1b")), "\\x1b");
}

TEST(Inert, lets_no_control_character_through_in_any_encoding) {
  EXPECT_EQ(inert("\x1b[2J\x7f\n"), "\\x1b[2J\\x7f\\x0a");
  EXPECT_EQ(inert("\xc2\x9b"
                  "2J"),
            "\\xc2\\x9b2J");
  EXPECT_EQ(inert("\x9b"
                  "2J"),
            "\\x9b2J");
  EXPECT_EQ(inert("\xe5\xa4"), "\\xe5\\xa4");
}

}  // namespace
}  // namespace ottla::base
