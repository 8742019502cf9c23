#include <string>
#include <vector>

#include "base/file.h"
#include "broker/metadata/metadata_batch.h"
#include "broker/metadata/metadata_loader.h"
#include "broker/metadata/metadata_record.h"
#include "broker/metadata/quorum_state.h"
#include "protocol/record/record_batch.h"
#include "tests/fuzz/fuzz_target.h"

// Any bytes as what a data directory holds. The first names the file: the segment of a metadata
// log, a snapshot, quorum-state, or one record, which then is applied as the log's only one.
namespace ottla::fuzz {
namespace {

using namespace ottla::broker;  // NOLINT: a fuzz target

std::string stamped(std::string batch, std::int64_t offset) {
  protocol::stamp_offsets(batch.data(), Offset(offset), LeaderEpoch(1));
  return batch;
}

std::string control(const ControlRecord& record) {
  const auto encoded = encode_control_record(record, 0).value();
  return control_batch({&encoded, 1}, 0);
}

std::vector<MetadataRecord> some_records() {
  RegisterBrokerRecord broker;
  broker.broker_epoch = 1;
  broker.end_points = {{"PLAINTEXT", "localhost", 9092, 0}};
  broker.log_dirs = {{1, 2}};
  PartitionRecord partition;
  partition.topic_id = {1, 1};
  partition.partition_id = 0;
  partition.replicas = partition.isr = {BrokerId(0)};
  partition.leader_epoch = LeaderEpoch(0);
  partition.partition_epoch = 0;
  PartitionChangeRecord change;
  change.topic_id = {1, 1};
  change.partition_id = 0;
  change.leader = BrokerId(0);
  return {FeatureLevelRecord{.name = "metadata.version", .feature_level = 25},
          broker,
          TopicRecord{.name = "topic", .topic_id = {1, 1}},
          partition,
          change,
          ConfigRecord{.resource_type = 2, .resource_name = "topic", .name = "a", .value = "b"},
          ProducerIdsRecord{.next_producer_id = ProducerId(1000)},
          RemoveTopicRecord{.topic_id = {1, 1}}};
}

void load_with(std::string_view name, BytesView contents) {
  const auto root = base::make_memory_directory();
  const auto metadata = root->create_directory(kMetadataLogDirectory).value();
  if (!metadata->replace_file(name, contents)) return;
  const auto loaded = load_metadata(*root, base::Logger());
  if (!loaded) return;
  OTTLA_ASSERT(loaded->log_end_offset >= loaded->log_start_offset, "a log ends behind its start");
  OTTLA_ASSERT(loaded->image->last_offset() + 1 == loaded->log_end_offset,
               "an image stands for the whole log");
}

}  // namespace

std::vector<std::string> seeds() {
  const auto records = encode_metadata_batches(some_records(), 0).value().front();
  std::vector<std::string> made;
  made.push_back('\0' + stamped(control(LeaderChangeMessage{.voters = {{}}}), 0) +
                 stamped(records, 1));
  made.push_back('\1' + stamped(control(SnapshotHeaderRecord()), 0) + stamped(records, 1) +
                 stamped(control(SnapshotFooterRecord()), 9));
  made.push_back('\2' + QuorumState{.leader_id = 1, .leader_epoch = 7}.to_json());
  for (const auto& record : some_records()) {
    made.push_back('\3' + encode_metadata_record(record, written_version(record)).value());
  }
  return made;
}

}  // namespace ottla::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ottla;          // NOLINT: a fuzz target
  using namespace ottla::broker;  // NOLINT: a fuzz target
  const auto input = fuzz::begin(data, size);
  if (input.empty()) return 0;
  const auto body = input.substr(1);
  switch (data[0] % 4) {
    case 0:
      fuzz::load_with("00000000000000000000.log", body);
      break;
    case 1:
      fuzz::load_with("00000000000000000009-0000000001.checkpoint", body);
      break;
    case 2:
      fuzz::load_with(kQuorumStateFile, body);
      break;
    default: {
      const std::vector<std::string> value{std::string(body)};
      auto batch = metadata_batch_of_values(value, 0);
      protocol::stamp_offsets(batch.data(), Offset(0), LeaderEpoch(1));
      fuzz::load_with("00000000000000000000.log", batch);
    }
  }
  return 0;
}
