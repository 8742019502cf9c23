#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <string>

#include "broker/metadata/controller.h"
#include "broker/metadata/metadata_loader.h"
#include "broker/metadata/quorum_state.h"
#include "broker/metadata/unified_metadata_log.h"
#include "tests/unit/log/file_tree.h"
#include "tests/unit/log/manual_loop.h"
#include "tests/unit/metadata/metadata_files.h"

// Every byte of every file of the metadata is changed, and every file is cut at every length. Each
// must be found out, or do no harm, or be in the table of what KRaft's files leave without a
// checksum. (Of meta.properties the same is asked in tests/unit/log/bit_rot_test.cc.) Nothing keeps
// a start from ending, well or with an error.
namespace ottla::broker {
namespace {

constexpr std::string_view kBootstrap = "bootstrap.checkpoint";

std::string below_metadata(std::string_view name) {
  return std::string(kMetadataLogDirectory) + "/" + std::string(name);
}

// Everything that the files say, as text.
std::string text_of(const MetadataImage& image) {
  std::string text;
  const auto add = [&text](const auto& word) { text += std::to_string(word) + " "; };
  for (const auto* topic : image.topics()) {
    text += topic->name + topic->id.to_string();
    for (const auto& [number, partition] : topic->partitions) {
      add(number);
      add(partition.leader.value);
      add(partition.leader_epoch.value);
      add(partition.partition_epoch);
      for (const auto& id : partition.directories) text += id.to_string();
      for (const auto& id : partition.in_sync_replicas) add(id.value);
    }
    for (const auto& [key, value] : image.topic_configs(topic->name)) text += key + "=" + value;
  }
  for (const auto& [id, broker] : image.brokers()) {
    add(id.value);
    add(broker.epoch);
    add(broker.fenced);
    text += broker.incarnation_id.to_string();
    for (const auto& endpoint : broker.endpoints) text += endpoint.host;
  }
  for (const auto& [name, level] : image.features()) text += name + std::to_string(level);
  add(image.next_producer_id().value);
  return text;
}

std::string text_of(const LoadedMetadata& loaded) {
  auto text = text_of(*loaded.image);
  for (const auto number : {loaded.log_start_offset.value, loaded.log_end_offset.value,
                            std::int64_t{loaded.last_epoch}, std::int64_t{loaded.kraft_version}}) {
    text += "/" + std::to_string(number);
  }
  for (const auto& record : loaded.bootstrap_records) text += record;
  return text;
}

// One start on a directory: what was read, and whether anybody complained.
class Start {
 public:
  explicit Start(const FileTree& files) : root_(write_tree(files)) {
    auto loaded = load_metadata(*root_, logger());
    if (!loaded) {
      complained = true;
      return;
    }
    seen = text_of(*loaded);
    run(*std::move(loaded));
  }

  // What it leaves, once it has made a topic and stopped.
  FileTree files() const {
    FileTree found;
    const auto metadata = root_->open_directory(kMetadataLogDirectory).value();
    const auto entries = metadata->list();
    for (const auto& entry : *entries) {
      found[below_metadata(entry.name)] = metadata->read_file(entry.name).value();
    }
    return found;
  }

  std::string seen;
  bool complained = false;

 private:
  base::Logger logger() {
    return base::Logger([this](LogLevel, std::string_view, std::string_view) { complained = true; },
                        LogLevel::warn, "metadata");
  }

  void run(LoadedMetadata loaded) {
    FlushScheduler flush(loop_, root_, base::Logger());
    const MetadataLogPlace place{&loop_, root_, &flush, logger(), Durability::fsync};
    Controller::Deps deps{.loop = loop_,
                          .log_directory = *root_,
                          .logger = base::Logger(),
                          .random = base::Random(1),
                          .config = config_,
                          .open_log = [place, start = loaded.log_start_offset](auto done) {
                            open_metadata_log(place, start, std::move(done));
                          }};
    Controller controller(std::move(deps), {.cluster_id = "c", .directories = {.online = {{5, 6}}}},
                          std::move(loaded));
    std::optional<Result<void>> ended;
    controller.start([&](Result<void> started) { ended = std::move(started); });
    loop_.run();
    ASSERT_TRUE(ended);
    complained |= !*ended;
    if (!*ended) return loop_.drop_everything();
    NewTopic topic;
    topic.name = "topic-" + std::to_string(controller.raft_epoch());
    topic.num_partitions = 2;
    controller.create_topics({std::move(topic)}, false, std::chrono::seconds(5), [](auto) {});
    controller.allocate_producer_ids([](auto) {});
    loop_.run();
    ended.reset();
    controller.stop([&](Result<void> stopped) { ended = std::move(stopped); });
    loop_.run();
    ASSERT_TRUE(ended);
    loop_.drop_everything();
  }

  std::shared_ptr<base::Directory> root_;
  BrokerConfig config_;
  ManualLoop loop_;
};

// What the byte at `position` of the file means.
std::string field_of(const std::string& path, const std::string& bytes, std::size_t position) {
  namespace layout = protocol::batch_layout;
  const auto name = path.substr(path.find('/') + 1);
  const auto dot = name.rfind('.');
  const auto suffix = dot == std::string::npos ? name : name.substr(dot);
  if (suffix == ".index" || suffix == ".timeindex" || suffix == ".snapshot") return suffix;
  if (suffix != ".log" && suffix != ".checkpoint") return name;
  const auto kind = name == kBootstrap ? name : suffix;
  protocol::BatchIterator batches(bytes);
  std::size_t start = 0;
  for (protocol::RecordBatchView batch; batches.next(batch); start = batches.position()) {
    if (position >= batches.position()) continue;
    const auto at = position - start;
    if (at < layout::kBatchLength) return kind + " base offset";
    if (at < layout::kLeaderEpoch) return kind + " batch length";
    if (at < layout::kMagic) return kind + " leader epoch";
    return at < layout::kCrc ? kind + " magic" : kind + " under the checksum";
  }
  return kind + " end";
}

// What may do harm unseen, and what limits it.
const std::map<std::string, std::string> kUndetectable{
    {".log leader epoch", "raft epochs only rise: the next start goes above the greatest it finds"},
    {".checkpoint leader epoch", "as above"},
    {".log base offset, cut before it", "whole batches to the end are what a crash may leave"},
};

struct Verdict {
  std::size_t detected = 0;
  std::size_t harmless = 0;
  std::size_t unseen = 0;
};

class MetadataBitRot : public testing::Test {
 protected:
  // Written by three lives of a controller.
  static FileTree log_alone() {
    FileTree files;
    for (int life = 0; life < 3; ++life) files = Start(files).files();
    return files;
  }

  // A log that begins with a snapshot, and an older one.
  static FileTree with_snapshot() {
    std::vector<MetadataRecord> records{
        FeatureLevelRecord{.name = "metadata.version", .feature_level = 25},
        TopicRecord{.name = "kept", .topic_id = Uuid{1, 1000}}};
    FileTree files;
    const auto bytes = snapshot_bytes(records);
    files[below_metadata("00000000000000000100-0000000003.checkpoint")] = bytes;
    files[below_metadata("00000000000000000100.log")] =
        segment_bytes(100, 3, {batch_of_control(LeaderChangeMessage())});
    QuorumState state;
    state.leader_id = state.voter_id = 1;
    state.leader_epoch = 3;
    files[below_metadata(kQuorumStateFile)] = state.to_json();
    return files;
  }

  static FileTree bootstrap_alone() {
    return {{std::string(kBootstrap), snapshot_bytes({FeatureLevelRecord{.name = "metadata.version",
                                                                         .feature_level = 25}})}};
  }

  void rot(const std::string& title, const FileTree& files) {
    verdicts_.clear();
    const Start right(files);
    ASSERT_FALSE(right.complained);
    for (const auto& [path, bytes] : files) {
      for (std::size_t at = 0; at < bytes.size() && !HasFailure(); ++at) {
        SCOPED_TRACE(path + " byte " + std::to_string(at));
        const auto field = field_of(path, bytes, at);
        auto changed = bytes;
        changed[at] = static_cast<char>(changed[at] ^ (1 << (at * 5 % 8)));
        try_with(files, path, std::move(changed), field, right.seen);
        const bool first = at == 0 || field != field_of(path, bytes, at - 1);
        try_with(files, path, bytes.substr(0, at),
                 field + (first ? ", cut before it" : ", cut in it"), right.seen);
      }
    }
    print(title);
  }

 private:
  void try_with(const FileTree& files, const std::string& path, std::string bytes,
                const std::string& field, const std::string& right) {
    auto changed = files;
    changed[path] = std::move(bytes);
    const Start start(changed);
    auto& verdict = verdicts_[field];
    if (start.complained) {
      ++verdict.detected;
    } else if (start.seen == right) {
      ++verdict.harmless;
    } else {
      ++verdict.unseen;
      EXPECT_TRUE(kUndetectable.contains(field)) << path << ": " << field << " did harm, unseen";
    }
  }

  void print(const std::string& title) const {
    std::cout << title << "\n  detected harmless unseen\n";
    for (const auto& [field, verdict] : verdicts_) {
      const auto limit = kUndetectable.find(field);
      const bool show = verdict.unseen > 0 && limit != kUndetectable.end();
      std::printf("  %8zu %8zu %6zu  %s%s\n", verdict.detected, verdict.harmless, verdict.unseen,
                  field.c_str(), show ? (": " + limit->second).c_str() : "");
    }
  }

  std::map<std::string, Verdict> verdicts_;
};

TEST_F(MetadataBitRot, of_a_log_is_found_or_harmless_or_in_the_table) {
  rot("A log of three lives:", log_alone());
}

TEST_F(MetadataBitRot, of_a_snapshot_is_found_or_harmless_or_in_the_table) {
  rot("A snapshot, and the log behind it:", with_snapshot());
}

TEST_F(MetadataBitRot, of_what_Kafkas_format_tool_leaves_is_found_or_harmless) {
  rot("bootstrap.checkpoint:", bootstrap_alone());
}

}  // namespace
}  // namespace ottla::broker
