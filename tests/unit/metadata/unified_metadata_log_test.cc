#include "broker/metadata/unified_metadata_log.h"

#include <gtest/gtest.h>

#include "broker/metadata/controller.h"
#include "tests/unit/log/manual_loop.h"

namespace ottla::broker {
namespace {

// A controller on a real UnifiedLog.
class ControllerOnUnifiedLog : public testing::Test {
 protected:
  ~ControllerOnUnifiedLog() override { crash(); }

  Result<void> start(Durability durability = Durability::fsync) {
    auto loaded = load_metadata(*directory, base::Logger());
    if (!loaded) return loaded.error();
    flush = std::make_unique<FlushScheduler>(loop, directory, base::Logger());
    const MetadataLogPlace place{&loop, directory, flush.get(), base::Logger(), durability};
    Controller::Deps deps{.loop = loop,
                          .log_directory = *directory,
                          .logger = base::Logger(),
                          .random = base::Random(++seed),
                          .config = config,
                          .open_log = [place, start = loaded->log_start_offset](auto done) {
                            open_metadata_log(place, start, std::move(done));
                          }};
    Controller::Identity identity;
    identity.cluster_id = "cluster";
    identity.directories.online = {{5, 6}};
    controller =
        std::make_unique<Controller>(std::move(deps), std::move(identity), *std::move(loaded));
    Result<void> started = Error(ErrorCode::timed_out);
    controller->start([&started](Result<void> result) { started = std::move(result); });
    loop.run();
    return started;
  }

  Result<CreatedTopic> create(std::string name) {
    Result<CreatedTopic> created = Error(ErrorCode::timed_out);
    controller->create_topics({{.name = std::move(name)}}, false, std::chrono::seconds(5),
                              [&created](auto results) { created = results.front().result; });
    loop.run();
    return created;
  }

  void crash() {
    loop.drop_everything();
    controller.reset();
    flush.reset();
    loop.drop_everything();
  }

  std::unique_ptr<base::Directory> metadata_directory() {
    return directory->open_directory(kMetadataLogDirectory).value();
  }

  ManualLoop loop;
  std::shared_ptr<base::Directory> directory = base::make_memory_directory();
  BrokerConfig config;
  std::unique_ptr<FlushScheduler> flush;
  std::unique_ptr<Controller> controller;
  std::uint64_t seed = 0;
};

TEST_F(ControllerOnUnifiedLog, keeps_topics_over_crashes_and_stops) {
  for (const auto durability : {Durability::fsync, Durability::os, Durability::memory}) {
    const auto before = start(durability);
    ASSERT_TRUE(before) << before.error();
    const auto number = std::to_string(controller->raft_epoch());
    ASSERT_TRUE(create("topic-" + number));
    crash();
    ASSERT_TRUE(start(durability));
    EXPECT_NE(controller->image()->find_topic("topic-" + number), nullptr);
    Result<void> stopped = Error(ErrorCode::timed_out);
    controller->stop([&stopped](Result<void> result) { stopped = std::move(result); });
    loop.run();
    EXPECT_TRUE(stopped) << stopped.error();
    crash();
  }
  ASSERT_TRUE(start());
  EXPECT_EQ(controller->image()->topic_count(), 3U);
  EXPECT_EQ(controller->raft_epoch(), 7);
}

TEST_F(ControllerOnUnifiedLog, has_the_files_that_Kafka_looks_for) {
  ASSERT_TRUE(start());
  ASSERT_TRUE(create("orders"));
  Result<void> stopped = Error(ErrorCode::timed_out);
  controller->stop([&stopped](Result<void> result) { stopped = std::move(result); });
  loop.run();
  ASSERT_TRUE(stopped) << stopped.error();
  const auto metadata = metadata_directory();
  EXPECT_EQ(metadata->read_file("partition.metadata").value(),
            "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ");
  for (const auto* name : {"quorum-state", "00000000000000000000.log", "00000000000000000000.index",
                           "00000000000000000000.timeindex", "leader-epoch-checkpoint"}) {
    EXPECT_TRUE(metadata->exists(name)) << name;
  }
  EXPECT_EQ(metadata->read_file("leader-epoch-checkpoint").value(), "0\n1\n1 0\n");
}

TEST_F(ControllerOnUnifiedLog, a_torn_batch_is_cut_off_and_the_log_goes_on) {
  ASSERT_TRUE(start());
  ASSERT_TRUE(create("kept"));
  ASSERT_TRUE(create("torn"));
  crash();
  auto file = metadata_directory()->open("00000000000000000000.log", base::OpenMode::read_write);
  ASSERT_TRUE((*file)->truncate((*file)->size().value() - 7));
  const auto started = start();
  ASSERT_TRUE(started) << started.error();
  EXPECT_NE(controller->image()->find_topic("kept"), nullptr);
  EXPECT_EQ(controller->image()->find_topic("torn"), nullptr);
  ASSERT_TRUE(create("torn"));
  crash();
  ASSERT_TRUE(start());
  EXPECT_EQ(controller->image()->topic_count(), 2U);
}

}  // namespace
}  // namespace ottla::broker
