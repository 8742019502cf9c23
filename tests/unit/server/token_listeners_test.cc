#include "broker/server/token_listeners.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/tls/token_issuer.h"

namespace ottla::broker {
namespace {

class TokenListenersTest : public testing::Test {
 protected:
  TokenListenersTest() {
    settings_.keys_file = testing::TempDir() + "keys-" +
                          testing::UnitTest::GetInstance()->current_test_info()->name() + ".json";
  }
  ~TokenListenersTest() override { std::filesystem::remove(settings_.keys_file); }

  void write(const std::string& text) { std::ofstream(settings_.keys_file) << text; }

  std::string refusal() const {
    const auto opened = TokenListener::open("LOGIN", settings_);
    if (opened) return "opened";
    EXPECT_EQ(opened.error().code(), ErrorCode::invalid_config);
    return opened.error().message();
  }

  ListenerTokens settings_{.keys_file = {}, .issuer = "id", .audiences = {"kafka"}};
};

TEST_F(TokenListenersTest, checks_tokens_with_the_keys_of_its_file) {
  const tls_test::TokenIssuer issuer;
  write("{\"keys\":[" + issuer.p256_jwk("e") + "]}\n");
  const auto opened = TokenListener::open("LOGIN", settings_);
  ASSERT_TRUE(opened) << opened.error();
  const auto token = issuer.token(R"({"alg":"ES256","kid":"e"})",
                                  R"({"iss":"id","aud":"kafka","sub":"alice","exp":1000})");
  EXPECT_TRUE(opened->verifier->verify(token, 999));
  EXPECT_EQ(opened->files, TokenListener::stamps(settings_));
}

// CVE-2026-110985.
TEST_F(TokenListenersTest, does_not_open_without_keys) {
  const auto begins = "the listener LOGIN: " + settings_.keys_file + ": ";
  EXPECT_EQ(refusal(), begins + "cannot be read");
  for (const std::string text : {"", "<html>", "{}", R"({"keys":[]})"}) {
    write(text);
    EXPECT_EQ(refusal().find(begins), 0U) << refusal();
  }
  write(std::string(JwkSet::kMostBytes + 1, ' '));
  EXPECT_NE(refusal().find("too large"), std::string::npos) << refusal();
  std::filesystem::remove(settings_.keys_file);
  std::filesystem::create_directory(settings_.keys_file);
  EXPECT_EQ(refusal().find(begins), 0U) << refusal();
}

}  // namespace
}  // namespace ottla::broker
