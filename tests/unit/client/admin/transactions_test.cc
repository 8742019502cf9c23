#include "client/admin/transactions.h"

#include <gtest/gtest.h>

#include "protocol/messages/describe_producers.h"
#include "protocol/messages/describe_transactions.h"
#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/init_producer_id.h"
#include "protocol/messages/list_transactions.h"
#include "protocol/messages/write_txn_markers.h"
#include "tests/unit/client/admin/admin_world.h"

namespace ottla::client {
namespace {

using protocol::CoordinatorType;
using protocol::DescribeProducersRequest;
using protocol::DescribeProducersResponse;
using protocol::DescribeTransactionsRequest;
using protocol::DescribeTransactionsResponse;
using protocol::FindCoordinatorRequest;
using protocol::FindCoordinatorResponse;
using protocol::InitProducerIdRequest;
using protocol::InitProducerIdResponse;
using protocol::ListTransactionsRequest;
using protocol::ListTransactionsResponse;
using protocol::MetadataRequest;
using protocol::MetadataResponse;
using protocol::Offset;
using protocol::ProducerEpoch;
using protocol::ProducerId;
using protocol::Sequence;
using protocol::WriteTxnMarkersRequest;
using protocol::WriteTxnMarkersResponse;

using Strings = std::vector<std::string>;

template <class Outcomes, class Key>
ErrorCode code_of(const Outcomes& outcomes, const Key& key) {
  return outcomes.at(key) ? ErrorCode::none : outcomes.at(key).error().code();
}

class ListTransactions : public testing::Test {
 protected:
  void SetUp() override {
    for (const int id : {1, 2, 3}) {
      world.broker(id).on<ListTransactionsRequest>(
          [this, id](const ListTransactionsRequest& request, std::int16_t) {
            states.assign(request.state_filters.begin(), request.state_filters.end());
            producers = request.producer_id_filters;
            duration = request.duration_filter;
            pattern = std::string(request.transactional_id_pattern.value_or("none"));
            return answer(id);
          });
    }
  }

  // Each has one id, named for it; the first answers of broker 2 are the errors in `errors`.
  ListTransactionsResponse answer(int id) {
    ListTransactionsResponse response;
    if (id == 2 && !errors.empty()) {
      response.error_code = errors.back();
      errors.pop_back();
      return response;
    }
    static const Strings names = {"", "one", "two", "three"};
    response.transaction_states.push_back(
        {names[static_cast<std::size_t>(id)], ProducerId(id * 10), "PrepareCommit"});
    return response;
  }

  AdminWorld world{3};
  std::vector<ErrorCode> errors;
  Strings states;
  std::vector<ProducerId> producers;
  std::int64_t duration = 0;
  std::string pattern;
};

TEST_F(ListTransactions, asks_every_broker) {
  const auto began = world.sim.now();
  const auto listed = world.wait(world.admin().list_transactions({})).value();
  ASSERT_EQ(listed.size(), 3U);
  EXPECT_EQ(listed.at(1).value(),
            (std::vector<TransactionListing>{{"one", 10, TransactionState::prepare_commit}}));
  EXPECT_EQ(listed.at(3).value().at(0).transactional_id, "three");
  EXPECT_EQ(duration, -1);
  EXPECT_EQ(pattern, "none");
  EXPECT_TRUE(states.empty());
  EXPECT_LT(world.sim.now() - began, 100ms);
}

TEST_F(ListTransactions, says_what_it_wants_to_see) {
  const ListTransactionsOptions options{
      .states = {TransactionState::ongoing, TransactionState::complete_abort},
      .producer_ids = {7, 8},
      .running_longer_than = 5s,
      .transactional_id_pattern = "a.*"};
  ASSERT_TRUE(world.wait(world.admin().list_transactions(options)));
  EXPECT_EQ(states, (Strings{"Ongoing", "CompleteAbort"}));
  EXPECT_EQ(producers, (std::vector<ProducerId>{ProducerId(7), ProducerId(8)}));
  EXPECT_EQ(duration, 5000);
  EXPECT_EQ(pattern, "a.*");
}

TEST_F(ListTransactions, a_filter_that_a_broker_is_too_old_for_is_its_own_error) {
  world.broker(3).on<ListTransactionsRequest>(
      [this](const ListTransactionsRequest&, std::int16_t) { return answer(3); }, 0);
  const auto listed =
      world.wait(world.admin().list_transactions({.running_longer_than = 1ms})).value();
  EXPECT_EQ(code_of(listed, 1), ErrorCode::none);
  EXPECT_EQ(code_of(listed, 3), ErrorCode::unsupported_version);
}

TEST_F(ListTransactions, a_coordinator_that_loads_is_asked_again) {
  errors = {ErrorCode::coordinator_load_in_progress, ErrorCode::coordinator_load_in_progress};
  const auto listed = world.wait(world.admin().list_transactions({})).value();
  EXPECT_EQ(listed.at(2).value().at(0).transactional_id, "two");
  EXPECT_EQ(world.broker(1).requests(ApiKey::list_transactions), 1);
  EXPECT_EQ(world.broker(2).requests(ApiKey::list_transactions), 3);
}

TEST_F(ListTransactions, a_refusal_is_the_brokers_own_error) {
  errors = {ErrorCode::invalid_regular_expression};
  const auto listed = world.wait(world.admin().list_transactions({})).value();
  EXPECT_EQ(code_of(listed, 1), ErrorCode::none);
  EXPECT_EQ(code_of(listed, 2), ErrorCode::invalid_regular_expression);
}

TEST_F(ListTransactions, a_broker_that_is_gone_hides_nothing_of_the_others) {
  world.node(2).crash(simulation::Crash::process);
  const auto listed = world.wait(world.admin().list_transactions({.timeout = 3s})).value();
  EXPECT_EQ(code_of(listed, 1), ErrorCode::none);
  EXPECT_EQ(code_of(listed, 2), ErrorCode::timed_out);
  EXPECT_EQ(code_of(listed, 3), ErrorCode::none);
}

// Brokers 1 and 2 coordinate what `coordinators` says; each transactional id has the state
// Ongoing, or its error in `errors` as often as stands there.
class TransactionCoordinators : public testing::Test {
 protected:
  void SetUp() override {
    find_with(6);
    for (const int id : {1, 2}) {
      world.broker(id).on<DescribeTransactionsRequest>(
          [this, id](const DescribeTransactionsRequest& request, std::int16_t) {
            return describe(id, request);
          });
      world.broker(id).on<InitProducerIdRequest>(
          [this, id](const InitProducerIdRequest& request, std::int16_t) {
            return fence(id, request);
          });
    }
  }

  void find_with(std::int16_t newest) {
    for (const int id : {1, 2}) {
      world.broker(id).on<FindCoordinatorRequest>(
          [this](const FindCoordinatorRequest& request, std::int16_t version) {
            return find(request, version);
          },
          newest);
    }
  }

  FindCoordinatorResponse find(const FindCoordinatorRequest& request, std::int16_t version) {
    EXPECT_EQ(request.key_type, CoordinatorType::transaction);
    FindCoordinatorResponse response;
    std::string asked;
    for (const auto key : request.coordinator_keys) {
      asked += std::string(key) + " ";
      const auto node = coordinators.at(std::string(key));
      response.coordinators.push_back(
          {.key = key,
           .node_id = BrokerId(node),
           .error_code = node < 0 ? ErrorCode::coordinator_not_available : ErrorCode::none});
    }
    if (version < 4) {
      asked = std::string(request.key) + " ";
      const auto node = coordinators.at(std::string(request.key));
      response.node_id = BrokerId(node);
      if (node < 0) response.error_code = ErrorCode::coordinator_not_available;
    }
    found.push_back(asked);
    return response;
  }

  ErrorCode error_for(const std::string& id) {
    auto& left = errors[id];
    if (left.empty()) return ErrorCode::none;
    const auto error = left.back();
    left.pop_back();
    return error;
  }

  DescribeTransactionsResponse describe(int broker, const DescribeTransactionsRequest& request) {
    DescribeTransactionsResponse response;
    std::string asked = std::to_string(broker) + ":";
    for (const auto id : request.transactional_ids) {
      asked += " " + std::string(id);
      auto& told = response.transaction_states.emplace_back();
      told.transactional_id = id;
      told.error_code = error_for(std::string(id));
      told.transaction_state = "Ongoing";
      told.transaction_timeout_ms = 60'000;
      told.transaction_start_time_ms = 1'700'000'000'000;
      told.producer_id = ProducerId(4);
      told.producer_epoch = ProducerEpoch(3);
      told.topics = {{"u", {1, 0}}, {"t", {2}}, {"u", {1}}};
    }
    seen.push_back(asked);
    return response;
  }

  InitProducerIdResponse fence(int broker, const InitProducerIdRequest& request) {
    EXPECT_EQ(request.producer_id, protocol::kNoProducerId);
    EXPECT_GT(request.transaction_timeout_ms, 0);
    const std::string id(request.transactional_id.value_or(""));
    seen.push_back(std::to_string(broker) + ": " + id);
    InitProducerIdResponse response;
    response.error_code = error_for(id);
    if (response.error_code != ErrorCode::none) return response;
    response.producer_id = ProducerId(id == "hostile" ? -5 : 9);
    response.producer_epoch = ProducerEpoch(1);
    return response;
  }

  AdminWorld world;
  std::map<std::string, std::int32_t> coordinators{{"a", 1}, {"b", 2}, {"c", 1}, {"hostile", 1}};
  std::map<std::string, std::vector<ErrorCode>> errors;  // the last one first
  Strings found;
  Strings seen;
};

TEST_F(TransactionCoordinators, each_describes_its_own) {
  const auto began = world.sim.now();
  const auto described =
      world.wait(world.admin().describe_transactions({"a", "b", "c"}, {})).value();
  ASSERT_EQ(described.size(), 3U);
  const auto& b = described.at("b").value();
  EXPECT_EQ(b.coordinator, 2);
  EXPECT_EQ(b.state, TransactionState::ongoing);
  EXPECT_EQ(b.producer_id, 4);
  EXPECT_EQ(b.producer_epoch, 3);
  EXPECT_EQ(b.timeout, 60s);
  EXPECT_EQ(b.started, Timestamp(1'700'000'000'000ms));
  EXPECT_EQ(b.partitions, (std::vector<TopicPartition>{{"t", 2}, {"u", 0}, {"u", 1}}));
  EXPECT_EQ(found, Strings{"a b c "});
  EXPECT_EQ(seen, (Strings{"1: a c", "2: b"}));
  EXPECT_LT(world.sim.now() - began, 100ms);
}

TEST_F(TransactionCoordinators, one_that_moved_is_found_again) {
  errors["a"] = {ErrorCode::not_coordinator};
  world.broker(1).on<DescribeTransactionsRequest>(
      [this](const DescribeTransactionsRequest& request, std::int16_t) {
        coordinators["a"] = 2;
        return describe(1, request);
      });
  const auto described = world.wait(world.admin().describe_transactions({"a", "c"}, {})).value();
  EXPECT_EQ(described.at("a").value().coordinator, 2);
  EXPECT_EQ(described.at("c").value().coordinator, 1);
  EXPECT_EQ(seen, (Strings{"1: a c", "2: a"}));
}

TEST_F(TransactionCoordinators, each_id_has_its_own_error) {
  errors["a"] = {ErrorCode::transactional_id_not_found};
  errors["b"] = {ErrorCode::coordinator_load_in_progress};
  errors["c"] = {ErrorCode::transactional_id_authorization_failed};
  const std::string long_id(40'000, 'x');
  const auto described =
      world.wait(world.admin().describe_transactions({"a", "b", "c", "", long_id}, {})).value();
  EXPECT_EQ(code_of(described, "a"), ErrorCode::transactional_id_not_found);
  EXPECT_EQ(code_of(described, "b"), ErrorCode::none);
  EXPECT_EQ(code_of(described, "c"), ErrorCode::transactional_id_authorization_failed);
  EXPECT_EQ(code_of(described, ""), ErrorCode::invalid_argument);
  EXPECT_EQ(code_of(described, long_id), ErrorCode::invalid_argument);
  EXPECT_NE(described.at("a").error().message().find("'a'"), std::string::npos);
}

TEST_F(TransactionCoordinators, are_found_one_by_one_where_brokers_are_older) {
  find_with(3);
  coordinators["a"] = -1;
  world.sim.after(1s, [this] { coordinators["a"] = 2; });
  const auto described = world.wait(world.admin().describe_transactions({"a", "b"}, {})).value();
  EXPECT_EQ(code_of(described, "a"), ErrorCode::none);
  ASSERT_GE(found.size(), 2U);
  EXPECT_EQ(found[0], "a ");
  EXPECT_EQ(found[1], "b ");
  // One that is not there yet does not keep the other waiting.
  EXPECT_EQ(seen, (Strings{"2: b", "2: a"}));
}

TEST_F(TransactionCoordinators, one_without_a_coordinator_holds_no_other_up) {
  coordinators["b"] = -1;
  const auto described =
      world.wait(world.admin().describe_transactions({"a", "b"}, {.timeout = 3s})).value();
  EXPECT_EQ(code_of(described, "a"), ErrorCode::none);
  EXPECT_EQ(code_of(described, "b"), ErrorCode::timed_out);
  EXPECT_LT(found.size(), 30U);
}

TEST_F(TransactionCoordinators, one_that_is_gone_holds_no_other_up) {
  coordinators["a"] = 3;  // no broker of the cluster
  const auto described =
      world.wait(world.admin().describe_transactions({"a", "b"}, {.timeout = 3s})).value();
  EXPECT_EQ(code_of(described, "a"), ErrorCode::timed_out);
  EXPECT_EQ(code_of(described, "b"), ErrorCode::none);
  EXPECT_LT(found.size(), 30U);
  // Perhaps the cluster has changed: it is asked, but not all the time.
  const int asked =
      world.broker(1).requests(ApiKey::metadata) + world.broker(2).requests(ApiKey::metadata);
  EXPECT_GT(asked, 1);
  EXPECT_LT(asked, 30);
}

TEST_F(TransactionCoordinators, one_that_joined_the_cluster_later_is_reached) {
  bool joined = false;
  world.broker(1).on<MetadataRequest>([&](const MetadataRequest&, std::int16_t) {
    auto response = world.metadata();
    if (!joined) response.brokers.pop_back();
    return response;
  });
  ASSERT_TRUE(world.wait(world.admin().describe_transactions({"a"}, {})));
  joined = true;
  const auto described =
      world.wait(world.admin().describe_transactions({"b"}, {.timeout = 5s})).value();
  EXPECT_EQ(described.at("b").value().coordinator, 2);
}

TEST_F(TransactionCoordinators, are_not_believed_when_they_leave_out_or_repeat) {
  world.broker(1).on<DescribeTransactionsRequest>(
      [](const DescribeTransactionsRequest&, std::int16_t) {
        DescribeTransactionsResponse response;
        for (const auto* id : {"a", "a", "stranger"}) {
          response.transaction_states.emplace_back().transactional_id = id;
        }
        return response;
      });
  const auto described = world.wait(world.admin().describe_transactions({"a", "c"}, {})).value();
  EXPECT_EQ(described.size(), 2U);
  EXPECT_EQ(code_of(described, "a"), ErrorCode::unknown_server_error);
  EXPECT_EQ(code_of(described, "c"), ErrorCode::unknown_server_error);
}

TEST_F(TransactionCoordinators, that_are_left_out_of_an_answer_are_an_error) {
  world.broker(1).on<FindCoordinatorRequest>([](const FindCoordinatorRequest&, std::int16_t) {
    FindCoordinatorResponse response;
    response.coordinators.push_back({.key = "stranger", .node_id = BrokerId(1)});
    return response;
  });
  world.node(2).crash(simulation::Crash::process);
  const auto described = world.wait(world.admin().describe_transactions({"a"}, {})).value();
  EXPECT_EQ(code_of(described, "a"), ErrorCode::unknown_server_error);
}

TEST_F(TransactionCoordinators, fence_one_producer_after_the_other) {
  const auto fenced = world.wait(world.admin().fence_producers({"a", "b", "c"}, {})).value();
  EXPECT_EQ(fenced.at("a").value(), (FencedProducer{9, 1}));
  EXPECT_EQ(fenced.at("b").value(), (FencedProducer{9, 1}));
  EXPECT_EQ(seen, (Strings{"1: a", "2: b", "1: c"}));
}

TEST_F(TransactionCoordinators, fence_the_others_while_one_is_being_ended) {
  errors["a"] = {ErrorCode::concurrent_transactions, ErrorCode::concurrent_transactions};
  errors["b"] = {ErrorCode::transactional_id_authorization_failed};
  const auto fenced = world.wait(world.admin().fence_producers({"a", "b", "c"}, {})).value();
  EXPECT_EQ(code_of(fenced, "a"), ErrorCode::none);
  EXPECT_EQ(code_of(fenced, "b"), ErrorCode::transactional_id_authorization_failed);
  EXPECT_EQ(seen, (Strings{"1: a", "2: b", "1: c", "1: a", "1: a"}));
}

TEST_F(TransactionCoordinators, that_answer_without_a_producer_id_have_fenced_nobody) {
  const auto fenced = world.wait(world.admin().fence_producers({"hostile"}, {})).value();
  EXPECT_EQ(code_of(fenced, "hostile"), ErrorCode::unknown_server_error);
}

TEST_F(TransactionCoordinators, terminate_by_fencing) {
  EXPECT_TRUE(world.wait(world.admin().force_terminate_transaction("b", {})));
  EXPECT_EQ(seen, Strings{"2: b"});
  errors["a"] = {ErrorCode::transactional_id_authorization_failed};
  const auto refused = world.wait(world.admin().force_terminate_transaction("a", {}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::transactional_id_authorization_failed);
  EXPECT_EQ(world.wait(world.admin().force_terminate_transaction("", {})).error().code(),
            ErrorCode::invalid_argument);
}

// Partition n of topic "t" is led by `leaders[n]`.
class PartitionLeaders : public testing::Test {
 protected:
  void SetUp() override {
    for (const int id : {1, 2}) {
      world.broker(id).on<MetadataRequest>([this](const MetadataRequest& request, std::int16_t) {
        auto response = world.metadata();
        if (!request.topics) return response;
        for (const auto& asked : *request.topics) {
          auto& topic = response.topics.emplace_back();
          topic.name = asked.name;
          for (std::size_t n = 0; n < leaders.size(); ++n) {
            auto& partition = topic.partitions.emplace_back();
            partition.partition_index = static_cast<std::int32_t>(n);
            partition.leader_id = BrokerId(leaders[n]);
          }
        }
        return response;
      });
      world.broker(id).on<DescribeProducersRequest>(
          [this, id](const DescribeProducersRequest& request, std::int16_t) {
            return describe(id, request);
          });
      world.broker(id).on<WriteTxnMarkersRequest>(
          [this, id](const WriteTxnMarkersRequest& request, std::int16_t) {
            return write(id, request);
          });
    }
  }

  // An error unless the broker leads the partition.
  ErrorCode check(int broker, std::int32_t partition) const {
    return leaders.at(static_cast<std::size_t>(partition)) == broker
               ? ErrorCode::none
               : ErrorCode::not_leader_or_follower;
  }

  DescribeProducersResponse describe(int broker, const DescribeProducersRequest& request) {
    DescribeProducersResponse response;
    for (const auto& asked : request.topics) {
      auto& topic = response.topics.emplace_back();
      topic.name = asked.name;
      for (const auto index : asked.partition_indexes) {
        seen.push_back(std::to_string(broker) + " " + std::to_string(index));
        auto& partition = topic.partitions.emplace_back();
        partition.partition_index = index;
        partition.error_code = check(broker, index);
        partition.active_producers.push_back(
            {ProducerId(4), 3, Sequence(7), 1'700'000'000'000, -1, protocol::kNoOffset});
        partition.active_producers.push_back(
            {ProducerId(5), 0, Sequence(-1), 1'700'000'000'000, 2, Offset(66)});
      }
    }
    return response;
  }

  WriteTxnMarkersResponse write(int broker, const WriteTxnMarkersRequest& request) {
    WriteTxnMarkersResponse response;
    for (const auto& marker : request.markers) {
      markers.push_back(marker);
      topics.emplace_back(marker.topics.at(0).name);
      const auto index = marker.topics.at(0).partition_indexes.at(0);
      auto error = check(broker, index);
      if (error == ErrorCode::none) error = refusal;
      response.markers.push_back(
          {marker.producer_id, {{marker.topics.at(0).name, {{index, error}}}}});
    }
    return response;
  }

  AdminWorld world;
  std::vector<std::int32_t> leaders{1, 2, 1};
  ErrorCode refusal = ErrorCode::none;
  Strings seen;
  std::vector<WriteTxnMarkersRequest::Marker> markers;  // but for the names of their topics
  Strings topics;
};

TEST_F(PartitionLeaders, tell_of_their_producers) {
  const auto described =
      world.wait(world.admin().describe_producers({{"t", 0}, {"t", 1}, {"t", 2}}, {})).value();
  ASSERT_EQ(described.size(), 3U);
  const Timestamp when(1'700'000'000'000ms);
  EXPECT_EQ(described.at({"t", 1}).value(),
            (std::vector<ProducerState>{{4, 3, 7, when, std::nullopt, std::nullopt},
                                        {5, 0, -1, when, 2, 66}}));
  EXPECT_EQ(seen, (Strings{"1 0", "1 2", "2 1"}));
}

TEST_F(PartitionLeaders, that_lead_no_more_are_looked_up_again) {
  leaders = {2};
  ASSERT_TRUE(world.wait(world.admin().describe_producers({{"t", 0}}, {})));
  world.broker(2).on<DescribeProducersRequest>(
      [this](const DescribeProducersRequest& request, std::int16_t) {
        leaders = {1};
        return describe(2, request);
      });
  const auto described = world.wait(world.admin().describe_producers({{"t", 0}}, {})).value();
  EXPECT_TRUE(described.at({"t", 0}));
  EXPECT_EQ(seen, (Strings{"2 0", "2 0", "1 0"}));
}

TEST_F(PartitionLeaders, are_not_asked_where_a_broker_is_named) {
  const auto described =
      world.wait(world.admin().describe_producers({{"t", 0}, {"t", 1}}, {.broker = 2})).value();
  EXPECT_EQ(code_of(described, TopicPartition{"t", 0}), ErrorCode::not_leader_or_follower);
  EXPECT_TRUE(described.at({"t", 1}));
  EXPECT_EQ(seen, (Strings{"2 0", "2 1"}));
  const auto nobody =
      world.wait(world.admin().describe_producers({{"t", 0}}, {.timeout = 2s, .broker = 7}));
  EXPECT_EQ(nobody.error().code(), ErrorCode::timed_out);
}

TEST_F(PartitionLeaders, write_the_marker_of_a_hanging_transaction) {
  ASSERT_TRUE(world.wait(world.admin().abort_transaction(
      {.partition = {"t", 1}, .producer_id = 5, .producer_epoch = 3, .coordinator_epoch = 8}, {})));
  ASSERT_EQ(markers.size(), 1U);
  EXPECT_EQ(markers[0].producer_id, ProducerId(5));
  EXPECT_EQ(markers[0].producer_epoch, ProducerEpoch(3));
  EXPECT_EQ(markers[0].coordinator_epoch, 8);
  EXPECT_FALSE(markers[0].transaction_result);
  EXPECT_EQ(markers[0].transaction_version, 0);
  EXPECT_EQ(topics, Strings{"t"});
}

TEST_F(PartitionLeaders, refuse_to_abort_what_they_know_better) {
  for (const auto code :
       {ErrorCode::invalid_producer_epoch, ErrorCode::transaction_coordinator_fenced,
        ErrorCode::cluster_authorization_failed, ErrorCode::not_enough_replicas_after_append}) {
    refusal = code;
    const auto aborted =
        world.wait(world.admin().abort_transaction({{"t", 0}, 5, 3, 0}, {.timeout = 5s}));
    EXPECT_EQ(aborted.error().code(), code);
    EXPECT_EQ(aborted.error().context().partition, 0);
  }
  EXPECT_EQ(markers.size(), 4U) << "no second one of what may be written already";
}

TEST_F(PartitionLeaders, that_answer_for_another_producer_have_aborted_nothing) {
  world.broker(1).on<WriteTxnMarkersRequest>([](const WriteTxnMarkersRequest&, std::int16_t) {
    WriteTxnMarkersResponse response;
    response.markers.push_back({ProducerId(6), {{"t", {{0, ErrorCode::none}}}}});
    return response;
  });
  const auto aborted = world.wait(world.admin().abort_transaction({{"t", 0}, 5, 3, 0}, {}));
  EXPECT_EQ(aborted.error().code(), ErrorCode::unknown_server_error);
}

TEST_F(PartitionLeaders, of_a_partition_that_is_not_there_abort_nothing) {
  const auto aborted = world.wait(world.admin().abort_transaction({{"t", 9}, 5, 3, 0}, {}));
  EXPECT_EQ(aborted.error().code(), ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(world.wait(world.admin().abort_transaction({}, {})).error().code(),
            ErrorCode::invalid_topic_exception);
}

TEST(TransactionStates, have_kafkas_names) {
  EXPECT_EQ(to_string(TransactionState::ongoing), "Ongoing");
  EXPECT_EQ(to_string(TransactionState::prepare_epoch_fence), "PrepareEpochFence");
  EXPECT_EQ(to_string(TransactionState::unknown), "Unknown");
}

}  // namespace
}  // namespace ottla::client
