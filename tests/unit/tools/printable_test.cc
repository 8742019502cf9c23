#include "tools/text/printable.h"

#include <gtest/gtest.h>

namespace ottla::tools {
namespace {

TEST(Printable, leaves_text_as_it_is) {
  EXPECT_EQ(printable("František 変身 🪲"), "František 変身 🪲");
  EXPECT_EQ(printable(""), "");
}

TEST(Printable, lets_nothing_through_that_a_terminal_obeys) {
  EXPECT_EQ(printable("\x1b[2J\n\t\x7f"), "\\x1b[2J\\x0a\\x09\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b");  // the same as \x1b[ to some
  EXPECT_EQ(printable("a\\x1b"), "a\\\\x1b");
}

TEST(Printable, escapes_what_is_not_text) {
  EXPECT_EQ(printable(std::string_view("\0\xff", 2)), "\\x00\\xff");
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf");                    // overlong
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // a surrogate
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // beyond Unicode
  EXPECT_EQ(printable("\xe5\xa4"), "\\xe5\\xa4");                    // cut short
}

}  // namespace
}  // namespace ottla::tools
