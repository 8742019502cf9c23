#include "client/admin/acls.h"

#include <gtest/gtest.h>

#include "protocol/messages/create_acls.h"
#include "protocol/messages/delete_acls.h"
#include "protocol/messages/describe_acls.h"
#include "tests/unit/client/admin/admin_world.h"

namespace ottla::client {
namespace {

using protocol::CreateAclsRequest;
using protocol::CreateAclsResponse;
using protocol::DeleteAclsRequest;
using protocol::DeleteAclsResponse;
using protocol::DescribeAclsRequest;
using protocol::DescribeAclsResponse;

AclBinding acl(std::string name) {
  return {.resource_type = AclResourceType::topic,
          .resource_name = std::move(name),
          .principal = "User:alice",
          .operation = AclOperation::read};
}

TEST(CreateAcls, tells_what_became_of_each_and_tries_again_what_may_change) {
  AdminWorld world(1);
  int asked = 0;
  world.broker(1).on<CreateAclsRequest>([&](const CreateAclsRequest& request, std::int16_t) {
    ++asked;
    CreateAclsResponse response;
    for (const auto& creation : request.creations) {
      auto& result = response.results.emplace_back();
      if (creation.resource_name != "bad") continue;
      result.error_code = ErrorCode::invalid_request;
      result.error_message = "no such thing";
    }
    if (asked == 1) response.results[0].error_code = ErrorCode::not_controller;
    return response;
  });
  const auto outcomes =
      world.wait(world.admin().create_acls({acl("good"), acl("bad")}, {})).value();
  EXPECT_EQ(asked, 2);
  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_FALSE(outcomes.at(acl("good")));
  ASSERT_TRUE(outcomes.at(acl("bad")));
  EXPECT_EQ(outcomes.at(acl("bad"))->code(), ErrorCode::invalid_request);
  EXPECT_EQ(outcomes.at(acl("bad"))->message(), "no such thing");
}

TEST(CreateAcls, an_answer_of_another_length_is_an_error) {
  AdminWorld world(1);
  world.broker(1).on<CreateAclsRequest>(
      [](const CreateAclsRequest&, std::int16_t) { return CreateAclsResponse(); });
  const auto outcomes = world.wait(world.admin().create_acls({acl("t")}, {}));
  ASSERT_FALSE(outcomes);
  EXPECT_EQ(outcomes.error().code(), ErrorCode::unknown_server_error);
}

TEST(CreateAcls, of_nothing_ask_nobody) {
  AdminWorld world(1);
  EXPECT_TRUE(world.wait(world.admin().create_acls({}, {})).value().empty());
  EXPECT_TRUE(world.wait(world.admin().delete_acls({}, {})).value().empty());
}

TEST(DescribeAcls, asks_with_the_filter_and_sorts_what_comes) {
  AdminWorld world(1);
  world.broker(1).on<DescribeAclsRequest>([](const DescribeAclsRequest& request, std::int16_t) {
    EXPECT_EQ(request.principal_filter, "User:alice");
    EXPECT_FALSE(request.resource_name_filter);
    EXPECT_EQ(request.pattern_type_filter, 1);
    DescribeAclsResponse response;
    for (const auto* name : {"b", "a"}) {
      response.resources.push_back({2, name, 3, {{"User:alice", "*", 3, 3}}});
    }
    return response;
  });
  EXPECT_EQ(world.wait(world.admin().describe_acls({.principal = "User:alice"}, {})).value(),
            (std::vector{acl("a"), acl("b")}));
}

TEST(DescribeAcls, fails_where_there_is_no_authorizer) {
  AdminWorld world(1);
  world.broker(1).on<DescribeAclsRequest>([](const DescribeAclsRequest&, std::int16_t) {
    DescribeAclsResponse response;
    response.error_code = ErrorCode::security_disabled;
    response.error_message = "no authorizer";
    return response;
  });
  const auto described = world.wait(world.admin().describe_acls({}, {}));
  ASSERT_FALSE(described);
  EXPECT_EQ(described.error().code(), ErrorCode::security_disabled);
  EXPECT_EQ(described.error().message(), "no authorizer");
}

TEST(DeleteAcls, tells_for_each_filter_what_it_took_away) {
  AdminWorld world(1);
  world.broker(1).on<DeleteAclsRequest>([](const DeleteAclsRequest& request, std::int16_t) {
    EXPECT_EQ(request.filters.size(), 2U);
    DeleteAclsResponse response;
    response.filter_results.resize(2);
    auto& deleted = response.filter_results[0].matching_acls.emplace_back();
    deleted.resource_type = 2;
    deleted.resource_name = "t";
    deleted.principal = "User:alice";
    deleted.host = "*";
    deleted.operation = 3;
    deleted.permission_type = 3;
    response.filter_results[1].error_code = ErrorCode::cluster_authorization_failed;
    return response;
  });
  const auto deleted =
      world.wait(world.admin().delete_acls({{.resource_name = "t"}, {}}, {})).value();
  ASSERT_EQ(deleted.size(), 2U);
  EXPECT_EQ(deleted[0].value(), std::vector{acl("t")});
  ASSERT_FALSE(deleted[1]);
  EXPECT_EQ(deleted[1].error().code(), ErrorCode::cluster_authorization_failed);
}

}  // namespace
}  // namespace ottla::client
