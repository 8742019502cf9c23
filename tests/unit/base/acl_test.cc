#include "ottla/acl.h"

#include <gtest/gtest.h>

namespace ottla {
namespace {

const AclBinding kPrefixed{.resource_type = AclResourceType::group,
                           .resource_name = "app-",
                           .pattern_type = AclPatternType::prefixed,
                           .principal = "User:alice",
                           .operation = AclOperation::read};

TEST(AclNames, are_read_as_they_are_written_and_as_tools_write_them) {
  for (int number = 1; number <= 14; ++number) {
    const auto operation = static_cast<AclOperation>(number);
    EXPECT_EQ(parse_acl_operation(to_string(operation)), operation);
  }
  EXPECT_EQ(parse_acl_operation("describe-configs"), AclOperation::describe_configs);
  EXPECT_EQ(parse_acl_operation("IDEMPOTENT_WRITE"), AclOperation::idempotent_write);
  EXPECT_EQ(parse_acl_resource_type("transactional-id"), AclResourceType::transactional_id);
  EXPECT_EQ(parse_acl_pattern_type("prefixed"), AclPatternType::prefixed);
  EXPECT_FALSE(parse_acl_operation("Unknown"));
  EXPECT_FALSE(parse_acl_resource_type("topics"));
  EXPECT_EQ(to_string(static_cast<AclOperation>(99)), "Unknown");
}

TEST(AclFilter, as_it_is_made_matches_all) {
  EXPECT_TRUE(AclBindingFilter().matches(kPrefixed));
}

TEST(AclFilter, a_name_is_that_of_the_pattern_unless_what_holds_for_it_is_asked_for) {
  AclBindingFilter filter{.resource_name = "app-1"};
  EXPECT_FALSE(filter.matches(kPrefixed));
  filter.pattern_type = AclPatternType::match;
  EXPECT_TRUE(filter.matches(kPrefixed));
  auto everything = kPrefixed;
  everything.pattern_type = AclPatternType::literal;
  everything.resource_name = "*";
  EXPECT_TRUE(filter.matches(everything));
  filter.pattern_type = AclPatternType::any;
  EXPECT_FALSE(filter.matches(everything));
  filter.resource_name = "app-";
  EXPECT_TRUE(filter.matches(kPrefixed));
  filter.pattern_type = AclPatternType::literal;
  EXPECT_FALSE(filter.matches(kPrefixed));
}

TEST(AclFilter, each_field_that_is_said_must_be_the_same) {
  EXPECT_TRUE((AclBindingFilter{.principal = "User:alice", .host = "*"}).matches(kPrefixed));
  EXPECT_FALSE((AclBindingFilter{.principal = "User:bob"}).matches(kPrefixed));
  EXPECT_FALSE((AclBindingFilter{.host = "10.0.0.1"}).matches(kPrefixed));
  EXPECT_FALSE((AclBindingFilter{.operation = AclOperation::all}).matches(kPrefixed));
  EXPECT_FALSE((AclBindingFilter{.permission = AclPermission::deny}).matches(kPrefixed));
  EXPECT_FALSE((AclBindingFilter{.resource_type = AclResourceType::topic}).matches(kPrefixed));
}

}  // namespace
}  // namespace ottla
