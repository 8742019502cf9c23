#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "broker/metadata/controller.h"
#include "tests/unit/log/manual_loop.h"
#include "tests/unit/metadata/file_metadata_log.h"

namespace ottla::broker {

inline constexpr std::string_view kFirstSegment = "00000000000000000000.log";

// One controller on a directory in memory, from load to stop, as often as a test likes.
class ControllerFixture : public testing::Test {
 protected:
  ~ControllerFixture() override { controller.reset(); }

  Result<LoadedMetadata> load() { return load_metadata(*directory, base::Logger()); }

  // Loads and makes the controller, and starts it.
  Result<void> start() {
    auto loaded = load();
    if (!loaded) return loaded.error();
    start_loaded(*std::move(loaded));
    loop.run();
    return started;
  }

  void start_loaded(LoadedMetadata loaded) {
    controller.reset();
    const Offset end = loaded.log_end_offset;
    Controller::Deps deps{.loop = loop,
                          .log_directory = *directory,
                          .logger = base::Logger(),
                          .random = base::Random(++seed),
                          .config = config,
                          .open_log = [this, end](auto done) { open_log(end, std::move(done)); }};
    controller = std::make_unique<Controller>(std::move(deps), identity(), std::move(loaded));
    controller->on_image([this](const auto& image, const MetadataChanges& change) {
      images.push_back(image);
      changes.push_back(change);
    });
    started = Error(ErrorCode::timed_out);
    controller->start([this](Result<void> result) { started = std::move(result); });
  }

  Controller::Identity identity() const {
    return {.node_id = BrokerId(1),
            .cluster_id = "cluster",
            .directories = directories,
            .rack = std::nullopt,
            .endpoints = {{"PLAINTEXT", "127.0.0.1", 9092, 0}}};
  }

  void open_log(Offset end, base::UniqueFunction<void(Result<std::unique_ptr<MetadataLog>>)> done) {
    auto metadata = directory->open_directory(kMetadataLogDirectory).value();
    auto file = metadata->open(kFirstSegment, base::OpenMode::create).value();
    auto opened = std::make_unique<FileMetadataLog>(loop, std::move(file), end);
    log = opened.get();
    log->hold = hold_log;
    done(Result<std::unique_ptr<MetadataLog>>(std::move(opened)));
  }

  Result<void> stop() {
    Result<void> stopped = Error(ErrorCode::timed_out);
    controller->stop([&stopped](Result<void> result) { stopped = std::move(result); });
    loop.run();
    return stopped;
  }

  Result<CreatedTopic> create(NewTopic topic) {
    auto results = create_all({std::move(topic)});
    return results.empty() ? Result<CreatedTopic>(Error(ErrorCode::timed_out))
                           : results.front().result;
  }

  std::vector<CreateTopicResult> create_all(std::vector<NewTopic> topics, bool validate = false) {
    std::vector<CreateTopicResult> answer;
    controller->create_topics(std::move(topics), validate, std::chrono::seconds(5),
                              [&answer](auto results) { answer = std::move(results); });
    loop.run();
    return answer;
  }

  std::vector<DeleteTopicResult> delete_all(std::vector<TopicToDelete> topics) {
    std::vector<DeleteTopicResult> answer;
    controller->delete_topics(std::move(topics), std::chrono::seconds(5),
                              [&answer](auto results) { answer = std::move(results); });
    loop.run();
    return answer;
  }

  Result<ProducerIdBlock> allocate() {
    Result<ProducerIdBlock> block = Error(ErrorCode::timed_out);
    controller->allocate_producer_ids([&block](auto result) { block = std::move(result); });
    loop.run();
    return block;
  }

  std::string log_bytes() {
    return directory->open_directory(kMetadataLogDirectory)
        .value()
        ->read_file(kFirstSegment)
        .value();
  }

  static constexpr Uuid kDirectoryId{0x1111, 0x2222};
  OwnDirectories directories{.online = {kDirectoryId}};
  ManualLoop loop;
  std::unique_ptr<base::Directory> directory = base::make_memory_directory();
  BrokerConfig config;
  std::unique_ptr<Controller> controller;
  FileMetadataLog* log = nullptr;
  bool hold_log = false;
  std::uint64_t seed = 0;
  Result<void> started;
  std::vector<std::shared_ptr<const MetadataImage>> images;
  std::vector<MetadataChanges> changes;
};

}  // namespace ottla::broker
