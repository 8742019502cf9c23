#include "broker/log/log_manager.h"

#include <gtest/gtest.h>

#include <set>

#include "broker/log/file_names.h"
#include "tests/simulation/sim_disk.h"
#include "tests/unit/log/log_fixture.h"

namespace ottla::broker {
namespace {

// A broker's log directory over several lives.
class LogManagerTest : public ::testing::Test {
 protected:
  Result<void> start() {
    auto opened = LogDirectory::open(root, {}, random);
    if (!opened) return opened.error();
    manager = std::make_unique<LogManager>(loop, std::move(*opened), base::Random(1),
                                           lines.logger(), options);
    Result<void> result = ErrorCode::timed_out;
    manager->load(
        [this](const LogManager::Found& found) -> std::optional<LogConfig> {
          if (strays.count(found.partition) != 0) return {};
          return config;
        },
        [&](Result<void> done) { result = std::move(done); });
    loop.run();
    return result;
  }

  Result<void> stop(std::int64_t broker_epoch = 5) {
    Result<void> result = ErrorCode::timed_out;
    manager->close(broker_epoch, [&](Result<void> done) { result = std::move(done); });
    loop.run();
    manager.reset();
    loop.drop_everything();
    return result;
  }

  void kill() {
    loop.drop_everything();
    manager.reset();
    loop.drop_everything();
  }

  UnifiedLog& create(const TopicPartition& partition) {
    return *manager->create_log(partition, kTopicId, config).value();
  }

  static void append(UnifiedLog& log, int count) {
    for (int i = 0; i < count; ++i) {
      auto batch = make_batch("value");
      auto done = log.append_as_leader(batch, LeaderEpoch(1));
      ASSERT_TRUE(done) << done.error();
    }
  }

  std::vector<std::string> names() {
    std::vector<std::string> found;
    const auto entries = root->list();
    for (const auto& entry : *entries) found.push_back(entry.name);
    return found;
  }

  bool has_name(std::string_view part) {
    for (const auto& name : names()) {
      if (name.find(part) != std::string::npos) return true;
    }
    return false;
  }

  LogLines lines;
  ManualLoop loop;
  base::Random random{7};
  std::shared_ptr<base::Directory> root = base::make_memory_directory("data");
  LogConfig config;
  LogManagerOptions options;
  std::set<TopicPartition> strays;
  std::unique_ptr<LogManager> manager;
};

const TopicPartition kA0{"a", 0};
const TopicPartition kB7{"b-c", 7};

TEST_F(LogManagerTest, writes_down_whom_a_new_directory_belongs_to) {
  ASSERT_TRUE(start());
  const auto meta = MetaProperties::parse(root->read_file("meta.properties").value());
  ASSERT_TRUE(meta);
  EXPECT_EQ(meta->node_id, protocol::BrokerId(1));
  EXPECT_EQ(*meta, manager->directory().meta());
  EXPECT_FALSE(meta->directory_id.is_zero());
}

TEST_F(LogManagerTest, refuses_a_directory_in_use_by_name) {
  ASSERT_TRUE(start());
  auto second = LogDirectory::open(root, {}, random);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::already_in_use);
  EXPECT_NE(second.error().message().find("data"), std::string::npos);
}

TEST_F(LogManagerTest, refuses_the_directory_of_another_node_or_cluster) {
  ASSERT_TRUE(start());
  ASSERT_TRUE(stop());
  EXPECT_EQ(LogDirectory::open(root, {protocol::BrokerId(2), ""}, random).error().code(),
            ErrorCode::invalid_config);
  EXPECT_EQ(LogDirectory::open(root, {protocol::BrokerId(1), "other"}, random).error().code(),
            ErrorCode::inconsistent_cluster_id);
}

TEST_F(LogManagerTest, opens_its_logs_again_after_a_clean_stop) {
  ASSERT_TRUE(start());
  append(create(kA0), 3);
  append(create(kB7), 5);
  create({"empty", 0});
  ASSERT_TRUE(stop(42));
  EXPECT_EQ(root->read_file(".kafka_cleanshutdown").value(), "{\"version\":0,\"brokerEpoch\":42}");
  EXPECT_EQ(root->read_file("recovery-point-offset-checkpoint").value(), "0\n2\na 0 3\nb-c 7 5\n");
  EXPECT_EQ(root->read_file("replication-offset-checkpoint").value(), "0\n2\na 0 3\nb-c 7 5\n");
  EXPECT_EQ(root->read_file("log-start-offset-checkpoint").value(), "0\n0\n");

  ASSERT_TRUE(start());
  EXPECT_TRUE(manager->directory().was_clean());
  EXPECT_EQ(manager->directory().previous_broker_epoch(), 42);
  EXPECT_FALSE(root->exists(".kafka_cleanshutdown"));
  EXPECT_EQ(manager->logs().size(), 2u);
  EXPECT_EQ(manager->find(kA0)->log_end_offset(), Offset(3));
  EXPECT_EQ(manager->find(kB7)->high_watermark(), Offset(5));
  EXPECT_EQ(manager->find(kB7)->topic_id(), kTopicId);
  EXPECT_EQ(manager->find({"empty", 0}), nullptr);
}

TEST_F(LogManagerTest, opens_its_logs_again_after_a_kill_with_everything_synced) {
  ASSERT_TRUE(start());
  append(create(kA0), 3);
  append(create(kB7), 5);
  kill();
  ASSERT_TRUE(start());
  EXPECT_FALSE(manager->directory().was_clean());
  EXPECT_EQ(manager->find(kA0)->high_watermark(), Offset(3));
  EXPECT_EQ(manager->find(kB7)->high_watermark(), Offset(5));
}

TEST_F(LogManagerTest, keeps_an_untouched_log_clean_over_several_lives) {
  ASSERT_TRUE(start());
  append(create(kA0), 3);
  for (int life = 0; life < 3; ++life) {
    ASSERT_TRUE(stop());
    ASSERT_TRUE(start());
    EXPECT_EQ(manager->find(kA0)->recovery_point(), Offset(3));
  }
}

TEST_F(LogManagerTest, deletes_a_log_after_its_delay) {
  ASSERT_TRUE(start());
  append(create(kA0), 3);
  ASSERT_TRUE(manager->delete_log(kA0));
  EXPECT_EQ(manager->find(kA0), nullptr);
  EXPECT_FALSE(root->exists("a-0"));
  EXPECT_TRUE(has_name("-delete"));
  loop.advance(std::chrono::minutes(1));
  EXPECT_FALSE(has_name("-delete"));
  // The name is free again.
  append(create(kA0), 1);
  EXPECT_EQ(manager->delete_log(kB7).error().code(), ErrorCode::unknown_topic_or_partition);
}

TEST_F(LogManagerTest, finishes_deletions_of_an_earlier_life) {
  ASSERT_TRUE(start());
  append(create(kA0), 3);
  ASSERT_TRUE(manager->delete_log(kA0));
  kill();
  ASSERT_TRUE(start());
  loop.advance(base::Duration(0));
  EXPECT_FALSE(has_name("-delete"));
  EXPECT_TRUE(manager->logs().empty());
}

TEST_F(LogManagerTest, keeps_a_stray_under_another_name) {
  ASSERT_TRUE(start());
  append(create(kA0), 3);
  ASSERT_TRUE(stop());
  strays.insert(kA0);
  ASSERT_TRUE(start());
  EXPECT_EQ(manager->find(kA0), nullptr);
  EXPECT_TRUE(has_name("-stray"));
  EXPECT_TRUE(lines.mention(kTopicId.to_string()));
  ASSERT_TRUE(stop());
  ASSERT_TRUE(start());
  EXPECT_TRUE(has_name("-stray"));
}

TEST_F(LogManagerTest, does_not_take_the_place_of_a_log_that_cannot_be_opened) {
  ASSERT_TRUE(start());
  append(create(kA0), 3);
  ASSERT_TRUE(stop());
  ASSERT_TRUE(root->open_directory("a-0").value()->replace_file("partition.metadata", "?"));
  ASSERT_TRUE(start());
  EXPECT_EQ(manager->find(kA0), nullptr);
  EXPECT_EQ(manager->create_log(kA0, kTopicId, config).error().code(),
            ErrorCode::kafka_storage_error);
  EXPECT_TRUE(root->exists("a-0"));
}

TEST_F(LogManagerTest, writes_checkpoints_as_time_goes_by) {
  ASSERT_TRUE(start());
  append(create(kA0), 3);
  loop.advance(std::chrono::seconds(5));
  EXPECT_EQ(root->read_file("replication-offset-checkpoint").value(), "0\n1\na 0 3\n");
  ASSERT_TRUE(manager->find(kA0)->advance_log_start_offset(Offset(2)));
  loop.advance(std::chrono::seconds(60));
  EXPECT_EQ(root->read_file("log-start-offset-checkpoint").value(), "0\n1\na 0 2\n");
  kill();
  ASSERT_TRUE(start());
  EXPECT_EQ(manager->find(kA0)->log_start_offset(), Offset(2));
}

TEST_F(LogManagerTest, does_not_promise_a_clean_stop_that_was_not_synced) {
  config.durability = Durability::memory;
  ASSERT_TRUE(start());
  append(create(kA0), 3);
  ASSERT_TRUE(stop());
  EXPECT_FALSE(root->exists(".kafka_cleanshutdown"));
  ASSERT_TRUE(start());
  EXPECT_EQ(manager->find(kA0)->log_end_offset(), Offset(3));
}

TEST_F(LogManagerTest, does_not_promise_a_clean_stop_of_a_log_that_it_could_not_open) {
  ASSERT_TRUE(start());
  append(create({"a", 0}), 1);
  append(create({"b", 0}), 1);
  ASSERT_TRUE(stop());
  auto a = root->open_directory("a-0").value();
  const auto metadata = a->read_file(kPartitionMetadata).value();
  ASSERT_TRUE(a->replace_file(kPartitionMetadata, "rot"));
  ASSERT_TRUE(start());
  EXPECT_EQ(manager->find({"a", 0}), nullptr);
  ASSERT_TRUE(stop());
  EXPECT_FALSE(root->exists(kCleanShutdownFile));
  ASSERT_TRUE(a->replace_file(kPartitionMetadata, metadata));
  ASSERT_TRUE(start());
  EXPECT_EQ(manager->find({"a", 0})->log_end_offset(), Offset(1));
}

// A topic is deleted and made again: what the checkpoints say of the first is not the second's.
TEST_F(LogManagerTest, does_not_take_checkpoints_of_a_deleted_log_for_those_of_its_successor) {
  ASSERT_TRUE(start());
  const TopicPartition at{"a", 0};
  append(create(at), 5);
  loop.advance(std::chrono::seconds(1));
  ASSERT_TRUE(manager->find(at)->advance_log_start_offset(Offset(4)));
  manager->find(at)->advance_recovery_point();
  loop.run();
  loop.advance(std::chrono::seconds(61));
  EXPECT_NE(root->read_file(kLogStartCheckpoint).value().find("a 0 4"), std::string::npos);
  ASSERT_TRUE(manager->delete_log(at));
  auto& second = create(at);
  append(second, 2);
  second.flush_soon();
  // Nothing is promised while the old entries are on disk.
  while (root->read_file(kLogStartCheckpoint).value().find("a 0 4") != std::string::npos ||
         root->read_file(kRecoveryPointCheckpoint).value().find("a 0 5") != std::string::npos) {
    EXPECT_EQ(second.high_watermark(), Offset(0));
    ASSERT_GT(loop.works(), 0u);
    loop.run_one_work();
  }
  loop.run();
  EXPECT_EQ(second.high_watermark(), Offset(2));
  kill();
  ASSERT_TRUE(start());
  EXPECT_EQ(manager->find(at)->log_start_offset(), Offset(0));
  EXPECT_EQ(manager->find(at)->log_end_offset(), Offset(2));
}

TEST_F(LogManagerTest, leaves_the_metadata_log_to_others) {
  ASSERT_TRUE(root->create_directory("__cluster_metadata-0"));
  ASSERT_TRUE(start());
  EXPECT_TRUE(manager->logs().empty());
  EXPECT_TRUE(root->exists("__cluster_metadata-0"));
}

TEST_F(LogManagerTest, syncs_many_logs_at_once) {
  ASSERT_TRUE(start());
  for (int i = 0; i < 40; ++i) append(create({"t", i}), 1);
  manager->flush_scheduler().hurry();
  loop.run();
  EXPECT_EQ(manager->flush_scheduler().rounds(), 1u);
  for (auto* log : manager->logs()) EXPECT_EQ(log->high_watermark(), Offset(1));
  ASSERT_TRUE(stop());
  ASSERT_TRUE(start());
  EXPECT_TRUE(manager->directory().was_clean());
  EXPECT_EQ(manager->logs().size(), 40u);
}

// What a log's segments hold open is closed when others need it, and opened again when it is used.
class OpenFiles : public LogManagerTest, public ::testing::WithParamInterface<Durability> {};

TEST_P(OpenFiles, are_bounded_whatever_the_number_of_logs) {
  constexpr int count = 200;
  options.open_files = count + 80;  // a directory each, and 20 logs that may have four
  config.durability = GetParam();
  ASSERT_TRUE(start());
  for (int i = 0; i < count; ++i) create({"t", i});
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < count; ++i) {
      append(*manager->find({"t", i}), 1);
      manager->flush_scheduler().hurry();
      loop.run();
      ASSERT_LE(manager->open_logs(), 21u);
    }
  }
  for (auto* log : manager->logs()) {
    EXPECT_EQ(log->log_end_offset(), Offset(3));
    const auto read = LogFixture::read_from(loop, *log, Offset(0), kNoBound, 1 << 20, true);
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->size, 3 * make_batch("value").size());
    EXPECT_LE(manager->open_logs(), 21u);
  }
  ASSERT_TRUE(stop());
}

INSTANTIATE_TEST_SUITE_P(Log, OpenFiles, ::testing::Values(Durability::fsync, Durability::os),
                         [](const auto& durability) {
                           return std::string(durability.param == Durability::os ? "os" : "fsync");
                         });

TEST_F(LogManagerTest, closes_no_file_that_is_not_synced) {
  options.open_files = 0;
  ASSERT_TRUE(start());
  for (int i = 0; i < 20; ++i) append(create({"t", i}), 1);
  for (auto* log : manager->logs()) EXPECT_TRUE(log->segments().back().has_open_files());
  manager->flush_scheduler().hurry();
  loop.run();
  append(*manager->find({"t", 0}), 1);
  append(create({"t", 20}), 1);
  EXPECT_LT(manager->open_logs(), 20u);
  EXPECT_TRUE(manager->find({"t", 0})->segments().back().has_open_files());
}

TEST_F(LogManagerTest, forgets_the_open_files_of_deleted_logs) {
  ASSERT_TRUE(start());
  append(create(kA0), 1);
  EXPECT_EQ(manager->open_logs(), 1u);
  ASSERT_TRUE(manager->delete_log(kA0));
  EXPECT_EQ(manager->open_logs(), 0u);
}

TEST_F(LogManagerTest, tells_who_waits_for_a_repeated_checkpoint_while_it_closes) {
  ASSERT_TRUE(start());
  auto& log = create({"t", 0});
  append(log, 5);
  log.flush_soon();
  loop.run();
  std::vector<std::string> told;
  for (const auto* who : {"first", "second"}) {
    ASSERT_TRUE(log.advance_log_start_offset(log.log_start_offset() + 1));
    manager->checkpoint_log_start_offsets([&told, who](const Result<void>& written) {
      EXPECT_TRUE(written);
      told.emplace_back(who);
    });
  }
  ASSERT_TRUE(stop());
  EXPECT_EQ(told, (std::vector<std::string>{"first", "second"}));
}

// The partition's line in a checkpoint; empty if there is none.
std::string line_of(base::Directory& root, std::string_view checkpoint, const std::string& log) {
  if (!root.exists(checkpoint)) return {};
  const auto text = root.read_file(checkpoint).value();
  const auto at = text.find("\n" + log + " ");
  if (at == std::string::npos) return {};
  return text.substr(at + 1, text.find('\n', at + 1) - at - 1);
}

TEST_F(LogManagerTest, keeps_the_log_start_of_a_log_that_cannot_be_opened) {
  ASSERT_TRUE(start());
  append(create(kA0), 3);
  append(create(kB7), 3);
  loop.advance(std::chrono::seconds(1));
  ASSERT_TRUE(manager->find(kA0)->advance_log_start_offset(Offset(2)));
  ASSERT_TRUE(stop());
  auto a = root->open_directory("a-0").value();
  const auto metadata = a->read_file(kPartitionMetadata).value();
  ASSERT_TRUE(a->replace_file(kPartitionMetadata, "?"));
  ASSERT_TRUE(start());
  ASSERT_EQ(manager->find(kA0), nullptr);
  ASSERT_TRUE(manager->find(kB7)->advance_log_start_offset(Offset(1)));
  ASSERT_TRUE(stop());
  ASSERT_TRUE(a->replace_file(kPartitionMetadata, metadata));
  ASSERT_TRUE(start());
  EXPECT_EQ(manager->find(kA0)->log_start_offset(), Offset(2));
}

TEST_F(LogManagerTest, keeps_a_log_start_in_its_checkpoint_until_the_files_below_it_are_gone) {
  config.segment_bytes = 100;
  ASSERT_TRUE(start());
  auto& log = create(kA0);
  for (int i = 0; i < 4; ++i) {
    append(log, 1);
    manager->flush_scheduler().hurry();
    loop.run();
  }
  ASSERT_TRUE(log.advance_log_start_offset(Offset(2)));
  manager->checkpoint_log_start_offsets();
  loop.run();
  ASSERT_EQ(line_of(*root, kLogStartCheckpoint, "a 0"), "a 0 2");
  ASSERT_EQ(log.delete_old_segments(), 2u);
  ASSERT_EQ(log.first_segment_offset(), Offset(2));
  while (log.deleting()) {
    manager->checkpoint_log_start_offsets();
    ASSERT_GT(loop.works(), 0u);
    loop.run_last_work();
    if (root->open_directory("a-0").value()->exists(segment_file_name(Offset(0), kLogSuffix))) {
      EXPECT_EQ(line_of(*root, kLogStartCheckpoint, "a 0"), "a 0 2");
    }
    if (loop.works() > 0) loop.run_one_work();
  }
  manager->checkpoint_log_start_offsets();
  loop.run();
  EXPECT_EQ(line_of(*root, kLogStartCheckpoint, "a 0"), "");
}

// A checkpoint that tells of a log is on its way to the disk when that log is replaced.
TEST_F(LogManagerTest, holds_a_new_log_while_a_checkpoint_of_an_earlier_one_is_being_written) {
  ASSERT_TRUE(start());
  append(create(kA0), 5);
  loop.advance(std::chrono::seconds(1));
  ASSERT_TRUE(manager->find(kA0)->advance_log_start_offset(Offset(4)));
  manager->checkpoint_log_start_offsets();
  ASSERT_EQ(loop.works(), 1u);
  ASSERT_TRUE(manager->delete_log(kA0));
  auto& second = create(kA0);
  append(second, 2);
  second.flush_soon();
  loop.run_tasks();
  while (loop.works() > 1) {  // the first checkpoint is the last to be written
    loop.run_last_work();
    EXPECT_EQ(second.high_watermark(), Offset(0));
  }
  loop.run();
  EXPECT_EQ(line_of(*root, kLogStartCheckpoint, "a 0"), "");
  EXPECT_EQ(second.high_watermark(), Offset(2));
}

// Its own entries in checkpoints are none of an earlier log.
TEST_F(LogManagerTest, releases_a_held_log_once_a_checkpoint_that_failed_is_written) {
  simulation::SimDisk disk(3, {.would_block_one_in = 0});
  root = disk.open("/data");
  ASSERT_TRUE(start());
  append(create(kA0), 5);
  loop.advance(std::chrono::seconds(1));
  ASSERT_TRUE(manager->find(kA0)->advance_log_start_offset(Offset(4)));
  manager->find(kA0)->advance_recovery_point();
  loop.run();
  loop.advance(std::chrono::seconds(61));
  ASSERT_EQ(line_of(*root, kLogStartCheckpoint, "a 0"), "a 0 4");
  disk.inject({.call = simulation::DiskCall::entry,
               .code = ErrorCode::no_space,
               .path_contains = std::string(kLogStartCheckpoint)});
  ASSERT_TRUE(manager->delete_log(kA0));
  auto& second = create(kA0);
  append(second, 2);
  second.advance_recovery_point();
  loop.run();
  loop.advance(std::chrono::seconds(61));
  EXPECT_EQ(line_of(*root, kRecoveryPointCheckpoint, "a 0"), "a 0 2");
  EXPECT_EQ(second.high_watermark(), Offset(0));
  disk.clear_faults();
  loop.advance(std::chrono::seconds(61));
  EXPECT_EQ(second.high_watermark(), Offset(2));
  manager.reset();
  loop.drop_everything();
  root.reset();
}

}  // namespace
}  // namespace ottla::broker
