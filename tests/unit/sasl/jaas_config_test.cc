#include "protocol/sasl/jaas_config.h"

#include <gtest/gtest.h>

#include <string>

namespace ottla::protocol {
namespace {

constexpr const char* kScram = "org.apache.kafka.common.security.scram.ScramLoginModule";
constexpr const char* kPlainModule = "org.apache.kafka.common.security.plain.PlainLoginModule";

TEST(JaasConfig, what_kafkas_guide_shows_is_read) {
  const auto jaas = parse_jaas_config(
      "org.apache.kafka.common.security.scram.ScramLoginModule required\n  username=\"alice\"\n"
      "  password=\"alice-secret\";");
  ASSERT_TRUE(jaas) << jaas.error();
  EXPECT_EQ(jaas->login_module, kScram);
  EXPECT_EQ(*jaas->find("username"), "alice");
  EXPECT_EQ(*jaas->find("password"), "alice-secret");
  EXPECT_EQ(jaas->find("serviceName"), nullptr);
}

TEST(JaasConfig, an_entry_without_options_is_one) {
  const auto jaas = parse_jaas_config("a.B REQUIRED ;  // nothing more\n");
  ASSERT_TRUE(jaas) << jaas.error();
  EXPECT_TRUE(jaas->options.empty());
}

TEST(JaasConfig, quotes_escapes_and_comments_are_those_of_java) {
  const auto jaas = parse_jaas_config(
      "a.B required /* ; */ user_x=\"a\\\"b\\\\c;=\" two='it\"s' three=word-1_$ four=\"\\101\\n\" "
      "// five=x\n six=\"ž\";");
  ASSERT_TRUE(jaas) << jaas.error();
  EXPECT_EQ(*jaas->find("user_x"), "a\"b\\c;=");
  EXPECT_EQ(*jaas->find("two"), "it\"s");
  EXPECT_EQ(*jaas->find("three"), "word-1_$");
  EXPECT_EQ(*jaas->find("four"), "A\n");
  EXPECT_EQ(*jaas->find("six"), "ž");
  EXPECT_EQ(jaas->find("five"), nullptr);
}

TEST(JaasConfig, what_is_none_is_refused_by_place_and_not_by_text) {
  for (const auto* text :
       {"", ";", "secret", "secret required", "a.B secret x=y;", "a.B required password=\"secret\"",
        "a.B required password;", "a.B required password=;", "a.B required password \"secret\";",
        "a.B required password=\"secret;", "a.B required password=\"sec\nret\";",
        "a.B required p=\"secret\" p=\"secret\";", "a.B required; c.D required;",
        "a.B required =\"secret\";", "a.B required x==\"secret\";", "a.B required /* secret",
        "= required x=secret;"}) {
    const auto jaas = parse_jaas_config(text);
    ASSERT_FALSE(jaas) << text;
    EXPECT_EQ(jaas.error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(jaas.error().message().find("secret"), std::string::npos) << jaas.error();
    EXPECT_NE(jaas.error().message().find("at character"), std::string::npos) << jaas.error();
  }
}

TEST(JaasConfig, each_mechanism_has_its_module) {
  EXPECT_TRUE(is_login_module_of(kPlainModule, "PLAIN"));
  EXPECT_TRUE(is_login_module_of(kScram, "SCRAM-SHA-256"));
  EXPECT_TRUE(is_login_module_of(kScram, "SCRAM-SHA-512"));
  EXPECT_FALSE(is_login_module_of(kScram, "PLAIN"));
  EXPECT_FALSE(is_login_module_of("com.sun.security.auth.module.JndiLoginModule", "PLAIN"));
}

}  // namespace
}  // namespace ottla::protocol
