#include "client/network/token_assertion.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/crypto/base64_url.h"
#include "tests/tls/token_issuer.h"

namespace ottla::client {
namespace {

constexpr base::WallMillis kNow = 1'000'000'123;

class TokenAssertionTest : public testing::Test {
 protected:
  TokenAssertionTest() {
    std::filesystem::create_directories(folder_);
    config_.private_key_file = write("key.pem", issuer().rsa_key());
  }
  ~TokenAssertionTest() override { std::filesystem::remove_all(folder_); }

  static const tls_test::TokenIssuer& issuer() {
    static const tls_test::TokenIssuer made;
    return made;
  }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ + name, std::ios::trunc) << text;
    return folder_ + name;
  }

  // A part of an assertion, decoded.
  std::string part(const std::string& assertion, int index) const {
    std::string rest = assertion;
    for (int i = 0; i < index; ++i) rest = rest.substr(rest.find('.') + 1);
    std::string bytes;
    EXPECT_TRUE(base::from_base64_url(rest.substr(0, rest.find('.')), bytes)) << assertion;
    return bytes;
  }

  std::string refusal() const {
    const auto made = make_assertion(config_, kNow);
    if (made) return "made";
    EXPECT_EQ(made.error().code(), ErrorCode::invalid_config);
    EXPECT_EQ(made.error().message().find("s3cret"), std::string::npos) << made.error();
    return made.error().message();
  }

  const std::string folder_ = testing::TempDir() + "token-assertion-" +
                              testing::UnitTest::GetInstance()->current_test_info()->name() + "/";
  OauthBearerAssertion config_;
};

TEST_F(TokenAssertionTest, says_what_it_is_told_to_and_is_signed) {
  config_.claim_iss = "app";
  config_.claim_sub = "al\"ice";
  config_.claim_aud = "https://id.example.org/token";
  const auto made = make_assertion(config_, kNow);
  ASSERT_TRUE(made) << made.error();
  EXPECT_EQ(part(*made, 0), R"({"alg":"RS256","typ":"JWT"})");
  EXPECT_EQ(part(*made, 1),
            R"({"iss":"app","sub":"al\"ice","aud":"https://id.example.org/token","iat":1000000,)"
            R"("nbf":999940,"exp":1000300})");
  EXPECT_EQ(part(*made, 2), issuer().rsa_signature(made->substr(0, made->rfind('.'))));
}

TEST_F(TokenAssertionTest, has_what_a_template_says_unless_the_settings_say_otherwise) {
  config_.template_file = write(
      "template.json",
      R"( {"header":{"kid":"k1","alg":"none"},"payload":{"iss":"x","sub":"y","n":[{"a":true}]}} )");
  config_.claim_iss = "app";
  config_.algorithm = "ES256";
  config_.private_key_file = write("ec.pem", issuer().p256_key("pass"));
  config_.private_key_passphrase = "pass";
  const auto made = make_assertion(config_, kNow);
  ASSERT_TRUE(made) << made.error();
  EXPECT_EQ(part(*made, 0), R"({"kid":"k1","alg":"ES256","typ":"JWT"})");
  EXPECT_EQ(part(*made, 1), R"({"iss":"app","sub":"y","n":[{"a":true}],"iat":1000000,"nbf":999940,)"
                            R"("exp":1000300})");
}

TEST_F(TokenAssertionTest, leaves_a_template_as_it_is_or_says_why_not) {
  const auto say = [this](const std::string& text) {
    config_.template_file = write("template.json", text);
  };
  say(R"({"header":{"typ":"client-authentication+jwt"},"payload":{"n":[-7,9000000000000000]}})");
  const auto made = make_assertion(config_, kNow);
  ASSERT_TRUE(made) << made.error();
  EXPECT_EQ(part(*made, 0), R"({"typ":"client-authentication+jwt","alg":"RS256"})");
  EXPECT_EQ(part(*made, 1).find(R"({"n":[-7,9000000000000000],)"), 0U) << part(*made, 1);
  for (const std::string number : {"0.75", "1e-3", "-2.5"}) {
    say(R"({"payload":{"a":[{"b":)" + number + "}]}}");
    EXPECT_EQ(refusal(), "sasl.oauthbearer.assertion.template.file=" + config_.template_file +
                             ": a number in it must be whole");
  }
}

TEST_F(TokenAssertionTest, has_a_number_of_its_own_if_it_is_told_to) {
  config_.claim_jti_include = true;
  const auto first = part(make_assertion(config_, kNow).value(), 1);
  const auto second = part(make_assertion(config_, kNow).value(), 1);
  EXPECT_NE(first.find("\"jti\":\""), std::string::npos) << first;
  EXPECT_NE(first, second);
}

TEST_F(TokenAssertionTest, is_what_stands_in_a_file_each_time) {
  config_ = {};
  config_.file = write("assertion", "a.b.c\n");
  EXPECT_EQ(make_assertion(config_, kNow).value(), "a.b.c");
  write("assertion", "d.e.f");
  EXPECT_EQ(make_assertion(config_, kNow).value(), "d.e.f");
}

TEST_F(TokenAssertionTest, says_which_file_is_of_no_use_and_nothing_of_what_is_in_it) {
  const std::string prefix = "sasl.oauthbearer.assertion.";
  const auto key = config_.private_key_file;
  config_.algorithm = "ES256";
  EXPECT_EQ(refusal(), prefix + "private.key.file=" + key + ": the key is not for " + prefix +
                           "algorithm=ES256");
  config_.algorithm = "RS256";
  write("key.pem", "s3cret");
  EXPECT_EQ(refusal(), prefix + "private.key.file=" + key + ": there is no private key in PEM");
  write("key.pem", issuer().rsa_key());
  for (const std::string text :
       {"{\"s3cret\":{}}", "s3cret", "{\"header\":\"s3cret\"}", "{\"header\":{},\"header\":{}}"}) {
    config_.template_file = write("template.json", text);
    EXPECT_EQ(refusal().find(prefix + "template.file=" + config_.template_file + ": "), 0U)
        << refusal();
  }
  config_.template_file.clear();
  config_.file = folder_ + "nowhere";
  EXPECT_EQ(refusal(), prefix + "file=" + config_.file + ": the file cannot be read");
}

}  // namespace
}  // namespace ottla::client
