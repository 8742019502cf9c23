#include "broker/log/log_dirs.h"

#include <gtest/gtest.h>

#include <map>

#include "broker/log/file_names.h"
#include "tests/simulation/sim_disk.h"
#include "tests/unit/log/log_fixture.h"

namespace ottla::broker {
namespace {

using simulation::DiskCall;
using simulation::DiskFault;
using simulation::PowerCut;
using simulation::SimDisk;

const TopicPartition kA0{"a", 0};
const TopicPartition kB0{"b", 0};
const Error kBroken(ErrorCode::io_error, "no such disk");

// Two log directories, each on a disk of its own; the first has the metadata, too.
class LogDirsTest : public testing::Test {
 protected:
  Result<void> start() {
    dirs.reset();
    offline.clear();
    const auto directories = given();
    const auto survey = survey_directories(directories, protocol::BrokerId(1));
    if (!survey) return survey.error();
    auto opened = open_directories(directories, *survey, protocol::BrokerId(1), random);
    if (!opened) return opened.error();
    dirs = std::make_unique<LogDirs>(loop, std::move(*opened), base::Random(1), lines.logger(),
                                     LogManagerOptions());
    dirs->set_on_offline([this](const OfflineDirectory& lost) { offline.push_back(lost); });
    Result<void> result = ErrorCode::timed_out;
    dirs->load(
        [](LogManager::Found& found) {
          found.topic_id = kTopicId;
          return LogConfig();
        },
        [&](Result<void> done) { result = std::move(done); });
    loop.run();
    return result;
  }

  std::vector<DataDirectory> given() {
    std::vector<DataDirectory> directories;
    const auto add = [&](const std::string& path, SimDisk& disk, bool metadata) {
      std::shared_ptr<base::Directory> opened = disk.open(path);
      const Result<std::shared_ptr<base::Directory>> broken = kBroken;
      directories.push_back({path, missing == path ? broken : opened, true, metadata});
    };
    add("/one", first, metadata_in == "/one");
    add("/two", second, metadata_in == "/two");
    return directories;
  }

  Result<void> stop() {
    Result<void> result = ErrorCode::timed_out;
    dirs->close(5, [&](Result<void> done) { result = std::move(done); });
    loop.run();
    kill();
    return result;
  }

  void kill() {
    loop.drop_everything();
    dirs.reset();
    loop.drop_everything();
    first.process_crash();
    second.process_crash();
  }

  UnifiedLog& create(const TopicPartition& at, std::size_t directory) {
    return *dirs->create_log(at, kTopicId, dirs->online().at(directory), LogConfig()).value();
  }

  static Result<AppendInfo> append(UnifiedLog& log) {
    auto batch = make_batch("value");
    auto done = log.append_as_leader(batch, LeaderEpoch(1));
    log.flush_soon();
    return done;
  }

  // One log in each, with a record that is durable.
  void make_both() {
    ASSERT_TRUE(append(create(kA0, 0)));
    ASSERT_TRUE(append(create(kB0, 1)));
    loop.run();
    ASSERT_EQ(dirs->find(kA0)->high_watermark(), Offset(1));
    ASSERT_EQ(dirs->find(kB0)->high_watermark(), Offset(1));
  }

  static bool is_in(SimDisk& disk, const std::string& path, std::string_view name) {
    return disk.open(path)->exists(name);
  }

  void expect_refused(ErrorCode code, std::string_view mentioned) {
    const auto started = start();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code(), code) << started.error();
    EXPECT_NE(started.error().to_string().find(mentioned), std::string::npos) << started.error();
  }

  LogLines lines;
  ManualLoop loop;
  base::Random random{7};
  SimDisk first{1};
  SimDisk second{2};
  std::string metadata_in = "/one";
  std::string missing;
  std::unique_ptr<LogDirs> dirs;
  std::vector<OfflineDirectory> offline;
};

TEST_F(LogDirsTest, each_has_its_own_files_and_all_are_of_one_cluster) {
  ASSERT_TRUE(start());
  make_both();
  ASSERT_TRUE(stop());
  EXPECT_TRUE(is_in(first, "/one", "a-0"));
  EXPECT_TRUE(is_in(second, "/two", "b-0"));
  const auto one = MetaProperties::parse(first.open("/one")->read_file(kMetaProperties).value());
  const auto two = MetaProperties::parse(second.open("/two")->read_file(kMetaProperties).value());
  EXPECT_EQ(one->cluster_id, two->cluster_id);
  EXPECT_NE(one->directory_id, two->directory_id);
  for (const auto name : {kCleanShutdownFile, kRecoveryPointCheckpoint, kLogStartCheckpoint}) {
    EXPECT_TRUE(is_in(first, "/one", name)) << name;
    EXPECT_TRUE(is_in(second, "/two", name)) << name;
  }
  ASSERT_TRUE(start());
  EXPECT_EQ(dirs->find(kB0)->log_end_offset(), Offset(1));
  EXPECT_EQ(dirs->directory_of(kA0), one->directory_id);
  EXPECT_EQ(dirs->directory_of(kB0), two->directory_id);
  EXPECT_EQ(dirs->directory_of({"c", 0}), std::nullopt);
}

TEST_F(LogDirsTest, a_new_directory_joins_the_cluster_of_the_others) {
  missing = "/two";
  ASSERT_TRUE(start());
  const auto cluster = dirs->meta().cluster_id;
  ASSERT_TRUE(stop());
  missing.clear();
  ASSERT_TRUE(start());
  const auto two = MetaProperties::parse(second.open("/two")->read_file(kMetaProperties).value());
  EXPECT_EQ(two->cluster_id, cluster);
}

TEST_F(LogDirsTest, the_survey_tells_of_a_log_in_two_directories_and_writes_nothing) {
  ASSERT_TRUE(start());
  make_both();
  ASSERT_TRUE(stop());
  ASSERT_TRUE(second.open("/two/a-0"));
  const auto changes = first.changes() + second.changes();
  const auto survey = survey_directories(given(), protocol::BrokerId(1)).value();
  ASSERT_EQ(survey.in_several.size(), 1U);
  EXPECT_EQ(survey.in_several[0].partition, kA0);
  const auto& copies = survey.in_several[0].copies;
  ASSERT_EQ(copies.size(), 2U);
  EXPECT_EQ(copies[0].path, "/one");
  EXPECT_EQ(copies[0].topic_id, kTopicId);
  EXPECT_EQ(copies[1].path, "/two");
  EXPECT_TRUE(copies[1].topic_id.is_zero());
  EXPECT_EQ(first.changes() + second.changes(), changes);
  EXPECT_TRUE(is_in(first, "/one", kCleanShutdownFile));
}

TEST_F(LogDirsTest, the_survey_tells_which_are_new_and_the_ids_of_the_others) {
  missing = "/two";
  ASSERT_TRUE(start());
  const auto id = dirs->online().at(0);
  ASSERT_TRUE(stop());
  const auto lacking = survey_directories(given(), protocol::BrokerId(1)).value().of_each;
  EXPECT_EQ(lacking.at(0).id, id);
  EXPECT_FALSE(lacking.at(0).is_new);
  EXPECT_FALSE(lacking.at(1).is_new);
  EXPECT_TRUE(lacking.at(1).failed.has_value());
  missing.clear();
  EXPECT_TRUE(survey_directories(given(), protocol::BrokerId(1)).value().of_each.at(1).is_new);
}

TEST_F(LogDirsTest, directories_that_do_not_belong_together_are_refused) {
  ASSERT_TRUE(start());
  ASSERT_TRUE(stop());
  const auto one = first.open("/one")->read_file(kMetaProperties).value();
  ASSERT_TRUE(second.open("/two")->replace_file(kMetaProperties, one));
  expect_refused(ErrorCode::invalid_config, "copy");
  auto foreign = *MetaProperties::parse(one);
  foreign.directory_id = {77, 7};
  foreign.cluster_id = "another";
  ASSERT_TRUE(second.open("/two")->replace_file(kMetaProperties, foreign.to_text()));
  expect_refused(ErrorCode::inconsistent_cluster_id, "another");
  foreign.node_id = protocol::BrokerId(9);
  ASSERT_TRUE(second.open("/two")->replace_file(kMetaProperties, foreign.to_text()));
  expect_refused(ErrorCode::invalid_config, "node.id 9");
  ASSERT_TRUE(second.open("/two")->replace_file(kMetaProperties, "version=1\n"));
  expect_refused(ErrorCode::corrupt_data, "/two/meta.properties");
}

TEST_F(LogDirsTest, a_directory_in_use_is_refused) {
  auto held = second.open("/two")->lock(kLockFile);
  ASSERT_TRUE(held);
  expect_refused(ErrorCode::already_in_use, "/two");
}

// An empty metadata log would make strays of all that is there.
TEST_F(LogDirsTest, metadata_in_another_directory_than_the_settings_say_are_refused) {
  ASSERT_TRUE(start());
  ASSERT_TRUE(stop());
  ASSERT_TRUE(first.open("/one/__cluster_metadata-0"));
  metadata_in = "/two";
  expect_refused(ErrorCode::invalid_config, "/one");
  ASSERT_TRUE(first.open("/one")->remove("__cluster_metadata-0"));
  ASSERT_TRUE(second.open("/two")->remove(kMetaProperties));
  expect_refused(ErrorCode::invalid_config, "metadata.log.dir");
}

TEST_F(LogDirsTest, one_that_cannot_be_opened_is_done_without_unless_the_metadata_are_there) {
  ASSERT_TRUE(start());
  make_both();
  ASSERT_TRUE(stop());
  missing = "/two";
  ASSERT_TRUE(start());
  EXPECT_FALSE(dirs->all_online());
  EXPECT_EQ(dirs->online().size(), 1U);
  EXPECT_NE(dirs->find(kA0), nullptr);
  EXPECT_EQ(dirs->find(kB0), nullptr);
  EXPECT_TRUE(lines.mention("/two is offline"));
  ASSERT_TRUE(stop());
  missing = "/one";
  expect_refused(ErrorCode::io_error, "no such disk");
}

TEST_F(LogDirsTest, one_that_cannot_be_read_is_done_without) {
  ASSERT_TRUE(start());
  make_both();
  ASSERT_TRUE(stop());
  second.inject({.call = DiskCall::read});
  ASSERT_TRUE(start());
  EXPECT_FALSE(dirs->all_online());
  EXPECT_EQ(dirs->find(kA0)->log_end_offset(), Offset(1));
}

class AFailingDisk : public LogDirsTest, public testing::WithParamInterface<DiskCall> {};

TEST_P(AFailingDisk, takes_its_own_logs_along_and_no_others) {
  ASSERT_TRUE(start());
  make_both();
  second.inject({.call = GetParam()});
  auto& lost = *dirs->find(kB0);
  (void)append(lost);
  ASSERT_TRUE(append(*dirs->find(kA0)));
  loop.advance(std::chrono::seconds(1));
  ASSERT_EQ(offline.size(), 1U);
  EXPECT_EQ(offline[0].path, "/two");
  EXPECT_EQ(std::optional(offline[0].id), dirs->directory_of(kB0));
  EXPECT_FALSE(offline[0].vital);
  EXPECT_TRUE(lost.offline());
  EXPECT_EQ(lost.high_watermark(), Offset(1));
  EXPECT_EQ(append(lost).error().code(), ErrorCode::kafka_storage_error);
  EXPECT_EQ(dirs->find(kA0)->high_watermark(), Offset(2));
  EXPECT_EQ(dirs->online().size(), 1U);
  EXPECT_EQ(dirs->create_log({"c", 0}, kTopicId, offline[0].id, LogConfig()).error().code(),
            ErrorCode::kafka_storage_error);
  // The others are shut down cleanly.
  ASSERT_TRUE(stop());
  EXPECT_TRUE(is_in(first, "/one", kCleanShutdownFile));
  EXPECT_FALSE(is_in(second, "/two", kCleanShutdownFile));
  // What was acknowledged is there when the disk is.
  second.clear_faults();
  second.power_cut(PowerCut::any);
  ASSERT_TRUE(start());
  EXPECT_GE(dirs->find(kB0)->log_end_offset(), Offset(1));
  EXPECT_EQ(dirs->find(kA0)->log_end_offset(), Offset(2));
}

INSTANTIATE_TEST_SUITE_P(Calls, AFailingDisk, testing::Values(DiskCall::write, DiskCall::sync));

TEST_F(LogDirsTest, a_checkpoint_that_cannot_be_written_takes_its_directory_offline) {
  ASSERT_TRUE(start());
  make_both();
  second.inject({.path_contains = std::string(kHighWatermarkCheckpoint)});
  loop.advance(std::chrono::seconds(6));
  ASSERT_EQ(offline.size(), 1U);
  EXPECT_EQ(offline[0].path, "/two");
}

TEST_F(LogDirsTest, a_full_disk_takes_nothing_offline) {
  ASSERT_TRUE(start());
  make_both();
  second.inject({.call = DiskCall::write, .code = ErrorCode::no_space, .times = 1});
  EXPECT_EQ(append(*dirs->find(kB0)).error().code(), ErrorCode::kafka_storage_error);
  ASSERT_TRUE(append(*dirs->find(kB0)));
  loop.run();
  EXPECT_EQ(dirs->find(kB0)->high_watermark(), Offset(2));
  EXPECT_TRUE(offline.empty());
}

TEST_F(LogDirsTest, the_broker_cannot_do_without_the_metadata_nor_without_any) {
  ASSERT_TRUE(start());
  make_both();
  first.inject({.call = DiskCall::sync});
  ASSERT_TRUE(append(*dirs->find(kA0)));
  loop.run();
  ASSERT_EQ(offline.size(), 1U);
  EXPECT_TRUE(offline[0].vital);
}

TEST_F(LogDirsTest, deleted_records_are_written_down_where_their_logs_are) {
  ASSERT_TRUE(start());
  make_both();
  ASSERT_TRUE(dirs->find(kB0)->advance_log_start_offset(Offset(1)));
  Result<void> written = ErrorCode::timed_out;
  dirs->checkpoint_log_start_offsets({kB0, kB0}, [&](Result<void> done) { written = done; });
  loop.run();
  ASSERT_TRUE(written) << written.error();
  kill();
  ASSERT_TRUE(start());
  EXPECT_EQ(dirs->find(kB0)->log_start_offset(), Offset(1));
  EXPECT_EQ(dirs->find(kA0)->log_start_offset(), Offset(0));
}

TEST_F(LogDirsTest, a_log_is_deleted_where_it_is) {
  ASSERT_TRUE(start());
  make_both();
  ASSERT_TRUE(dirs->delete_log(kB0));
  EXPECT_EQ(dirs->find(kB0), nullptr);
  EXPECT_FALSE(is_in(second, "/two", "b-0"));
  EXPECT_EQ(dirs->delete_log(kB0).error().code(), ErrorCode::unknown_topic_or_partition);
}

}  // namespace
}  // namespace ottla::broker
