#include "broker/handlers/audited_request.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ottla::broker {
namespace {

// The line of a request with this answer.
template <class M>
std::string line_of(const M& request, const typename M::Response& response) {
  RequestContext context;
  context.header.api_key = M::api.key;
  context.header.client_id = "client";
  AuditedRequest audited;
  describe(request, MetadataImage(MetadataState{}), audited);
  tell_outcomes(response, audited);
  return audited.line(context).to_string(0);
}

#define EXPECT_HAS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

TEST(AuditedRequestTest, says_of_each_part_what_became_of_it) {
  protocol::CreatePartitionsRequest request;
  request.topics.push_back({.name = "a", .count = 3, .assignments = {}});
  request.topics.push_back({.name = "b", .count = 4, .assignments = {}});
  protocol::CreatePartitionsResponse response;
  response.results.push_back({.name = "b", .error_code = ErrorCode::invalid_partitions});
  response.results.push_back({.name = "a"});
  const auto line = line_of(request, response);
  EXPECT_HAS(line, R"("event":"administration","outcome":"partial","principal":"User:ANONYMOUS")");
  EXPECT_HAS(line, R"("client_id":"client")");
  EXPECT_HAS(line, R"("api":"CreatePartitions")");
  EXPECT_HAS(line, R"({"type":"Topic","name":"a","partitions":3,"outcome":"success"})");
  EXPECT_HAS(line, R"({"type":"Topic","name":"b","partitions":4,"outcome":"INVALID_PARTITIONS"})");
}

TEST(AuditedRequestTest, an_error_of_the_whole_is_that_of_every_part) {
  protocol::AlterPartitionReassignmentsRequest request;
  request.topics.push_back(
      {.name = "t",
       .partitions = {{.partition_index = 1, .replicas = std::vector{BrokerId(1), BrokerId(2)}},
                      {.partition_index = 2, .replicas = std::nullopt}}});
  protocol::AlterPartitionReassignmentsResponse response;
  response.error_code = ErrorCode::cluster_authorization_failed;
  const auto line = line_of(request, response);
  EXPECT_HAS(line, R"("outcome":"denied")");
  EXPECT_HAS(line, R"({"type":"Partition","name":"t","partition":1,"replicas":"1,2",)"
                   R"("outcome":"CLUSTER_AUTHORIZATION_FAILED"})");
  EXPECT_HAS(line, R"({"type":"Partition","name":"t","partition":2,"cancel":true,)"
                   R"("outcome":"CLUSTER_AUTHORIZATION_FAILED"})");
}

TEST(AuditedRequestTest, of_a_request_for_all_the_answer_names_the_parts) {
  protocol::ElectLeadersResponse response;
  response.replica_election_results.push_back(
      {.topic = "t", .partition_result = {{.partition_id = 5}}});
  const auto line = line_of(protocol::ElectLeadersRequest{}, response);
  EXPECT_HAS(line, R"("election":"Preferred")");
  EXPECT_HAS(line, R"({"type":"Partition","name":"t","partition":5,"outcome":"success"})");
}

TEST(AuditedRequestTest, says_whose_quotas_were_changed_and_how) {
  protocol::AlterClientQuotasRequest request;
  request.entries.push_back({.entity = {{"user", "alice"}, {"client-id", std::nullopt}},
                             .ops = {{.key = "producer_byte_rate", .value = 1024},
                                     {.key = "request_percentage", .remove = true}}});
  protocol::AlterClientQuotasResponse response;
  response.entries.push_back({.error_code = ErrorCode::invalid_request,
                              .entity = {{"user", "alice"}, {"client-id", std::nullopt}}});
  const auto line = line_of(request, response);
  EXPECT_HAS(line, R"({"type":"Quota","name":"user=alice,client-id=<default>","quotas":[)"
                   R"({"name":"producer_byte_rate","operation":"Set","value":"1024.000000"},)"
                   R"({"name":"request_percentage","operation":"Delete"}],)"
                   R"("outcome":"INVALID_REQUEST"})");
}

TEST(AuditedRequestTest, has_no_credential_in_it) {
  protocol::AlterUserScramCredentialsRequest request;
  auto& user = request.upsertions.emplace_back();
  user.name = "carol";
  user.mechanism = 1;
  user.iterations = 4096;
  user.salt.view = "carols-salt";
  user.salted_password.view = "carols-salted-password";
  request.deletions.push_back({.name = "carol", .mechanism = 99});
  protocol::AlterUserScramCredentialsResponse response;
  response.results.push_back(
      {.user = "carol", .error_code = ErrorCode::none, .error_message = "carols-message"});
  const auto line = line_of(request, response);
  EXPECT_HAS(line, R"({"type":"User","name":"carol","operation":"Upsert",)"
                   R"("mechanism":"SCRAM-SHA-256","iterations":4096,"outcome":"success"})");
  EXPECT_HAS(line, R"("operation":"Delete","mechanism":"99","outcome":"success"})");
  EXPECT_EQ(line.find("carols-"), std::string::npos) << line;
}

TEST(AuditedRequestTest, of_settings_that_may_be_passwords_there_are_only_names) {
  using enum protocol::ConfigResourceType;
  protocol::AlterConfigsRequest request;
  request.resources.push_back(
      {topic, "t", {{"retention.ms", "5000"}, {"retention.msx", "hunter2"}}});
  request.resources.push_back({broker,
                               "1",
                               {{"log.cleaner.threads", "2"},
                                {"ssl.keystore.password", "hunter2"},
                                {"listener.name.x.plain.sasl.jaas.config", "hunter2"}}});
  request.resources.push_back({group, "g", {{"retention.ms", "hunter2"}}});
  protocol::AlterConfigsResponse response;
  for (const auto& each : request.resources) {
    response.responses.push_back({ErrorCode::invalid_config, "hunter2 is no such thing",
                                  each.resource_type, each.resource_name});
  }
  const auto line = line_of(request, response);
  EXPECT_HAS(line, R"({"name":"retention.ms","value":"5000"})");
  EXPECT_HAS(line, R"({"name":"log.cleaner.threads","value":"2"})");
  EXPECT_HAS(line, R"({"name":"ssl.keystore.password","sensitive":true})");
  EXPECT_HAS(line, R"({"type":"Broker","name":"1")");
  EXPECT_HAS(line, R"("outcome":"INVALID_CONFIG"})");
  EXPECT_EQ(line.find("hunter2"), std::string::npos) << line;
}

TEST(AuditedRequestTest, is_bounded_however_much_is_asked_for) {
  protocol::DeleteGroupsRequest request;
  protocol::DeleteGroupsResponse response;
  std::vector<std::string> names;
  for (int i = 0; i < 50'000; ++i) names.push_back(std::string(300, '\x01') + std::to_string(i));
  for (const auto& name : names) {
    request.groups_names.push_back(name);
    response.results.push_back({.group_id = name, .error_code = ErrorCode::group_id_not_found});
  }
  const auto line = line_of(request, response);
  EXPECT_LE(line.size(), std::size_t{64} << 10);
  EXPECT_HAS(line, R"("outcome":"failure")");
  EXPECT_HAS(line, R"("outcome":"GROUP_ID_NOT_FOUND"})");
  EXPECT_HAS(line, R"("resources_left_out":49)");
}

}  // namespace
}  // namespace ottla::broker
