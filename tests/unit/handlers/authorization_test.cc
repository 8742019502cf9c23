#include <string>
#include <vector>

#include "tests/unit/handlers/authorization_fixture.h"

namespace ottla::broker {
namespace {

using namespace protocol;
using enum AclOperation;
using Type = AclResourceType;

class Authorization : public AuthorizationFixture {
 protected:
  MetadataResponse metadata(std::vector<std::string_view> names) {
    MetadataRequest request;
    auto& topics = request.topics.emplace();
    for (const auto name : names) topics.push_back({.topic_id = {}, .name = name});
    request.include_topic_authorized_operations = true;
    return ask(request);
  }

  // The names of all topics that alice sees.
  std::vector<std::string> all_topics() {
    std::vector<std::string> names;
    for (const auto& topic : ask(MetadataRequest()).topics) names.emplace_back(*topic.name);
    return names;
  }

  // Has the group be there.
  void commit(std::string_view group_id) {
    FindCoordinatorRequest find;
    find.coordinator_keys = {group_id};
    call(find);
    OffsetCommitRequest request;
    request.group_id = group_id;
    auto& topic = request.topics.emplace_back();
    topic.name = "t";
    topic.partitions.emplace_back().committed_offset = Offset(7);
    const auto response = call(request, 9);
    ASSERT_EQ(response.topics.at(0).partitions.at(0).error_code, ErrorCode::none);
  }
};

TEST_F(Authorization, topics_that_may_not_be_described_are_left_out_of_all) {
  create_topic("mine");
  create_topic("other");
  EXPECT_EQ(all_topics(), std::vector<std::string>());
  allow_topic(read, "mine");
  EXPECT_EQ(all_topics(), std::vector<std::string>{"mine"});
}

TEST_F(Authorization, a_topic_that_is_asked_for_by_its_id_is_refused_by_its_id) {
  create_topic("other");
  const auto id = topic_id("other");
  MetadataRequest request;
  request.topics.emplace().push_back({.topic_id = id, .name = std::nullopt});
  const auto response = ask(request);
  ASSERT_EQ(response.topics.size(), 1U);
  EXPECT_EQ(response.topics[0].error_code, ErrorCode::topic_authorization_failed);
  EXPECT_EQ(response.topics[0].topic_id, id);
  EXPECT_FALSE(response.topics[0].name);
}

TEST_F(Authorization, metadata_makes_only_topics_that_may_be_created) {
  allow_topic(describe, "new");
  EXPECT_EQ(metadata({"new"}).topics.at(0).error_code, ErrorCode::topic_authorization_failed);
  allow_topic(create, "new");
  EXPECT_EQ(metadata({"new"}).topics.at(0).error_code, ErrorCode::none);
  // The right to create topics is not one to see them.
  allow(create, Type::cluster, kClusterResource);
  EXPECT_EQ(metadata({"newer"}).topics.at(0).error_code, ErrorCode::topic_authorization_failed);
  MetadataRequest look;
  look.allow_auto_topic_creation = false;
  look.topics.emplace().push_back({.topic_id = {}, .name = "newer"});
  EXPECT_EQ(call(look).topics.at(0).error_code, ErrorCode::unknown_topic_or_partition);
}

TEST_F(Authorization, operations_are_told_as_bits) {
  create_topic("t");
  allow_topic(write);
  EXPECT_EQ(metadata({"t"}).topics.at(0).topic_authorized_operations,
            bit_of(write) | bit_of(describe));
  allow_topic(all);
  EXPECT_EQ(metadata({"t"}).topics.at(0).topic_authorized_operations, operations_of(Type::topic));
  DescribeClusterRequest request;
  request.include_cluster_authorized_operations = true;
  EXPECT_EQ(ask(request).cluster_authorized_operations, 0);
  allow(describe, Type::cluster, kClusterResource);
  EXPECT_EQ(ask(request).cluster_authorized_operations, bit_of(describe));
}

TEST_F(Authorization, groups_that_may_not_be_described_are_left_out) {
  create_topic("t");
  commit("mine");
  commit("other");
  EXPECT_TRUE(ask(ListGroupsRequest()).groups.empty());
  allow(read, Type::group, "mine");
  const auto listed = ask(ListGroupsRequest());
  ASSERT_EQ(listed.groups.size(), 1U);
  EXPECT_EQ(listed.groups[0].group_id, "mine");
  DescribeGroupsRequest request;
  request.groups = {"mine", "other"};
  request.include_authorized_operations = true;
  const auto described = ask(request);
  ASSERT_EQ(described.groups.size(), 2U);
  EXPECT_EQ(described.groups[0].authorized_operations, bit_of(read) | bit_of(describe));
  EXPECT_EQ(described.groups[1].error_code, ErrorCode::group_authorization_failed);
  allow(describe, Type::cluster, kClusterResource);
  EXPECT_EQ(ask(ListGroupsRequest()).groups.size(), 2U);
}

TEST_F(Authorization, transactions_that_may_not_be_described_are_left_out) {
  FindCoordinatorRequest find;
  find.key_type = CoordinatorType::transaction;
  find.coordinator_keys = {"mine"};
  ASSERT_EQ(call(find).coordinators.at(0).error_code, ErrorCode::none);
  for (const auto* id : {"mine", "other"}) {
    InitProducerIdRequest request;
    request.transactional_id = id;
    request.transaction_timeout_ms = 60'000;
    ASSERT_EQ(call(request).error_code, ErrorCode::none);
  }
  EXPECT_TRUE(ask(ListTransactionsRequest()).transaction_states.empty());
  allow(describe, Type::transactional_id, "mine");
  const auto listed = ask(ListTransactionsRequest());
  ASSERT_EQ(listed.transaction_states.size(), 1U);
  EXPECT_EQ(listed.transaction_states[0].transactional_id, "mine");
}

TEST_F(Authorization, one_topic_that_is_refused_does_not_hold_up_the_others) {
  create_topic("t");
  create_topic("u");
  allow_topic(write, "t");
  const auto batch = simulation::batch_of(1, "value");
  auto request = simulation::produce_request("t", 0, batch);
  request.topic_data.push_back({"u", {}, {{0, Records{batch}}}});
  const auto response = ask(request, 9);
  ASSERT_EQ(response.responses.size(), 2U);
  EXPECT_EQ(response.responses[0].partition_responses.at(0).error_code, ErrorCode::none);
  EXPECT_EQ(response.responses[1].partition_responses.at(0).error_code,
            ErrorCode::topic_authorization_failed);
}

TEST_F(Authorization, offsets_of_topics_that_may_not_be_described_are_left_out_of_all) {
  create_topic("t");
  commit("g");
  allow(describe, Type::group, "g");
  OffsetFetchRequest request;
  request.groups.emplace_back().group_id = "g";
  auto response = ask(request, 9);
  EXPECT_EQ(response.groups.at(0).error_code, ErrorCode::none);
  EXPECT_TRUE(response.groups.at(0).topics.empty());
  allow_topic(describe);
  response = ask(request, 9);
  EXPECT_EQ(response.groups.at(0).topics.size(), 1U);
}

// CVE-2018-17196: records of a transaction came by without a right to its id.
TEST_F(Authorization, records_of_a_transaction_need_the_right_to_its_id_whatever_the_request_says) {
  create_topic("t");
  allow_topic(write);
  const auto batch =
      simulation::batch_of(1, "value", {ProducerId(4), ProducerEpoch(0), Sequence(0)}, true);
  auto request = simulation::produce_request("t", 0, batch);
  for (const std::optional<std::string_view> id : {std::optional<std::string_view>("x"), {}}) {
    request.transactional_id = id;
    const auto response = ask(request, 9);
    EXPECT_EQ(response.responses.at(0).partition_responses.at(0).error_code,
              ErrorCode::transactional_id_authorization_failed);
  }
}

TEST_F(Authorization, a_topic_that_may_not_be_deleted_is_not_named_to_who_has_only_its_id) {
  create_topic("t");
  DeleteTopicsRequest request;
  request.timeout_ms = 5000;
  request.topics.emplace_back().topic_id = topic_id("t");
  auto response = ask(request);
  ASSERT_EQ(response.responses.size(), 1U);
  EXPECT_EQ(response.responses[0].error_code, ErrorCode::topic_authorization_failed);
  EXPECT_FALSE(response.responses[0].name);
  allow_topic(describe);
  response = ask(request);
  EXPECT_EQ(response.responses[0].error_code, ErrorCode::topic_authorization_failed);
  EXPECT_EQ(response.responses[0].name, "t");
  allow_topic(remove);
  EXPECT_EQ(ask(request).responses.at(0).error_code, ErrorCode::none);
}

TEST_F(Authorization, a_name_beside_the_id_is_no_way_around_the_right_to_delete) {
  create_topic("t");
  allow_topic(remove, "*");
  auto denial = acl(remove, Type::topic, "t");
  denial.permission = AclPermission::deny;
  allow(denial);
  DeleteTopicsRequest request;
  request.timeout_ms = 5000;
  auto& topic = request.topics.emplace_back();
  topic.name = "";
  topic.topic_id = topic_id("t");
  EXPECT_EQ(ask(request).responses.at(0).error_code, ErrorCode::topic_authorization_failed);
  forbid_all();
  allow_topic(remove, "*");
  EXPECT_EQ(ask(request).responses.at(0).error_code, ErrorCode::invalid_request);
  EXPECT_FALSE(topic_id("t").is_zero());
}

TEST_F(Authorization, who_may_delete_of_the_cluster_may_delete_each_topic) {
  create_topic("t");
  allow(remove, Type::cluster, "kafka-cluster");
  DeleteTopicsRequest request;
  request.timeout_ms = 5000;
  request.topics.emplace_back().topic_id = topic_id("t");
  EXPECT_EQ(ask(request).responses.at(0).error_code, ErrorCode::none);
}

TEST_F(Authorization, the_next_page_of_topics_begins_with_none_that_is_hidden) {
  create_topic("a");
  create_topic("b");
  create_topic("c");
  allow_topic(describe, "a");
  DescribeTopicPartitionsRequest request;
  request.response_partition_limit = 1;
  auto response = ask(request);
  EXPECT_EQ(response.topics.size(), 1U);
  EXPECT_FALSE(response.next_cursor);
  allow_topic(describe, "c");
  response = ask(request);
  ASSERT_TRUE(response.next_cursor);
  EXPECT_EQ(response.next_cursor->topic_name, "c");
}

TEST_F(Authorization, who_creates_a_topic_sees_its_settings_only_with_the_right_to) {
  CreateTopicsRequest request;
  auto& topic = request.topics.emplace_back();
  topic.name = "t";
  topic.num_partitions = 1;
  topic.replication_factor = 1;
  request.validate_only = true;
  allow_topic(create);
  auto response = ask(request);
  EXPECT_EQ(response.topics.at(0).error_code, ErrorCode::none);
  EXPECT_EQ(response.topics.at(0).topic_config_error_code, ErrorCode::topic_authorization_failed);
  EXPECT_EQ(response.topics.at(0).num_partitions, -1);
  allow_topic(describe_configs);
  response = ask(request);
  EXPECT_EQ(response.topics.at(0).topic_config_error_code, ErrorCode::none);
  EXPECT_EQ(response.topics.at(0).num_partitions, 1);
}

TEST_F(Authorization, a_denial_holds_against_what_is_allowed_and_from_a_restart_on) {
  create_topic("t");
  allow_topic(all);
  auto denial = acl(describe, Type::topic, "t");
  denial.permission = AclPermission::deny;
  allow(denial);
  EXPECT_EQ(metadata({"t"}).topics.at(0).error_code, ErrorCode::topic_authorization_failed);
  restart();
  log_in(client(), "admin");
  log_in(alice(), "alice");
  EXPECT_EQ(metadata({"t"}).topics.at(0).error_code, ErrorCode::topic_authorization_failed);
  EXPECT_EQ(forbid_all(), 2U);
  allow_topic(describe);
  EXPECT_EQ(metadata({"t"}).topics.at(0).error_code, ErrorCode::none);
}

TEST_F(Authorization, acls_are_described_resource_by_resource) {
  allow_topic(read);
  allow_topic(write);
  allow(read, Type::group, "g");
  DescribeAclsRequest request;
  request.resource_type_filter = request.pattern_type_filter = 1;
  request.operation = request.permission_type = 1;
  const auto all_acls = call(request);
  ASSERT_EQ(all_acls.resources.size(), 2U);
  EXPECT_EQ(all_acls.resources[0].resource_name, "t");
  EXPECT_EQ(all_acls.resources[0].acls.size(), 2U);
  EXPECT_EQ(all_acls.resources[1].resource_type, 3);
  EXPECT_EQ(all_acls.resources[1].acls.at(0).principal, "User:alice");
  request.operation = 0;
  EXPECT_EQ(call(request).error_code, ErrorCode::invalid_request);
}

class WithoutAuthorizer : public HandlerFixture {};

TEST_F(WithoutAuthorizer, there_are_no_acls_to_speak_of) {
  CreateAclsRequest create;
  create.creations.push_back({2, "t", 3, "User:bob", "*", 3, 3});
  EXPECT_EQ(call(create).results.at(0).error_code, ErrorCode::security_disabled);
  EXPECT_EQ(call(DescribeAclsRequest()).error_code, ErrorCode::security_disabled);
  DeleteAclsRequest remove;
  remove.filters.emplace_back();
  EXPECT_EQ(call(remove).filter_results.at(0).error_code, ErrorCode::security_disabled);
}

}  // namespace
}  // namespace ottla::broker
