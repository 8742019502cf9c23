#include "broker/metadata/controller.h"

#include <gtest/gtest.h>

#include "broker/metadata/control_records.h"
#include "broker/metadata/quorum_state.h"
#include "protocol/record/record_batch.h"
#include "protocol/record/record_reader.h"
#include "tests/unit/metadata/controller_fixture.h"

namespace ottla::broker {
namespace {

using ControllerStart = ControllerFixture;
using ControllerRequests = ControllerFixture;

// The names of the records in each batch; "[...]" for control batches.
std::vector<std::vector<std::string>> record_names(const std::string& bytes) {
  std::vector<std::vector<std::string>> batches;
  protocol::BatchIterator iterator(bytes);
  for (protocol::RecordBatchView batch; iterator.next(batch);) {
    EXPECT_TRUE(batch.verify_crc());
    auto& names = batches.emplace_back();
    protocol::RecordReader records(batch, batch.records());
    for (protocol::RecordView record; records.next(record);) {
      if (batch.is_control()) {
        const auto control = parse_control_record(record).value();
        names.push_back(std::holds_alternative<LeaderChangeMessage>(control) ? "[LeaderChange]"
                                                                             : "[other]");
      } else {
        names.emplace_back(record_name(parse_metadata_record(*record.value).value()));
      }
    }
  }
  return batches;
}

const PartitionImage& partition(const Controller& controller, std::string_view topic, int number) {
  const auto* found = controller.image()->find_partition(topic, number);
  EXPECT_NE(found, nullptr) << topic << "-" << number;
  static const PartitionImage kNone;
  return found != nullptr ? *found : kNone;
}

TEST_F(ControllerStart, a_new_cluster_begins_as_Kafka_expects_it) {
  ASSERT_TRUE(start()) << started.error();
  using Names = std::vector<std::vector<std::string>>;
  EXPECT_EQ(record_names(log_bytes()),
            (Names{{"[LeaderChange]"},
                   {"FeatureLevelRecord", "FeatureLevelRecord", "FeatureLevelRecord"},
                   {"RegisterBrokerRecord"},
                   {"BrokerRegistrationChangeRecord"}}));
  EXPECT_EQ(controller->raft_epoch(), 1);
  EXPECT_EQ(controller->broker_epoch(), 4);
  const auto& image = *controller->image();
  EXPECT_EQ(image.cluster_id(), "cluster");
  EXPECT_EQ(image.last_offset(), Offset(5));
  EXPECT_EQ(image.last_epoch(), 1);
  EXPECT_EQ(image.feature("metadata.version"), 25);
  EXPECT_EQ(image.feature("group.version"), 1);
  EXPECT_EQ(image.feature("transaction.version"), 2);
  const auto* broker = image.find_broker(BrokerId(1));
  ASSERT_NE(broker, nullptr);
  EXPECT_FALSE(broker->fenced);
  EXPECT_EQ(broker->epoch, 4);
  EXPECT_EQ(broker->directories, std::vector<Uuid>{kDirectoryId});
  ASSERT_NE(broker->find_endpoint("PLAINTEXT"), nullptr);
  EXPECT_EQ(broker->find_endpoint("PLAINTEXT")->port, 9092);
}

TEST_F(ControllerStart, the_quorum_state_is_written_before_the_log) {
  hold_log = true;
  auto loaded = load();
  ASSERT_TRUE(loaded);
  start_loaded(*std::move(loaded));
  EXPECT_FALSE(directory->exists(kMetadataLogDirectory));
  loop.run();
  const auto text =
      directory->open_directory(kMetadataLogDirectory).value()->read_file(kQuorumStateFile);
  ASSERT_TRUE(text) << text.error();
  EXPECT_EQ(*text,
            "{\"clusterId\":\"\",\"leaderId\":1,\"leaderEpoch\":1,\"votedId\":-1,"
            "\"appliedOffset\":0,\"currentVoters\":[{\"voterId\":1}],\"data_version\":0}");
}

TEST_F(ControllerStart, is_not_done_before_everything_is_durable) {
  hold_log = true;
  EXPECT_FALSE(start());
  EXPECT_TRUE(images.empty());
  EXPECT_EQ(create({.name = "early"}).error().code(), ErrorCode::not_controller);
  log->release();
  loop.run();
  EXPECT_TRUE(started);
  EXPECT_EQ(images.size(), 1U);
}

TEST_F(ControllerStart, every_start_opens_an_epoch_and_elects_again) {
  ASSERT_TRUE(start());
  const auto created = create({.name = "orders", .num_partitions = 2});
  ASSERT_TRUE(created) << created.error();
  EXPECT_EQ(partition(*controller, "orders", 0).leader_epoch, LeaderEpoch(0));
  for (int run = 1; run <= 3; ++run) {
    ASSERT_TRUE(start()) << started.error();
    EXPECT_EQ(controller->raft_epoch(), run + 1);
    for (const int number : {0, 1}) {
      const auto& now = partition(*controller, "orders", number);
      EXPECT_EQ(now.leader, BrokerId(1));
      EXPECT_EQ(now.leader_epoch, LeaderEpoch(run));
      EXPECT_EQ(now.partition_epoch, run);
      EXPECT_EQ(now.in_sync_replicas, std::vector<BrokerId>{BrokerId(1)});
      EXPECT_EQ(now.directories, std::vector<Uuid>{kDirectoryId});
    }
  }
}

TEST_F(ControllerStart, topics_ids_settings_and_producer_ids_survive) {
  ASSERT_TRUE(start());
  const auto orders = create({.name = "orders",
                              .num_partitions = 3,
                              .configs = {{"retention.ms", "1000"}, {"segment.bytes", "2000000"}}});
  ASSERT_TRUE(orders) << orders.error();
  ASSERT_TRUE(create({.name = "gone"}));
  EXPECT_EQ(allocate().value().first, ProducerId(0));
  ASSERT_TRUE(delete_all({{.name = "gone", .id = {}}}).front().result);
  ASSERT_TRUE(stop());
  ASSERT_TRUE(start()) << started.error();
  const auto& image = *controller->image();
  EXPECT_EQ(image.topic_count(), 1U);
  const auto* topic = image.find_topic(orders->id);
  ASSERT_NE(topic, nullptr);
  EXPECT_EQ(topic->name, "orders");
  EXPECT_EQ(topic->partitions.size(), 3U);
  EXPECT_EQ(image.topic_configs("orders"),
            (ConfigMap{{"retention.ms", "1000"}, {"segment.bytes", "2000000"}}));
  EXPECT_EQ(allocate().value(), (ProducerIdBlock{ProducerId(1000), 1000}));
  ASSERT_EQ(changes.back().changed_topics.size(), 0U);
}

TEST_F(ControllerStart, the_first_change_has_every_topic_and_setting) {
  ASSERT_TRUE(start());
  ASSERT_TRUE(create({.name = "b", .configs = {{"retention.ms", "5"}}}));
  ASSERT_TRUE(create({.name = "a"}));
  images.clear();
  changes.clear();
  ASSERT_TRUE(start());
  ASSERT_EQ(changes.size(), 1U);
  ASSERT_EQ(changes[0].changed_topics.size(), 2U);
  EXPECT_EQ(changes[0].changed_topics[0]->name, "a");
  EXPECT_EQ(changes[0].changed_topics[0]->find(0)->leader_epoch, LeaderEpoch(1));
  EXPECT_EQ(changes[0].changed_configs,
            (std::vector<ConfigResource>{{ConfigResourceType::topic, "b"}}));
  EXPECT_TRUE(changes[0].brokers_changed);
}

TEST_F(ControllerStart, a_clean_stop_leaves_no_leader_and_a_fenced_broker) {
  ASSERT_TRUE(start());
  ASSERT_TRUE(create({.name = "orders"}));
  ASSERT_TRUE(stop());
  EXPECT_TRUE(log->closed);
  const auto loaded = load();
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_EQ(loaded->image->find_partition("orders", 0)->leader, kNoLeader);
  EXPECT_EQ(loaded->image->find_partition("orders", 0)->leader_epoch, LeaderEpoch(1));
  EXPECT_TRUE(loaded->image->find_broker(BrokerId(1))->fenced);
  EXPECT_EQ(create({.name = "late"}).error().code(), ErrorCode::not_controller);
  ASSERT_TRUE(start());
  EXPECT_EQ(partition(*controller, "orders", 0).leader_epoch, LeaderEpoch(2));
}

TEST_F(ControllerStart, a_log_that_grew_since_it_was_read_is_refused) {
  ASSERT_TRUE(start());
  auto stale = load();
  ASSERT_TRUE(create({.name = "orders"}));
  const Offset real_end = log->log_end_offset();
  controller.reset();
  Controller::Deps deps{
      .loop = loop,
      .log_directory = *directory,
      .logger = base::Logger(),
      .random = base::Random(9),
      .config = config,
      .open_log = [this, real_end](auto done) { open_log(real_end, std::move(done)); }};
  controller = std::make_unique<Controller>(std::move(deps), identity(), *std::move(stale));
  Result<void> result;
  controller->start([&result](Result<void> r) { result = std::move(r); });
  loop.run();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::already_in_use);
}

TEST_F(ControllerStart, a_crash_between_any_two_batches_is_survived) {
  ASSERT_TRUE(start());
  ASSERT_TRUE(create({.name = "orders", .num_partitions = 2}));
  ASSERT_TRUE(start());
  ASSERT_TRUE(allocate());
  ASSERT_TRUE(create({.name = "later"}));
  ASSERT_TRUE(delete_all({{.name = "orders", .id = {}}}).front().result);
  ASSERT_TRUE(stop());
  const std::string whole = log_bytes();
  std::vector<std::size_t> cuts;
  protocol::BatchIterator iterator(whole);
  for (protocol::RecordBatchView batch; iterator.next(batch);) {
    cuts.push_back(iterator.position() - batch.size_in_bytes());
    cuts.push_back(iterator.position() - 1);  // torn
  }
  ASSERT_GT(cuts.size(), 20U);
  for (const auto cut : cuts) {
    SCOPED_TRACE("cut at byte " + std::to_string(cut));
    controller.reset();
    auto metadata = directory->open_directory(kMetadataLogDirectory).value();
    auto file = metadata->open(kFirstSegment, base::OpenMode::create_truncate).value();
    ASSERT_TRUE(file->write_at(0, BytesView(whole).substr(0, cut)));
    const auto before = load();
    ASSERT_TRUE(before) << before.error();
    // Recovery, which comes before the log is opened, cuts a torn batch off.
    std::size_t good = 0;
    for (protocol::BatchIterator i(BytesView(whole).substr(0, cut));;) {
      protocol::RecordBatchView batch;
      if (!i.next(batch)) break;
      good = i.position();
    }
    ASSERT_TRUE(file->truncate(good));
    ASSERT_TRUE(start()) << started.error();
    EXPECT_EQ(controller->image()->feature("metadata.version"), 25);
    EXPECT_FALSE(controller->image()->find_broker(BrokerId(1))->fenced);
    for (const auto* topic : controller->image()->topics()) {
      for (const auto& [number, p] : topic->partitions) {
        EXPECT_EQ(p.leader, BrokerId(1));
        const auto* old = before->image->find_partition(topic->name, number);
        ASSERT_NE(old, nullptr);
        EXPECT_EQ(p.leader_epoch, old->leader_epoch + 1);
      }
    }
    ASSERT_TRUE(create({.name = "after"}));
    ASSERT_TRUE(load());
  }
}

TEST_F(ControllerRequests, topics_are_answered_once_durable_and_published_before) {
  ASSERT_TRUE(start());
  log->hold = true;
  std::vector<CreateTopicResult> answer;
  controller->create_topics({{.name = "orders"}}, false, std::chrono::seconds(5),
                            [&](auto results) {
                              EXPECT_EQ(images.size(), 2U);
                              answer = std::move(results);
                            });
  loop.run();
  EXPECT_TRUE(answer.empty());
  EXPECT_EQ(controller->image()->find_topic("orders"), nullptr);
  log->release();
  loop.run();
  ASSERT_EQ(answer.size(), 1U);
  ASSERT_TRUE(answer[0].result);
  const auto* topic = controller->image()->find_topic("orders");
  ASSERT_NE(topic, nullptr);
  EXPECT_EQ(topic->id, answer[0].result->id);
  ASSERT_EQ(changes.back().changed_topics.size(), 1U);
  EXPECT_EQ(changes.back().changed_topics[0].get(), topic);
}

TEST_F(ControllerRequests, are_checked_against_what_is_in_flight) {
  ASSERT_TRUE(start());
  log->hold = true;
  std::vector<Result<CreatedTopic>> answers;
  const auto take = [&](auto results) { answers.push_back(results.front().result); };
  controller->create_topics({{.name = "orders"}}, false, {}, take);
  controller->create_topics({{.name = "orders"}}, false, {}, take);
  std::vector<ProducerIdBlock> blocks;
  for (int i = 0; i < 2; ++i) {
    controller->allocate_producer_ids([&](auto block) { blocks.push_back(block.value()); });
  }
  loop.run();
  EXPECT_TRUE(answers.empty());
  log->release();
  loop.run();
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_TRUE(answers[0]);
  EXPECT_EQ(answers[1].error().code(), ErrorCode::topic_already_exists);
  ASSERT_EQ(blocks.size(), 2U);
  EXPECT_EQ(blocks[0].first, ProducerId(0));
  EXPECT_EQ(blocks[1].first, ProducerId(1000));
}

// Asks twice for the same, the second time while the first is not durable.
class ControllerRepetitions : public ControllerFixture {
 protected:
  template <class Answers>
  auto take(Answers& into) {
    return [&into](auto results) {
      for (auto& each : results) into.push_back(std::move(each.result));
    };
  }

  void alter_configs(std::vector<Result<void>>& answers) {
    const ConfigAlteration alteration{{ConfigResourceType::broker, ""},
                                      {{.name = "message.max.bytes", .value = "4242"}}};
    controller->alter_configs({alteration}, AlterMode::incremental, false, take(answers));
  }

  void create_acl(std::vector<Result<void>>& answers) {
    controller->create_acls({{.resource_type = AclResourceType::topic,
                              .resource_name = "orders",
                              .pattern_type = AclPatternType::literal,
                              .principal = "User:alice",
                              .host = "*",
                              .operation = AclOperation::read,
                              .permission = AclPermission::allow}},
                            take(answers));
  }
};

TEST_F(ControllerRepetitions, are_answered_when_what_they_rest_on_is_durable) {
  ASSERT_TRUE(start());
  log->hold = true;
  std::vector<Result<void>> answers;
  for (int i = 0; i < 2; ++i) {
    create_acl(answers);
    alter_configs(answers);
  }
  const int appends = log->appends;
  loop.run();
  EXPECT_TRUE(answers.empty());
  EXPECT_EQ(log->appends, appends);
  log->release();
  loop.run();
  ASSERT_EQ(answers.size(), 4U);
  for (const auto& answer : answers) EXPECT_TRUE(answer) << answer.error();
  create_acl(answers);
  EXPECT_EQ(answers.size(), 5U);
}

TEST_F(ControllerRepetitions, fail_with_what_they_rest_on) {
  ASSERT_TRUE(start());
  log->hold = true;
  std::vector<Result<void>> answers;
  for (int i = 0; i < 2; ++i) create_acl(answers);
  log->release(Error(ErrorCode::kafka_storage_error, "the disk is gone"));
  loop.run();
  ASSERT_EQ(answers.size(), 2U);
  for (const auto& answer : answers) {
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code(), ErrorCode::kafka_storage_error);
  }
}

TEST_F(ControllerRepetitions, are_not_answered_once_the_controller_is_gone) {
  ASSERT_TRUE(start());
  log->hold = true;
  int told = 0;
  controller->allocate_producer_ids([&](const auto&) {
    ++told;
    controller.reset();
  });
  controller->create_acls({}, [&](const auto&) { ++told; });
  log->release();
  loop.run();
  EXPECT_EQ(told, 1);
}

TEST_F(ControllerRequests, who_hears_of_a_failed_sync_may_end_the_controller) {
  ASSERT_TRUE(start());
  log->hold = true;
  int told = 0;
  controller->allocate_producer_ids([&](const auto& block) {
    EXPECT_EQ(block.error().code(), ErrorCode::kafka_storage_error);
    ++told;
    controller.reset();
  });
  log->release(Error(ErrorCode::kafka_storage_error, "the disk is gone"));
  loop.run();
  EXPECT_EQ(told, 1);
}

TEST_F(ControllerRequests, elections_and_reassignments_are_refused_whole_once_it_has_stopped) {
  ASSERT_TRUE(start());
  ASSERT_TRUE(create({.name = "orders"}));
  std::vector<ErrorCode> codes;
  const auto take = [&codes](const Result<std::vector<PartitionResult>>& results) {
    codes.push_back(results ? ErrorCode::none : results.error().code());
  };
  const auto ask = [&] {
    controller->elect_leaders(ElectionType::preferred, std::nullopt, std::chrono::seconds(5), take);
    controller->elect_leaders(ElectionType::preferred, {{{"orders", 0}}}, std::chrono::seconds(5),
                              take);
    controller->reassign_partitions({{"orders", 0, std::nullopt}}, true, std::chrono::seconds(5),
                                    take);
  };
  ask();
  EXPECT_EQ(codes, std::vector(3, ErrorCode::none));
  ASSERT_TRUE(stop());
  codes.clear();
  ask();
  EXPECT_EQ(codes, std::vector(3, ErrorCode::not_controller));
}

TEST_F(ControllerRequests, a_commit_that_takes_too_long_is_answered_and_counts_all_the_same) {
  ASSERT_TRUE(start());
  log->hold = true;
  std::vector<CreateTopicResult> answer;
  controller->create_topics({{.name = "orders"}, {.name = "?"}}, false, std::chrono::seconds(5),
                            [&](auto results) { answer = std::move(results); });
  loop.advance(std::chrono::seconds(5));
  ASSERT_EQ(answer.size(), 2U);
  EXPECT_EQ(answer[0].result.error().code(), ErrorCode::request_timed_out);
  EXPECT_EQ(answer[1].result.error().code(), ErrorCode::invalid_topic_exception);
  log->release();
  loop.run();
  EXPECT_NE(controller->image()->find_topic("orders"), nullptr);
}

class ControllerErrors : public ControllerFixture {
 protected:
  // Somebody else's topic "t" is not durable yet.
  void SetUp() override {
    ASSERT_TRUE(start());
    log->hold = true;
    controller->create_topics({{.name = "t"}}, false, {}, [](const auto&) {});
  }

  void create_t_and(const std::string& other, std::chrono::milliseconds timeout = {}) {
    controller->create_topics(
        {{.name = "t"}, {.name = other}}, false, timeout, [this](const auto& results) {
          for (const auto& each : results) {
            codes.push_back(each.result ? ErrorCode::none : each.result.error().code());
          }
        });
  }

  void release(const Result<void>& result = {}) {
    log->release(result);
    loop.run();
  }

  using Codes = std::vector<ErrorCode>;
  Codes codes;
};

TEST_F(ControllerErrors, are_told_when_what_they_rest_on_is_durable) {
  create_t_and("?");
  EXPECT_EQ(codes, Codes{});
  release();
  EXPECT_EQ(codes, (Codes{ErrorCode::topic_already_exists, ErrorCode::invalid_topic_exception}));
}

TEST_F(ControllerErrors, are_not_told_when_what_they_rest_on_takes_too_long) {
  create_t_and("u", std::chrono::milliseconds(1));
  create_t_and("?", std::chrono::milliseconds(1));
  loop.advance(std::chrono::milliseconds(1));
  EXPECT_EQ(codes, Codes(4, ErrorCode::request_timed_out));
}

TEST_F(ControllerErrors, are_not_told_when_what_they_rest_on_fails) {
  create_t_and("u");
  create_t_and("?");
  release(Error(ErrorCode::kafka_storage_error, "the disk is gone"));
  EXPECT_EQ(codes, Codes(4, ErrorCode::kafka_storage_error));
}

TEST_F(ControllerErrors, wait_for_what_they_rest_on_where_the_rest_could_not_be_appended) {
  log->append_error = Error(ErrorCode::no_space, "full");
  create_t_and("u");
  EXPECT_EQ(codes, Codes{});
  release();
  EXPECT_EQ(codes, (Codes{ErrorCode::topic_already_exists, ErrorCode::no_space}));
}

TEST_F(ControllerRequests, a_failed_sync_ends_everything) {
  ASSERT_TRUE(start());
  log->hold = true;
  std::vector<ErrorCode> codes;
  for (const auto* name : {"a", "b"}) {
    controller->create_topics({{.name = name}}, false, {}, [&](auto results) {
      codes.push_back(results.front().result.error().code());
    });
  }
  log->release(Error(ErrorCode::kafka_storage_error, "the disk is gone"));
  loop.run();
  EXPECT_EQ(codes, std::vector(2, ErrorCode::kafka_storage_error));
  EXPECT_EQ(controller->image()->topic_count(), 0U);
  EXPECT_EQ(create({.name = "c"}).error().code(), ErrorCode::kafka_storage_error);
  EXPECT_EQ(allocate().error().code(), ErrorCode::kafka_storage_error);
  EXPECT_EQ(stop().error().code(), ErrorCode::kafka_storage_error);
}

TEST_F(ControllerRequests, an_append_that_did_not_happen_harms_only_its_request) {
  ASSERT_TRUE(start());
  log->append_error = Error(ErrorCode::no_space, "full");
  EXPECT_EQ(create({.name = "a"}).error().code(), ErrorCode::no_space);
  EXPECT_TRUE(create({.name = "a"}));
  EXPECT_TRUE(load());
}

TEST_F(ControllerRequests, deleting_is_published_with_the_topic_as_it_was) {
  ASSERT_TRUE(start());
  const auto orders = create({.name = "orders", .num_partitions = 2});
  ASSERT_TRUE(orders);
  const auto results = delete_all({{.name = std::nullopt, .id = orders->id}});
  ASSERT_EQ(results.size(), 1U);
  EXPECT_TRUE(results[0].result);
  EXPECT_EQ(results[0].name, "orders");
  ASSERT_EQ(changes.back().deleted_topics.size(), 1U);
  EXPECT_EQ(changes.back().deleted_topics[0]->partitions.size(), 2U);
  EXPECT_EQ(controller->image()->topic_count(), 0U);
  const auto again = create({.name = "orders"});
  ASSERT_TRUE(again);
  EXPECT_NE(again->id, orders->id);
}

TEST_F(ControllerRequests, validating_writes_nothing) {
  ASSERT_TRUE(start());
  const int appends = log->appends;
  const auto results = create_all({{.name = "orders"}, {.name = "a b"}}, true);
  ASSERT_EQ(results.size(), 2U);
  EXPECT_TRUE(results[0].result);
  EXPECT_EQ(results[1].result.error().code(), ErrorCode::invalid_topic_exception);
  EXPECT_EQ(log->appends, appends);
  EXPECT_EQ(controller->image()->topic_count(), 0U);
}

}  // namespace
}  // namespace ottla::broker
