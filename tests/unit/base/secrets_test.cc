#include "base/crypto/secrets.h"

#include <gtest/gtest.h>

#include <string>

namespace ottla::base {
namespace {

std::string hex(BytesView bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

// RFC 4231, case 1, and an empty key.
TEST(Secrets, hmac_agrees_with_the_vectors_of_its_rfc) {
  const std::string key(20, '\x0b');
  EXPECT_EQ(hex(hmac(Hash::sha_256, key, "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(hmac(Hash::sha_512, key, "Hi There")),
            "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
            "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854");
  EXPECT_EQ(hex(hmac(Hash::sha_256, "", "")),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

// RFC 7914, section 11, and what other implementations make of the vectors of RFC 6070.
TEST(Secrets, pbkdf2_agrees_with_known_vectors) {
  EXPECT_EQ(hex(pbkdf2(Hash::sha_256, "passwd", "salt", 1)),
            "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc");
  EXPECT_EQ(hex(pbkdf2(Hash::sha_512, "password", "salt", 2)),
            "e1d9c16aa681708a45f5c7c4e215ceb66e011a2e9f0040713f18aefdb866d53c"
            "f76cab2868a39b9f7840edce4fef5a82be67335c77a6068e04112754f27ccf4e");
}

TEST(Secrets, a_digest_is_that_of_the_hash) {
  EXPECT_EQ(hex(digest(Hash::sha_256, "abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digest(Hash::sha_512, "abc").size(), size_of(Hash::sha_512));
}

TEST(Secrets, bytes_are_compared_whole) {
  EXPECT_TRUE(equal_in_constant_time("secret", "secret"));
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_FALSE(equal_in_constant_time("secret", "secreT"));
  EXPECT_FALSE(equal_in_constant_time("Secret", "secret"));
  EXPECT_FALSE(equal_in_constant_time("secret", "secret2"));
}

TEST(Secrets, nobody_is_given_the_same_secret_twice) {
  EXPECT_EQ(secret_bytes(32).size(), 32U);
  EXPECT_NE(secret_bytes(32), secret_bytes(32));
}

// RFC 4648, section 10.
TEST(Secrets, base64_is_that_of_the_rfc) {
  const std::pair<std::string, std::string> kVectors[] = {{"", ""},
                                                          {"f", "Zg=="},
                                                          {"fo", "Zm8="},
                                                          {"foo", "Zm9v"},
                                                          {"foob", "Zm9vYg=="},
                                                          {"fooba", "Zm9vYmE="},
                                                          {"foobar", "Zm9vYmFy"},
                                                          {"\xff\xfe", "//4="}};
  for (const auto& [bytes, text] : kVectors) {
    EXPECT_EQ(to_base64(bytes), text);
    std::string back = "x";
    EXPECT_TRUE(from_base64(text, back)) << text;
    EXPECT_EQ(back, bytes);
  }
}

TEST(Secrets, base64_that_is_not_quite_it_is_refused) {
  std::string bytes;
  for (const auto* text : {"Zg=", "Zg", "Z", "Zg===", "=",
                           "====", "Zh==", "Zm9=", "Z g=", "Zg==Zg==", "Zm8-", "Zm8_", "Zm9v\n"}) {
    EXPECT_FALSE(from_base64(text, bytes)) << text;
  }
}

TEST(Secrets, what_is_wiped_is_empty) {
  std::string secret = "password";
  wipe(secret);
  EXPECT_TRUE(secret.empty());
}

}  // namespace
}  // namespace ottla::base
