#include <gtest/gtest.h>

#include <map>
#include <string>

#include "broker/handlers/services.h"
#include "tests/unit/handlers/handler_fixture.h"

namespace ottla::broker {
namespace {

using protocol::ConfigResourceType;
using protocol::ElectionType;
using protocol::UpgradeType;

// What concerns a cluster of one broker as a whole.
class ClusterHandlers : public HandlerFixture {
 protected:
  std::int16_t finalized(std::string_view feature) {
    protocol::ApiVersionsRequest request;
    request.client_software_name = request.client_software_version = "test";
    for (const auto& each : call(request).finalized_features) {
      if (each.name == feature) return each.max_version_level;
    }
    return 0;
  }

  static protocol::UpdateFeaturesRequest update(std::string_view feature, std::int16_t level,
                                                UpgradeType type = UpgradeType::upgrade) {
    protocol::UpdateFeaturesRequest request;
    auto& asked = request.feature_updates.emplace_back();
    asked.feature = feature;
    asked.max_version_level = level;
    asked.upgrade_type = type;
    return request;
  }
};

TEST_F(ClusterHandlers, a_level_is_told_to_clients_and_outlasts_a_power_cut) {
  ASSERT_EQ(finalized("metadata.version"), 25);
  EXPECT_EQ(call(update("metadata.version", 27)).error_code, ErrorCode::none);
  EXPECT_EQ(finalized("metadata.version"), 27);
  cut_power_and_restart();
  EXPECT_EQ(finalized("metadata.version"), 27);
}

TEST_F(ClusterHandlers, a_level_is_checked_without_being_set) {
  auto request = update("metadata.version", 27);
  request.validate_only = true;
  EXPECT_EQ(call(request).error_code, ErrorCode::none);
  EXPECT_EQ(finalized("metadata.version"), 25);
  EXPECT_EQ(call(update("metadata.version", 99)).error_code, ErrorCode::invalid_update_version);
}

TEST_F(ClusterHandlers, old_versions_ask_for_a_downgrade_by_a_flag_and_hear_of_each_feature) {
  auto request = update("group.version", 0);
  EXPECT_EQ(call(request, 0).error_code, ErrorCode::invalid_update_version);
  request.feature_updates[0].allow_downgrade = true;
  const auto response = call(request, 0);
  EXPECT_EQ(response.error_code, ErrorCode::none);
  EXPECT_EQ(response.results.at(0).feature, "group.version");
  EXPECT_EQ(finalized("group.version"), 0);
}

TEST_F(ClusterHandlers, a_partition_that_has_its_leader_needs_no_election) {
  ASSERT_EQ(create_topic("t", 2), ErrorCode::none);
  protocol::ElectLeadersRequest request;
  request.topic_partitions = {{"t", {1, 7}}};
  const auto response = call(request);
  EXPECT_EQ(response.error_code, ErrorCode::none);
  const auto& results = response.replica_election_results.at(0).partition_result;
  EXPECT_EQ(results.at(0).error_code, ErrorCode::election_not_needed);
  EXPECT_EQ(results.at(1).error_code, ErrorCode::unknown_topic_or_partition);
  request.topic_partitions.reset();
  EXPECT_TRUE(call(request).replica_election_results.empty());
  request.election_type = static_cast<ElectionType>(5);
  EXPECT_EQ(call(request).error_code, ErrorCode::invalid_request);
}

TEST_F(ClusterHandlers, elections_of_too_many_partitions_are_refused_whole) {
  protocol::ElectLeadersRequest request;
  auto& topics = request.topic_partitions.emplace();
  topics.push_back({"t", std::vector<std::int32_t>(10'000)});
  EXPECT_EQ(call(request).error_code, ErrorCode::none);
  topics.push_back({"u", {0}});
  const auto response = call(request);
  EXPECT_EQ(response.error_code, ErrorCode::invalid_request);
  EXPECT_TRUE(response.replica_election_results.empty());
}

TEST_F(ClusterHandlers, version_0_of_an_election_has_an_error_for_each_partition) {
  protocol::ElectLeadersRequest request;
  request.topic_partitions.emplace().push_back({"t", {0}});
  const auto response = call(request, 0);
  EXPECT_EQ(response.replica_election_results.at(0).partition_result.at(0).error_code,
            ErrorCode::unknown_topic_or_partition);
}

TEST_F(ClusterHandlers, a_name_that_no_topic_can_have_is_answered_once_where_all_is_refused) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  const std::string longer(250, 'x');
  protocol::ElectLeadersRequest request;
  request.topic_partitions = {{longer, {0}}, {"t", {0}}};
  broker_->services().controller.stop([](const Result<void>&) {});
  using Codes = std::vector<std::pair<std::string, ErrorCode>>;
  for (std::int16_t version = 0; version <= 2; ++version) {
    const auto response = call(request, version);
    EXPECT_EQ(response.error_code, version == 0 ? ErrorCode::none : ErrorCode::not_controller);
    Codes codes;
    for (const auto& topic : response.replica_election_results) {
      codes.emplace_back(topic.topic, topic.partition_result.at(0).error_code);
    }
    EXPECT_EQ(codes, (Codes{{"t", ErrorCode::not_controller},
                            {longer, ErrorCode::invalid_topic_exception}}));
  }
  request.topic_partitions->pop_back();
  const auto response = call(request, 0);
  ASSERT_EQ(response.replica_election_results.size(), 1U);
  EXPECT_EQ(response.replica_election_results[0].topic, longer);
}

TEST_F(ClusterHandlers, a_name_that_no_topic_can_have_is_refused_is_refused_and_the_others_go_on) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  const std::string longest(249, 'x');
  const std::string longer(250, 'x');
  protocol::ElectLeadersRequest elect;
  elect.topic_partitions = {{longer, {0, 1}}, {longest, {0}}, {"t", {0}}};
  const auto elected = call(elect);
  EXPECT_EQ(elected.error_code, ErrorCode::none);
  std::map<std::string, ErrorCode> codes;
  for (const auto& topic : elected.replica_election_results) {
    codes[std::string(topic.topic)] = topic.partition_result.at(0).error_code;
  }
  using Codes = std::map<std::string, ErrorCode>;
  EXPECT_EQ(codes, (Codes{{longer, ErrorCode::invalid_topic_exception},
                          {longest, ErrorCode::unknown_topic_or_partition},
                          {"t", ErrorCode::election_not_needed}}));
  protocol::AlterPartitionReassignmentsRequest reassign;
  const BrokerId self(config_.node_id);
  reassign.topics = {{longer, {{0, {{self}}}}}, {longest, {{0, {{self}}}}}, {"t", {{0, {{self}}}}}};
  codes.clear();
  const auto reassigned = call(reassign);
  for (const auto& topic : reassigned.responses) {
    codes[std::string(topic.name)] = topic.partitions.at(0).error_code;
  }
  EXPECT_EQ(codes, (Codes{{longer, ErrorCode::invalid_topic_exception},
                          {longest, ErrorCode::unknown_topic_or_partition},
                          {"t", ErrorCode::none}}));
}

TEST_F(ClusterHandlers, reassignments_of_too_many_partitions_are_refused_whole) {
  protocol::AlterPartitionReassignmentsRequest request;
  auto& topic = request.topics.emplace_back();
  topic.name = "t";
  topic.partitions.resize(10'000);
  EXPECT_EQ(call(request).error_code, ErrorCode::none);
  topic.partitions.resize(10'001);
  const auto response = call(request);
  EXPECT_EQ(response.error_code, ErrorCode::invalid_request);
  EXPECT_EQ(response.error_message, "a request may name 10000 partitions at most");
  EXPECT_TRUE(response.responses.empty());
}

TEST_F(ClusterHandlers, what_has_settings_is_listed_by_type) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  protocol::ListConfigResourcesRequest request;
  const auto listed = [&](std::int16_t version = 1) {
    std::vector<std::pair<ConfigResourceType, std::string>> all;
    for (const auto& each : call(request, version).config_resources) {
      all.emplace_back(each.resource_type, each.resource_name);
    }
    return all;
  };
  using All = std::vector<std::pair<ConfigResourceType, std::string>>;
  const auto self = std::to_string(config_.node_id);
  EXPECT_EQ(listed(), (All{{ConfigResourceType::topic, "t"},
                           {ConfigResourceType::broker, self},
                           {ConfigResourceType::broker_logger, self}}));
  EXPECT_EQ(listed(0), All());
  request.resource_types = {ConfigResourceType::broker};
  EXPECT_EQ(listed(), (All{{ConfigResourceType::broker, self}}));
  request.resource_types = {ConfigResourceType::topic, static_cast<ConfigResourceType>(77)};
  EXPECT_EQ(call(request).error_code, ErrorCode::unsupported_version);
}

TEST_F(ClusterHandlers, the_one_voter_of_the_metadata_log_is_told) {
  protocol::DescribeQuorumRequest request;
  request.topics = {{"__cluster_metadata", {{0}}}};
  for (std::int16_t version = 0; version <= 2; ++version) {
    const auto response = call(request, version);
    EXPECT_EQ(response.error_code, ErrorCode::none);
    const auto& partition = response.topics.at(0).partitions.at(0);
    EXPECT_EQ(partition.leader_id, BrokerId(config_.node_id));
    EXPECT_GT(partition.high_watermark, protocol::Offset(0));
    EXPECT_EQ(partition.current_voters.at(0).log_end_offset, partition.high_watermark);
    EXPECT_TRUE(partition.observers.empty());
    EXPECT_EQ(response.nodes.size(), version >= 2 ? 1U : 0U);
  }
}

TEST_F(ClusterHandlers, a_quorum_is_described_one_partition_at_a_time) {
  protocol::DescribeQuorumRequest request;
  for (const auto& other : {protocol::DescribeQuorumRequest::Topic{"__cluster_metadata", {{1}}},
                            protocol::DescribeQuorumRequest::Topic{"t", {{0}}}}) {
    request.topics = {other};
    const auto response = call(request);
    EXPECT_EQ(response.error_code, ErrorCode::none);
    const auto& partition = response.topics.at(0).partitions.at(0);
    EXPECT_EQ(partition.error_code, ErrorCode::unknown_topic_or_partition);
    EXPECT_TRUE(partition.current_voters.empty());
  }
  using Topics = std::vector<protocol::DescribeQuorumRequest::Topic>;
  for (const auto& none_or_more :
       {Topics{}, Topics{{"__cluster_metadata", {}}}, Topics{{"__cluster_metadata", {{0}, {0}}}},
        Topics{{"__cluster_metadata", {{0}}}, {"t", {{0}}}}}) {
    request.topics = none_or_more;
    for (std::int16_t version = 0; version <= 2; ++version) {
      const auto response = call(request, version);
      EXPECT_EQ(response.error_code, ErrorCode::invalid_request);
      EXPECT_EQ(response.error_message.has_value(), version >= 2);
      EXPECT_TRUE(response.topics.empty());
    }
  }
}

TEST_F(ClusterHandlers, a_broker_that_serves_is_not_forgotten) {
  protocol::UnregisterBrokerRequest request;
  request.broker_id = BrokerId(config_.node_id);
  EXPECT_EQ(call(request).error_code, ErrorCode::invalid_request);
  request.broker_id = BrokerId(77);
  EXPECT_EQ(call(request).error_code, ErrorCode::broker_id_not_registered);
}

TEST_F(ClusterHandlers, replicas_that_are_where_they_should_be_stay) {
  ASSERT_EQ(create_topic("t"), ErrorCode::none);
  protocol::AlterPartitionReassignmentsRequest request;
  const BrokerId self(config_.node_id);
  request.topics = {{"t", {{0, {{self}}}, {3, {{self}}}}}};
  const auto response = call(request);
  const auto& results = response.responses.at(0).partitions;
  EXPECT_EQ(results.at(0).error_code, ErrorCode::none);
  EXPECT_EQ(results.at(1).error_code, ErrorCode::unknown_topic_or_partition);
  request.topics = {{"t", {{0, std::nullopt}}}};
  EXPECT_EQ(call(request).responses.at(0).partitions.at(0).error_code,
            ErrorCode::no_reassignment_in_progress);
  request.topics = {{"t", {{0, {{self, BrokerId(2)}}}}}};
  EXPECT_EQ(call(request, 0).responses.at(0).partitions.at(0).error_code,
            ErrorCode::invalid_replica_assignment);
  EXPECT_TRUE(call(protocol::ListPartitionReassignmentsRequest()).topics.empty());
  protocol::ListPartitionReassignmentsRequest one;
  one.topics = {{"t", {0, 9}}, {"u", {0}}};
  EXPECT_TRUE(call(one).topics.empty());
}

}  // namespace
}  // namespace ottla::broker
