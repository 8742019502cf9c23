#include "tools/acl_flags.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace ottla::tools {
namespace {

using enum AclOperation;

Result<AclPlan> plan(const std::string& line) {
  AclFlags flags;
  CLI::App app;
  flags.add_to(app);
  std::vector<std::string> words = CLI::detail::split("--bootstrap-server nowhere:1 " + line, ' ');
  std::reverse(words.begin(), words.end());
  app.parse(words);
  return plan_of(flags);
}

std::vector<AclOperation> operations_of(const AclPlan& plan, AclResourceType type) {
  std::vector<AclOperation> operations;
  for (const auto& acl : plan.bindings) {
    if (acl.resource_type == type) operations.push_back(acl.operation);
  }
  return operations;
}

void expect_refused(const std::string& line, const std::string& because) {
  const auto refused = plan(line);
  ASSERT_FALSE(refused) << line;
  EXPECT_EQ(refused.error().code(), ErrorCode::invalid_argument);
  EXPECT_NE(refused.error().message().find(because), std::string::npos)
      << refused.error().message();
}

TEST(AclFlags, every_principal_gets_every_operation_from_every_host) {
  const auto made = plan(
      "--add --topic t --group g --allow-principal User:a --allow-principal User:b "
      "--allow-host 10.0.0.1 --allow-host 10.0.0.2 --operation Read --operation describe");
  ASSERT_TRUE(made) << made.error();
  EXPECT_EQ(made->bindings.size(), 16U);
  const AclBinding one{.resource_type = AclResourceType::group,
                       .resource_name = "g",
                       .principal = "User:b",
                       .host = "10.0.0.2",
                       .operation = read};
  EXPECT_EQ(std::count(made->bindings.begin(), made->bindings.end(), one), 1);
}

TEST(AclFlags, without_an_operation_and_a_host_it_is_everything_from_everywhere) {
  const auto made = plan("--add --cluster --deny-principal User:a");
  ASSERT_TRUE(made) << made.error();
  EXPECT_EQ(made->bindings, (std::vector<AclBinding>{{.resource_type = AclResourceType::cluster,
                                                      .resource_name = "kafka-cluster",
                                                      .principal = "User:a",
                                                      .host = "*",
                                                      .operation = all,
                                                      .permission = AclPermission::deny}}));
}

TEST(AclFlags, prefixes_are_of_topics_and_not_of_the_cluster) {
  const auto made = plan(
      "--add --producer --idempotent --topic team- --resource-pattern-type prefixed "
      "--allow-principal User:a");
  ASSERT_TRUE(made) << made.error();
  for (const auto& acl : made->bindings) {
    const bool cluster = acl.resource_type == AclResourceType::cluster;
    EXPECT_EQ(acl.pattern_type, cluster ? AclPatternType::literal : AclPatternType::prefixed);
  }
  EXPECT_EQ(operations_of(*made, AclResourceType::cluster), std::vector{idempotent_write});
}

TEST(AclFlags, producers_and_consumers_get_what_they_need) {
  auto made = plan("--add --producer --topic t --transactional-id x --allow-principal User:a");
  ASSERT_TRUE(made) << made.error();
  EXPECT_EQ(operations_of(*made, AclResourceType::topic), (std::vector{write, create, describe}));
  EXPECT_EQ(operations_of(*made, AclResourceType::transactional_id),
            (std::vector{write, describe}));
  EXPECT_TRUE(operations_of(*made, AclResourceType::cluster).empty());
  made = plan("--add --producer --idempotent --topic t --allow-principal User:a");
  ASSERT_TRUE(made) << made.error();
  EXPECT_EQ(operations_of(*made, AclResourceType::cluster), std::vector{idempotent_write});
  made = plan("--add --consumer --topic t --group g --allow-principal User:a");
  ASSERT_TRUE(made) << made.error();
  EXPECT_EQ(operations_of(*made, AclResourceType::topic), (std::vector{read, describe}));
  EXPECT_EQ(operations_of(*made, AclResourceType::group), std::vector{read});
}

TEST(AclFlags, a_list_is_of_everything_or_of_what_is_named) {
  EXPECT_EQ(plan("--list")->resources, std::vector<AclBindingFilter>(1));
  EXPECT_EQ(plan("--list --topic t --resource-pattern-type match --principal User:a")->resources,
            (std::vector<AclBindingFilter>{{.resource_type = AclResourceType::topic,
                                            .resource_name = "t",
                                            .pattern_type = AclPatternType::match,
                                            .principal = "User:a"}}));
}

TEST(AclFlags, removing_without_a_principal_empties_the_resource) {
  const auto made = plan("--remove --topic t --resource-pattern-type prefixed");
  ASSERT_TRUE(made) << made.error();
  EXPECT_TRUE(made->bindings.empty());
  EXPECT_EQ(made->resources,
            (std::vector<AclBindingFilter>{{.resource_type = AclResourceType::topic,
                                            .resource_name = "t",
                                            .pattern_type = AclPatternType::prefixed}}));
}

TEST(AclFlags, what_does_not_go_together_is_refused) {
  expect_refused("--topic t", "one of --add");
  expect_refused("--add --list --topic t", "one of --add");
  expect_refused("--add --allow-principal User:a", "expected a resource");
  expect_refused("--add --topic t", "--allow-principal or");
  expect_refused("--add --topic t --allow-principal User:a --operation Fly", "--operation Fly");
  expect_refused("--add --group g --allow-principal User:a --operation Write", "none of a Group");
  expect_refused("--add --topic t --allow-principal User:a --resource-pattern-type match",
                 "--resource-pattern-type");
  expect_refused("--add --producer --topic t --allow-principal User:a --operation Read",
                 "no --operation");
  expect_refused("--add --consumer --topic t --allow-principal User:a", "needs a --group");
  expect_refused("--add --idempotent --topic t --allow-principal User:a", "goes with --producer");
}

TEST(AclText, is_that_of_kafkas_script) {
  const AclBinding acl{.resource_type = AclResourceType::transactional_id,
                       .resource_name = "x",
                       .pattern_type = AclPatternType::prefixed,
                       .principal = "User:a",
                       .operation = describe_configs};
  EXPECT_EQ(pattern_text(acl),
            "ResourcePattern(resourceType=TRANSACTIONAL_ID, name=x, patternType=PREFIXED)");
  EXPECT_EQ(entry_text(acl),
            "(principal=User:a, host=*, operation=DESCRIBE_CONFIGS, permissionType=ALLOW)");
}

}  // namespace
}  // namespace ottla::tools
