// Table of data: what each API of a broker takes, and the code for who has no right to it.
#pragma once

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ottla/acl.h"
#include "protocol/messages/all.h"
#include "protocol/record/record_batch_builder.h"

// What each API of a broker takes, and the code for who has not the right to it: of ours in the
// unit tests, and of Apache Kafka beside it in the interop tests.
namespace ottla::authorization {

using namespace protocol;  // NOLINT: nothing but messages
using AclOperation::alter;
using AclOperation::alter_configs;
using AclOperation::cluster_action;
using AclOperation::create;
using AclOperation::describe;
using AclOperation::describe_configs;
using AclOperation::idempotent_write;
using AclOperation::read;
using AclOperation::remove;
using AclOperation::write;
using AclResourceType::cluster;
using AclResourceType::group;
using AclResourceType::topic;
using AclResourceType::transactional_id;

// One thing that is asked for, the rights that it takes, and the code for who has none of them.
struct Row {
  ApiKey api;
  std::vector<std::pair<AclOperation, AclResourceType>> needs;
  ErrorCode denied;
  // Asks about the topic, group or transactional id of that name; the code that comes of it.
  std::function<ErrorCode(std::string_view name)> ask;

  std::string name() const {
    std::string text(find_api(api)->name);
    for (const auto& [operation, type] : needs) {
      text += " " + std::string(to_string(operation)) + ":" + std::string(to_string(type));
    }
    return text;
  }
};

// What was answered. Of what may be done only that it is: the rest is not about rights.
struct Findings {
  ErrorCode missing{};             // without a right, about what is not there
  ErrorCode present{};             // without a right, about what is there
  std::vector<ErrorCode> without;  // with all rights but one
  bool may = false;                // with all rights, about what is there and what is not

  bool operator==(const Findings&) const = default;
};

inline bool is_denial(ErrorCode code) {
  return code == ErrorCode::topic_authorization_failed ||
         code == ErrorCode::group_authorization_failed ||
         code == ErrorCode::cluster_authorization_failed ||
         code == ErrorCode::transactional_id_authorization_failed;
}

// `Caller` has `admin(request, version)`, who may do everything, and `alice(request, version)`, who
// may do what ACLs allow; both give the response, which may borrow from the caller until the next
// one.
template <class Caller>
class Matrix {
 public:
  explicit Matrix(Caller& caller) : caller_(caller) {}

  // The topic "t", and coordinators. The codes of what could not be made; none if all is there.
  std::vector<ErrorCode> prepare();

  std::vector<Row> rows() {
    std::vector<Row> all;
    for (auto some : {topic_rows(), group_rows(), transaction_rows(), cluster_rows()}) {
      std::move(some.begin(), some.end(), std::back_inserter(all));
    }
    return all;
  }

  Findings run(const Row& row) {
    Findings found;
    found.missing = row.ask("missing");
    found.present = row.ask("t");
    for (std::size_t i = 0; row.needs.size() > 1 && i < row.needs.size(); ++i) {
      allow(row, i);
      found.without.push_back(row.ask("t"));
      forbid_all();
    }
    allow(row, row.needs.size());
    found.may = !is_denial(row.ask("missing")) && !is_denial(row.ask("t"));
    forbid_all();
    return found;
  }

 private:
  static constexpr auto kTopic = ErrorCode::topic_authorization_failed;
  static constexpr auto kGroup = ErrorCode::group_authorization_failed;
  static constexpr auto kCluster = ErrorCode::cluster_authorization_failed;
  static constexpr auto kTransaction = ErrorCode::transactional_id_authorization_failed;
  // An ACL on it comes and goes with the others: it shows when they hold.
  static constexpr std::string_view kSign = "sign";
  static constexpr int kMostLooks = 100'000;

  template <class M>
  typename M::Response ask(const M& request, std::int16_t version = M::api.max) {
    return caller_.alice(request, version);
  }

  template <class M>
  static M topics_request(std::string_view name) {
    M request;
    request.topics.emplace_back().name = name;
    return request;
  }

  // All rights of the row but one; past the end: all.
  void allow(const Row& row, std::size_t but) {
    CreateAclsRequest request;
    const auto add = [&request](AclOperation operation, AclResourceType type,
                                std::string_view name) {
      request.creations.push_back({static_cast<std::int8_t>(type), name, 3, "User:alice", "*",
                                   static_cast<std::int8_t>(operation), 3});
    };
    for (std::size_t i = 0; i < row.needs.size(); ++i) {
      if (i == but) continue;
      const auto [operation, type] = row.needs[i];
      if (type == cluster) add(operation, type, kClusterResource);
      for (const auto* name : {"t", "missing"}) {
        if (type != cluster) add(operation, type, name);
      }
    }
    add(describe, topic, kSign);
    caller_.admin(request, CreateAclsRequest::api.max);
    for (int left = kMostLooks; left > 0 && sign() == kTopic; --left) {
    }
  }

  void forbid_all() {
    DeleteAclsRequest request;
    auto& all = request.filters.emplace_back();
    all.resource_type_filter = all.pattern_type_filter = all.operation = all.permission_type = 1;
    caller_.admin(request, DeleteAclsRequest::api.max);
    for (int left = kMostLooks; left > 0 && sign() != kTopic; --left) {
    }
  }

  ErrorCode sign() {
    MetadataRequest request;
    request.allow_auto_topic_creation = false;
    request.topics.emplace().push_back({.topic_id = {}, .name = kSign});
    return ask(request).topics.at(0).error_code;
  }

  static std::string batch(const ProducerState& producer, bool transactional) {
    auto builder = RecordBatchBuilder::growing();
    static_cast<void>(builder.append(1'700'000'000'000, std::nullopt, std::string_view("value")));
    return std::string(builder.close_sealed(producer, transactional));
  }

  static ProduceRequest produce_request(std::string_view name, const std::string& batch) {
    ProduceRequest request;
    request.timeout_ms = 1000;
    request.topic_data.push_back({name, {}, {{0, Records{batch}}}});
    return request;
  }

  std::vector<Row> topic_rows();
  std::vector<Row> group_rows();
  std::vector<Row> transaction_rows();
  std::vector<Row> cluster_rows();

  Caller& caller_;
  const std::string batch_ = batch({}, false);
  const std::string transactional_ = batch({ProducerId(4), ProducerEpoch(0), Sequence(0)}, true);
};

template <class Caller>
std::vector<ErrorCode> Matrix<Caller>::prepare() {
  std::vector<ErrorCode> failed;
  const auto note = [&failed](ErrorCode code) {
    if (code != ErrorCode::none) failed.push_back(code);
  };
  auto topics = topics_request<CreateTopicsRequest>("t");
  topics.timeout_ms = 10'000;
  topics.topics[0].num_partitions = 1;
  topics.topics[0].replication_factor = 1;
  note(caller_.admin(topics, CreateTopicsRequest::api.max).topics.at(0).error_code);
  for (const auto type : {CoordinatorType::group, CoordinatorType::transaction}) {
    FindCoordinatorRequest request;
    request.key_type = type;
    request.coordinator_keys = {"t"};
    auto code = ErrorCode::coordinator_not_available;
    // Apache Kafka has it made and answers before it is.
    for (int left = kMostLooks; left > 0 && code == ErrorCode::coordinator_not_available; --left) {
      code = caller_.admin(request, FindCoordinatorRequest::api.max).coordinators.at(0).error_code;
    }
    note(code);
  }
  return failed;
}

template <class Caller>
std::vector<Row> Matrix<Caller>::topic_rows() {
  return {
      {ApiKey::produce,
       {{write, topic}},
       kTopic,
       [this](auto name) {
         return this->ask(produce_request(name, batch_), 9)
             .responses.at(0)
             .partition_responses.at(0)
             .error_code;
       }},
      {ApiKey::produce,
       {{write, topic}, {write, transactional_id}},
       kTransaction,
       [this](auto name) {
         auto request = produce_request(name, transactional_);
         request.transactional_id = name;
         return this->ask(request, 9).responses.at(0).partition_responses.at(0).error_code;
       }},
      {ApiKey::fetch,
       {{read, topic}},
       kTopic,
       [this](auto name) {
         FetchRequest request;
         request.topics.push_back({name, {}, {{}}});
         request.topics[0].partitions[0].partition_max_bytes = 1 << 20;
         request.max_bytes = 1 << 20;
         return this->ask(request, 12).responses.at(0).partitions.at(0).error_code;
       }},
      {ApiKey::list_offsets,
       {{describe, topic}},
       kTopic,
       [this](auto name) {
         auto request = topics_request<ListOffsetsRequest>(name);
         request.topics[0].partitions.emplace_back().timestamp = ListOffsetsRequest::kLatest;
         return this->ask(request).topics.at(0).partitions.at(0).error_code;
       }},
      {ApiKey::metadata,
       {{describe, topic}},
       kTopic,
       [this](auto name) {
         MetadataRequest request;
         request.allow_auto_topic_creation = false;
         request.topics.emplace().push_back({.topic_id = {}, .name = name});
         return this->ask(request).topics.at(0).error_code;
       }},
      {ApiKey::describe_topic_partitions,
       {{describe, topic}},
       kTopic,
       [this](auto name) {
         DescribeTopicPartitionsRequest request;
         request.topics.emplace_back().name = name;
         request.response_partition_limit = 10;
         return this->ask(request).topics.at(0).error_code;
       }},
      {ApiKey::offset_for_leader_epoch,
       {{describe, topic}},
       kTopic,
       [this](auto name) {
         OffsetForLeaderEpochRequest request;
         auto& asked = request.topics.emplace_back();
         asked.topic = name;
         asked.partitions.emplace_back();
         return this->ask(request).topics.at(0).partitions.at(0).error_code;
       }},
      {ApiKey::describe_producers,
       {{read, topic}},
       kTopic,
       [this](auto name) {
         auto request = topics_request<DescribeProducersRequest>(name);
         request.topics[0].partition_indexes = {0};
         return this->ask(request).topics.at(0).partitions.at(0).error_code;
       }},
      {ApiKey::delete_records,
       {{remove, topic}},
       kTopic,
       [this](auto name) {
         auto request = topics_request<DeleteRecordsRequest>(name);
         request.topics[0].partitions.emplace_back();
         return this->ask(request).topics.at(0).partitions.at(0).error_code;
       }},
      {ApiKey::create_partitions,
       {{alter, topic}},
       kTopic,
       [this](auto name) {
         auto request = topics_request<CreatePartitionsRequest>(name);
         request.topics[0].count = 1;
         return this->ask(request).results.at(0).error_code;
       }},
      {ApiKey::create_topics,
       {{create, topic}},
       kTopic,
       [this](auto name) {
         auto request = topics_request<CreateTopicsRequest>(name);
         request.validate_only = true;
         request.topics[0].num_partitions = 1;
         request.topics[0].replication_factor = 1;
         return this->ask(request).topics.at(0).error_code;
       }},
      {ApiKey::delete_topics,
       {{remove, topic}},
       kTopic,
       [this](auto) {
         DeleteTopicsRequest request;
         request.timeout_ms = 10'000;
         // Another row may want the one that is there.
         request.topics.emplace_back().name = "missing";
         return this->ask(request).responses.at(0).error_code;
       }},
      {ApiKey::describe_configs,
       {{describe_configs, topic}},
       kTopic,
       [this](auto name) {
         DescribeConfigsRequest request;
         request.resources.push_back({protocol::ConfigResourceType::topic, name, {}});
         return this->ask(request).results.at(0).error_code;
       }},
      {ApiKey::alter_configs,
       {{alter_configs, topic}},
       kTopic,
       [this](auto name) {
         AlterConfigsRequest request;
         request.resources.push_back({protocol::ConfigResourceType::topic, name, {}});
         return this->ask(request).responses.at(0).error_code;
       }},
      {ApiKey::incremental_alter_configs,
       {{alter_configs, topic}},
       kTopic,
       [this](auto name) {
         IncrementalAlterConfigsRequest request;
         request.resources.push_back({protocol::ConfigResourceType::topic, name, {}});
         return this->ask(request).responses.at(0).error_code;
       }},
  };
}

template <class Caller>
std::vector<Row> Matrix<Caller>::group_rows() {
  return {
      {ApiKey::find_coordinator,
       {{describe, group}},
       kGroup,
       [this](auto name) {
         FindCoordinatorRequest request;
         request.coordinator_keys = {name};
         return this->ask(request).coordinators.at(0).error_code;
       }},
      {ApiKey::find_coordinator,
       {{describe, group}},
       kGroup,
       [this](auto name) {
         FindCoordinatorRequest request;
         request.key = name;
         return this->ask(request, 3).error_code;
       }},
      {ApiKey::join_group,
       {{read, group}},
       kGroup,
       [this](auto name) {
         JoinGroupRequest request;
         request.group_id = name;
         request.session_timeout_ms = 10'000;
         request.protocol_type = "consumer";
         request.protocols.emplace_back().name = "range";
         return this->ask(request).error_code;
       }},
      {ApiKey::sync_group,
       {{read, group}},
       kGroup,
       [this](auto name) {
         SyncGroupRequest request;
         request.group_id = name;
         request.member_id = "nobody";
         request.protocol_type = "consumer";
         request.protocol_name = "range";
         return this->ask(request).error_code;
       }},
      {ApiKey::heartbeat,
       {{read, group}},
       kGroup,
       [this](auto name) {
         HeartbeatRequest request;
         request.group_id = name;
         request.member_id = "nobody";
         return this->ask(request).error_code;
       }},
      {ApiKey::leave_group,
       {{read, group}},
       kGroup,
       [this](auto name) {
         LeaveGroupRequest request;
         request.group_id = name;
         request.members.emplace_back().member_id = "nobody";
         return this->ask(request).error_code;
       }},
      {ApiKey::offset_commit,
       {{read, group}, {read, topic}},
       kGroup,
       [this](auto name) {
         auto request = topics_request<OffsetCommitRequest>(name);
         request.group_id = name;
         request.topics[0].partitions.emplace_back();
         return this->ask(request, 9).topics.at(0).partitions.at(0).error_code;
       }},
      {ApiKey::offset_fetch,
       {{describe, group}, {describe, topic}},
       kGroup,
       [this](auto name) {
         OffsetFetchRequest request;
         auto& asked = request.groups.emplace_back();
         asked.group_id = name;
         auto& asked_topic = asked.topics.emplace().emplace_back();
         asked_topic.name = name;
         asked_topic.partition_indexes = {0};
         const auto response = this->ask(request, 9);
         const auto& answer = response.groups.at(0);
         if (answer.error_code != ErrorCode::none) return answer.error_code;
         return answer.topics.at(0).partitions.at(0).error_code;
       }},
      {ApiKey::describe_groups,
       {{describe, group}},
       kGroup,
       [this](auto name) {
         DescribeGroupsRequest request;
         request.groups = {name};
         return this->ask(request).groups.at(0).error_code;
       }},
      {ApiKey::delete_groups,
       {{remove, group}},
       kGroup,
       [this](auto name) {
         DeleteGroupsRequest request;
         request.groups_names = {name};
         return this->ask(request).results.at(0).error_code;
       }},
      {ApiKey::offset_delete,
       {{remove, group}},
       kGroup,
       [this](auto name) {
         auto request = topics_request<OffsetDeleteRequest>(name);
         request.group_id = name;
         request.topics[0].partitions.emplace_back();
         return this->ask(request).error_code;
       }},
  };
}

template <class Caller>
std::vector<Row> Matrix<Caller>::transaction_rows() {
  return {
      {ApiKey::find_coordinator,
       {{describe, transactional_id}},
       kTransaction,
       [this](auto name) {
         FindCoordinatorRequest request;
         request.key_type = CoordinatorType::transaction;
         request.coordinator_keys = {name};
         return this->ask(request).coordinators.at(0).error_code;
       }},
      {ApiKey::init_producer_id,
       {{write, transactional_id}},
       kTransaction,
       [this](auto name) {
         InitProducerIdRequest request;
         request.transactional_id = name;
         request.transaction_timeout_ms = 60'000;
         return this->ask(request).error_code;
       }},
      {ApiKey::init_producer_id,
       {{idempotent_write, cluster}},
       kCluster,
       [this](auto) { return this->ask(InitProducerIdRequest()).error_code; }},
      {ApiKey::init_producer_id,
       {{write, topic}},
       kCluster,
       [this](auto) { return this->ask(InitProducerIdRequest()).error_code; }},
      {ApiKey::add_partitions_to_txn,
       {{write, transactional_id}, {write, topic}},
       kTransaction,
       [this](auto name) {
         AddPartitionsToTxnRequest request;
         request.v3_and_below_transactional_id = name;
         request.v3_and_below_topics.push_back({name, {0}});
         return this->ask(request, 3)
             .results_by_topic_v3_and_below.at(0)
             .results_by_partition.at(0)
             .partition_error_code;
       }},
      {ApiKey::add_offsets_to_txn,
       {{write, transactional_id}, {read, group}},
       kTransaction,
       [this](auto name) {
         AddOffsetsToTxnRequest request;
         request.transactional_id = name;
         request.group_id = name;
         return this->ask(request).error_code;
       }},
      {ApiKey::end_txn,
       {{write, transactional_id}},
       kTransaction,
       [this](auto name) {
         EndTxnRequest request;
         request.transactional_id = name;
         return this->ask(request).error_code;
       }},
      {ApiKey::txn_offset_commit,
       {{write, transactional_id}, {read, group}, {read, topic}},
       kTransaction,
       [this](auto name) {
         auto request = topics_request<TxnOffsetCommitRequest>(name);
         request.transactional_id = name;
         request.group_id = name;
         request.topics[0].partitions.emplace_back();
         return this->ask(request).topics.at(0).partitions.at(0).error_code;
       }},
      {ApiKey::describe_transactions,
       {{describe, transactional_id}},
       kTransaction,
       [this](auto name) {
         DescribeTransactionsRequest request;
         request.transactional_ids = {name};
         return this->ask(request).transaction_states.at(0).error_code;
       }},
  };
}

template <class Caller>
std::vector<Row> Matrix<Caller>::cluster_rows() {
  const auto marker = [this](auto name) {
    WriteTxnMarkersRequest request;
    auto& asked = request.markers.emplace_back();
    asked.topics.push_back({name, {0}});
    return this->ask(request).markers.at(0).topics.at(0).partitions.at(0).error_code;
  };
  const auto added = [this](auto name) {
    AddPartitionsToTxnRequest request;
    auto& asked = request.transactions.emplace_back();
    asked.transactional_id = name;
    asked.verify_only = true;
    return this->ask(request, 4).error_code;
  };
  const auto settings = [this](auto) {
    DescribeConfigsRequest request;
    request.resources.push_back({protocol::ConfigResourceType::broker, "1", {}});
    return this->ask(request).results.at(0).error_code;
  };
  return {
      {ApiKey::create_topics,
       {{create, cluster}},
       kTopic,
       [this](auto name) {
         auto request = topics_request<CreateTopicsRequest>(name);
         request.validate_only = true;
         request.topics[0].num_partitions = 1;
         request.topics[0].replication_factor = 1;
         return this->ask(request).topics.at(0).error_code;
       }},
      {ApiKey::write_txn_markers, {{alter, cluster}}, kCluster, marker},
      {ApiKey::write_txn_markers, {{cluster_action, cluster}}, kCluster, marker},
      {ApiKey::add_partitions_to_txn, {{cluster_action, cluster}}, kCluster, added},
      {ApiKey::describe_configs, {{describe_configs, cluster}}, kCluster, settings},
      {ApiKey::describe_log_dirs,
       {{describe, cluster}},
       kCluster,
       [this](auto) { return this->ask(DescribeLogDirsRequest()).error_code; }},
      {ApiKey::alter_replica_log_dirs,
       {{alter, cluster}},
       kCluster,
       [this](auto name) {
         AlterReplicaLogDirsRequest request;
         auto& dir = request.dirs.emplace_back();
         dir.path = "/data";
         dir.topics.push_back({name, {0}});
         return this->ask(request).results.at(0).partitions.at(0).error_code;
       }},
      {ApiKey::describe_user_scram_credentials,
       {{describe, cluster}},
       kCluster,
       [this](auto name) {
         // Named: Apache Kafka hangs up on who may not and asks for all.
         DescribeUserScramCredentialsRequest request;
         request.users.emplace().push_back({name});
         return this->ask(request).error_code;
       }},
      {ApiKey::alter_user_scram_credentials,
       {{alter, cluster}},
       kCluster,
       [this](auto name) {
         AlterUserScramCredentialsRequest request;
         request.deletions.push_back({name, 1});
         return this->ask(request).results.at(0).error_code;
       }},
      {ApiKey::update_features,
       {{alter, cluster}},
       kCluster,
       [this](auto) { return this->ask(UpdateFeaturesRequest()).error_code; }},
      {ApiKey::elect_leaders,
       {{alter, cluster}},
       kCluster,
       [this](auto) { return this->ask(ElectLeadersRequest()).error_code; }},
      {ApiKey::list_config_resources,
       {{describe_configs, cluster}},
       kCluster,
       [this](auto) { return this->ask(ListConfigResourcesRequest()).error_code; }},
      {ApiKey::alter_partition_reassignments,
       {{alter, cluster}},
       kCluster,
       [this](auto) { return this->ask(AlterPartitionReassignmentsRequest()).error_code; }},
      {ApiKey::list_partition_reassignments,
       {{describe, cluster}},
       kCluster,
       [this](auto) { return this->ask(ListPartitionReassignmentsRequest()).error_code; }},
      {ApiKey::describe_quorum,
       {{describe, cluster}},
       kCluster,
       [this](auto) {
         DescribeQuorumRequest request;
         request.topics = {{"__cluster_metadata", {{0}}}};
         return this->ask(request).error_code;
       }},
      {ApiKey::unregister_broker,
       {{alter, cluster}},
       kCluster,
       [this](auto) {
         UnregisterBrokerRequest request;
         request.broker_id = BrokerId(77);
         return this->ask(request).error_code;
       }},
      {ApiKey::describe_acls,
       {{describe, cluster}},
       kCluster,
       [this](auto) {
         DescribeAclsRequest request;
         request.resource_type_filter = request.operation = request.permission_type = 1;
         return this->ask(request).error_code;
       }},
      {ApiKey::create_acls,
       {{alter, cluster}},
       kCluster,
       [this](auto name) {
         CreateAclsRequest request;
         request.creations.push_back({2, name, 3, "User:bob", "*", 3, 3});
         return this->ask(request).results.at(0).error_code;
       }},
      {ApiKey::delete_acls,
       {{alter, cluster}},
       kCluster,
       [this](auto) {
         DeleteAclsRequest request;
         auto& filter = request.filters.emplace_back();
         filter.resource_type_filter = filter.operation = filter.permission_type = 1;
         filter.principal_filter = "User:nobody";
         return this->ask(request).filter_results.at(0).error_code;
       }},
      {ApiKey::describe_client_quotas,
       {{describe_configs, cluster}},
       kCluster,
       [this](auto) { return this->ask(DescribeClientQuotasRequest()).error_code; }},
      {ApiKey::alter_client_quotas,
       {{alter_configs, cluster}},
       kCluster,
       [this](auto name) {
         AlterClientQuotasRequest request;
         request.entries.push_back({{{"user", name}}, {{"producer_byte_rate", 1e9, false}}});
         request.validate_only = true;
         return this->ask(request).entries.at(0).error_code;
       }},
  };
}

}  // namespace ottla::authorization
