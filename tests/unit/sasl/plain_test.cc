#include "protocol/sasl/plain.h"

#include <gtest/gtest.h>

#include <string>

namespace ottla::protocol {
namespace {

std::string bytes(const char* text, std::size_t size) {
  return {text, size};
}

TEST(Plain, comes_back_as_it_was) {
  const auto parsed = parse_plain(encode_plain({"alice", "a=b,c d"}));
  ASSERT_TRUE(parsed) << parsed.error();
  EXPECT_EQ(parsed->user, "alice");
  EXPECT_EQ(parsed->password, "a=b,c d");
}

// RFC 4616, section 4.
TEST(Plain, says_what_the_rfc_says) {
  EXPECT_EQ(encode_plain({"tim", "tanstaaftanstaaf"}), bytes("\0tim\0tanstaaftanstaaf", 21));
}

// CVE-2017-12610.
TEST(Plain, nobody_acts_for_somebody_else) {
  EXPECT_TRUE(parse_plain(bytes("bob\0bob\0pw", 10)));
  const auto parsed = parse_plain(bytes("admin\0bob\0pw", 12));
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code(), ErrorCode::sasl_authentication_failed);
}

TEST(Plain, what_is_none_is_refused_and_not_repeated) {
  const std::string kMessages[] = {"",
                                   "secret",
                                   bytes("\0", 1),
                                   bytes("\0\0", 2),
                                   bytes("\0bob\0", 5),
                                   bytes("\0\0secret", 8),
                                   bytes("\0bob\0secret\0", 12),
                                   bytes("\0bob\0secret\0more", 16),
                                   bytes("\0bob\0", 5) + std::string(9000, 's')};
  for (const auto& message : kMessages) {
    const auto parsed = parse_plain(message);
    ASSERT_FALSE(parsed) << message;
    EXPECT_EQ(parsed.error().code(), ErrorCode::sasl_authentication_failed);
    EXPECT_EQ(parsed.error().message().find("secret"), std::string::npos);
  }
}

}  // namespace
}  // namespace ottla::protocol
