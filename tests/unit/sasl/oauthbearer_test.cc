#include "protocol/sasl/oauthbearer.h"

#include <gtest/gtest.h>

#include <string>

namespace ottla::protocol {
namespace {

// The example of RFC 7628, section 4.1, but for its header.
const std::string kMessage =
    "n,a=user@example.com,\x01host=server.example.com\x01port=143\x01"
    "auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01";

std::string refusal(const std::string& message) {
  const auto parsed = parse_oauthbearer(message);
  if (parsed) return "taken";
  EXPECT_EQ(parsed.error().code(), ErrorCode::sasl_authentication_failed);
  EXPECT_EQ(parsed.error().message().find("s3cret"), std::string::npos);
  return parsed.error().message();
}

TEST(OauthBearer, reads_what_the_rfc_says) {
  // HOST and PORT are extensions like any other.
  const auto parsed = parse_oauthbearer(kMessage);
  ASSERT_TRUE(parsed) << parsed.error();
  EXPECT_EQ(parsed->authorization, "user@example.com");
  EXPECT_EQ(parsed->token, "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==");
  EXPECT_EQ(parsed->extensions.at("host"), "server.example.com");
  EXPECT_EQ(parsed->extensions.size(), 2U);
}

TEST(OauthBearer, reads_what_it_writes) {
  const OauthBearerMessage bare{.token = "abc.def-_~+/12="};
  EXPECT_EQ(encode_oauthbearer(bare),
            "n,,\x01"
            "auth=Bearer abc.def-_~+/12=\x01\x01");
  const OauthBearerMessage full{.authorization = "al,i=ce",
                                .token = "t",
                                .extensions = {{"logicalCluster", "lkc-1"}, {"trace", "a=b c"}}};
  for (const auto& message : {bare, full}) {
    const auto parsed = parse_oauthbearer(encode_oauthbearer(message));
    ASSERT_TRUE(parsed) << parsed.error();
    EXPECT_EQ(*parsed, message);
  }
}

TEST(OauthBearer, takes_the_scheme_however_it_is_written) {
  for (const auto* scheme : {"Bearer", "bearer", "BEARER", "bEaReR"}) {
    EXPECT_EQ(refusal("n,,\x01"
                      "auth=" +
                      std::string(scheme) + " t\x01\x01"),
              "taken");
  }
}

TEST(OauthBearer, refuses_a_message_without_a_token) {
  const std::string none = "there is no bearer token in the message";
  for (const std::string message : {"n,,\x01\x01",
                                    "n,,\x01"
                                    "auth=\x01\x01",
                                    "n,,\x01"
                                    "auth=Bearer \x01\x01",
                                    "n,,\x01"
                                    "auth=Bearer\x01\x01",
                                    "n,,\x01"
                                    "auth=Basic s3cret\x01\x01",
                                    "n,,\x01"
                                    "auth=Bearer s3cret s3cret\x01\x01",
                                    "n,,\x01"
                                    "auth=Bearer  s3cret\x01\x01",
                                    "n,,\x01"
                                    "auth=Bearer =\x01\x01",
                                    "n,,\x01"
                                    "auth=Bearer s3=cret\x01\x01",
                                    "n,,\x01"
                                    "auth=Bearer s3cret,\x01\x01",
                                    "n,,\x01host=x\x01\x01"}) {
    EXPECT_EQ(refusal(message), none) << message;
  }
}

TEST(OauthBearer, refuses_what_is_no_message) {
  const std::string none = "what came is not a message of SASL OAUTHBEARER";
  const std::string auth = "auth=Bearer s3cret";
  const std::string nul("\0", 1);
  for (const std::string& message : {std::string(),
                                     std::string("n"),
                                     std::string("n,,"),
                                     std::string("\x01"),
                                     "n,,\x01" + auth,
                                     "n,,\x01" + auth + "\x01",
                                     "n,,\x01" + auth + "\x01\x01\x01",
                                     "n,,\x01" + auth + "\x01\x01s3cret",
                                     "n,\x01" + auth + "\x01\x01",
                                     "n\x01" + auth + "\x01\x01",
                                     "y,,\x01" + auth + "\x01\x01",
                                     ",,\x01" + auth + "\x01\x01",
                                     "n,alice,\x01" + auth + "\x01\x01",
                                     "n,a=,\x01" + auth + "\x01\x01",
                                     "n,a=al=ice,\x01" + auth + "\x01\x01",
                                     "n,a=a,b,\x01" + auth + "\x01\x01",
                                     "n,a=a" + nul + ",\x01" + auth + "\x01\x01",
                                     "n,,\x01" + auth + "\x01" + auth + "\x01\x01",
                                     "n,,\x01x=1\x01x=2\x01" + auth + "\x01\x01",
                                     "n,,\x01=1\x01" + auth + "\x01\x01",
                                     "n,,\x01x\x01" + auth + "\x01\x01",
                                     "n,,\x01x1=1\x01" + auth + "\x01\x01",
                                     "n,,\x01x=" + nul + "\x01" + auth + "\x01\x01",
                                     "n,,\x01x=\xc3\xa9\x01" + auth + "\x01\x01",
                                     "n,,\x01" + auth + std::string(40'000, 's') + "\x01\x01"}) {
    EXPECT_EQ(refusal(message), none) << message;
  }
}

TEST(OauthBearer, refuses_channel_binding) {
  EXPECT_EQ(refusal("p=tls-exporter,,\x01"
                    "auth=Bearer s3cret\x01\x01"),
            "channel binding is not served");
}

}  // namespace
}  // namespace ottla::protocol
