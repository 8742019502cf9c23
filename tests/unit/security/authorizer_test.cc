#include "broker/security/authorizer.h"

#include <gtest/gtest.h>

#include "broker/config/authorization.h"

namespace ottla::broker {
namespace {

BrokerConfig config(std::string super_users = "", bool allow_everyone = false) {
  BrokerConfig config;
  config.authorizer_class_name = kStandardAuthorizer;
  config.super_users = std::move(super_users);
  config.allow_everyone_if_no_acl_found = allow_everyone;
  return config;
}

AclQuestion question(std::string_view principal) {
  return {.principal = principal,
          .host = "10.0.0.1",
          .operation = AclOperation::write,
          .resource_type = AclResourceType::topic,
          .resource_name = "t"};
}

MetadataChanges added(AclPermission permission) {
  MetadataChanges changes;
  changes.added_acls.push_back(
      std::make_shared<const AclBinding>(AclBinding{.resource_type = AclResourceType::topic,
                                                    .resource_name = "t",
                                                    .principal = "User:bob",
                                                    .operation = AclOperation::write,
                                                    .permission = permission}));
  return changes;
}

TEST(Authorizer, without_one_everybody_may_do_everything) {
  BrokerConfig open;
  const Authorizer authorizer(open);
  EXPECT_FALSE(authorizer.enabled());
  EXPECT_TRUE(authorizer.allows(question("User:ANONYMOUS")));
  EXPECT_TRUE(authorizer.allows_some(question("User:ANONYMOUS")));
}

TEST(Authorizer, who_is_named_nowhere_may_do_nothing) {
  const Authorizer authorizer(config());
  EXPECT_FALSE(authorizer.allows(question("User:alice")));
  EXPECT_FALSE(authorizer.allows_some(question("User:alice")));
}

TEST(Authorizer, super_users_may_do_what_an_acl_denies) {
  Authorizer authorizer(config("User:admin; User:bob ;User:CN=carol,O=x"));
  authorizer.on_image(added(AclPermission::deny));
  for (const auto* user : {"User:admin", "User:bob", "User:CN=carol,O=x"}) {
    EXPECT_TRUE(authorizer.allows(question(user))) << user;
    EXPECT_TRUE(authorizer.allows_some(question(user))) << user;
  }
  EXPECT_FALSE(authorizer.allows(question("User:dan")));
}

TEST(Authorizer, everyone_may_do_what_no_acl_is_about_where_that_is_wanted) {
  Authorizer authorizer(config("", true));
  EXPECT_TRUE(authorizer.allows(question("User:alice")));
  EXPECT_TRUE(authorizer.allows_some(question("User:alice")));
  authorizer.on_image(added(AclPermission::allow));
  EXPECT_FALSE(authorizer.allows(question("User:alice")));
  EXPECT_TRUE(authorizer.allows(question("User:bob")));
  EXPECT_TRUE(authorizer.allows_some(question("User:alice")));  // with another topic
}

TEST(Authorizer, an_acl_holds_until_it_is_taken_away) {
  Authorizer authorizer(config());
  auto changes = added(AclPermission::allow);
  authorizer.on_image(changes);
  EXPECT_TRUE(authorizer.allows(question("User:bob")));
  EXPECT_TRUE(authorizer.allows_some(question("User:bob")));
  std::swap(changes.added_acls, changes.removed_acls);
  authorizer.on_image(changes);
  EXPECT_FALSE(authorizer.allows(question("User:bob")));
}

TEST(SuperUsers, are_principals_with_semicolons_between_them) {
  EXPECT_TRUE(check_super_users(""));
  EXPECT_TRUE(check_super_users("User:a;User:CN=b,O=c;"));
  for (const auto* bad : {"admin", "User:a,admin;bob", ":a", "User:"}) {
    const auto checked = check_super_users(bad);
    ASSERT_FALSE(checked) << bad;
    EXPECT_EQ(checked.error().code(), ErrorCode::invalid_config);
  }
}

}  // namespace
}  // namespace ottla::broker
