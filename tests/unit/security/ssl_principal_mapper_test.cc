#include "broker/security/ssl_principal_mapper.h"

#include <gtest/gtest.h>

#include "broker/server/tls_listeners.h"

namespace ottla::broker {
namespace {

std::string mapped(std::string_view rules, const std::string& subject) {
  const auto mapper = SslPrincipalMapper::parse(rules);
  EXPECT_TRUE(mapper) << rules;
  return mapper->name_of(subject).value_or("(none)");
}

std::string refusal(std::string_view rules) {
  const auto mapper = SslPrincipalMapper::parse(rules);
  EXPECT_FALSE(mapper) << rules;
  return mapper ? "" : mapper.error().message();
}

TEST(SslPrincipalMapperTest, takes_the_subject_as_it_is_by_default) {
  EXPECT_EQ(mapped("DEFAULT", "CN=alice,O=Example"), "CN=alice,O=Example");
  EXPECT_EQ(mapped("", "CN=alice"), "CN=alice");
}

// Those of KIP-371.
TEST(SslPrincipalMapperTest, the_first_rule_that_matches_makes_the_name) {
  const std::string rules =
      "RULE:^CN=(.*?),OU=ServiceUsers.*$/$1/,"
      "RULE:^CN=(.*?),OU=(.*?),O=(.*?),L=(.*?),ST=(.*?),C=(.*?)$/$1@$2/L,"
      "RULE:^.*[Cc][Nn]=([a-zA-Z0-9.]*).*$/$1/L,"
      "DEFAULT";
  EXPECT_EQ(mapped(rules, "CN=Duke,OU=ServiceUsers,O=Org,C=US"), "Duke");
  EXPECT_EQ(mapped(rules, "CN=Duke,OU=SME,O=mycp,L=Fulton,ST=MD,C=US"), "duke@sme");
  EXPECT_EQ(mapped(rules, "cn=JavaSoft.Me,L=Tokyo"), "javasoft.me");
  EXPECT_EQ(mapped(rules, "OU=JavaSoft,O=Sun Microsystems,C=US"),
            "OU=JavaSoft,O=Sun Microsystems,C=US");
}

TEST(SslPrincipalMapperTest, letters_can_be_raised_and_slashes_escaped) {
  EXPECT_EQ(mapped("RULE:^CN=(.*?)$/$1/U", "CN=alice"), "ALICE");
  EXPECT_EQ(mapped("RULE:^CN=(.*?)$/team\\/$1/ , DEFAULT", "CN=alice"), "team/alice");
}

TEST(SslPrincipalMapperTest, a_group_that_there_is_not_is_text) {
  EXPECT_EQ(mapped("RULE:^CN=(.*?)$/$1-$2/", "CN=alice"), "alice-$2");
}

TEST(SslPrincipalMapperTest, no_rule_is_no_name) {
  EXPECT_EQ(mapped("RULE:^CN=(.*?)$/$1/", "O=Example"), "(none)");
}

TEST(SslPrincipalMapperTest, rules_that_are_none_are_refused) {
  for (const auto* rules : {"RULE:", "RULE:^CN=(.*)$", "RULE:^CN=(.*)$/$1", "RULE:(/$1/",
                            "DEFAULTS", "RULE:^CN=(.*)$/$1/X", "default", "RULE:^CN=(.*)$/$1/LU"}) {
    EXPECT_NE(refusal(rules).find("ssl.principal.mapping.rules"), std::string::npos) << rules;
  }
}

TEST(SslPrincipalMapper, is_asked_for_its_rules_when_a_listener_opens) {
  const auto opened = TlsListener::open("INNER", {.principal_mapping_rules = "RULE:(/x/"});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::invalid_config);
  EXPECT_NE(opened.error().message().find("the listener INNER: ssl.principal.mapping.rules"),
            std::string::npos)
      << opened.error();
}

}  // namespace
}  // namespace ottla::broker
