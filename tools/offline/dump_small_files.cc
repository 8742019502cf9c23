#include <algorithm>
#include <array>
#include <string>

#include "broker/log/file_names.h"
#include "broker/log/leader_epoch_cache.h"
#include "broker/log/meta_properties.h"
#include "broker/log/offset_checkpoint.h"
#include "broker/log/partition_metadata.h"
#include "broker/metadata/quorum_state.h"
#include "tools/offline/dump.h"

// Files that kafka-dump-log does not know.
namespace ottla::tools {
namespace {

using Printer = Result<void> (*)(std::ostream& out, BytesView text);

Result<void> print_offset_checkpoint(std::ostream& out, BytesView text) {
  const auto checkpoint = broker::parse_offset_checkpoint(text);
  if (!checkpoint) return checkpoint.error();
  for (const auto& [partition, offset] : *checkpoint) {
    out << "topic: " << partition.topic << " partition: " << partition.partition
        << " offset: " << offset.value << '\n';
  }
  return {};
}

Result<void> print_epochs(std::ostream& out, BytesView text) {
  const auto epochs = broker::LeaderEpochCache::parse(text);
  if (!epochs) return epochs.error();
  for (const auto& entry : epochs->entries()) {
    out << "epoch: " << entry.epoch.value << " startOffset: " << entry.start_offset.value << '\n';
  }
  return {};
}

Result<void> print_partition_metadata(std::ostream& out, BytesView text) {
  const auto id = broker::parse_partition_metadata(text);
  if (!id) return id.error();
  out << "version: 0 topicId: " << id->to_string() << '\n';
  return {};
}

Result<void> print_meta_properties(std::ostream& out, BytesView text) {
  const auto meta = broker::MetaProperties::parse(text);
  if (!meta) return meta.error();
  out << "version: 1 clusterId: " << meta->cluster_id << " nodeId: " << meta->node_id.value;
  if (!meta->directory_id.is_zero()) out << " directoryId: " << meta->directory_id.to_string();
  out << '\n';
  return {};
}

Result<void> print_quorum_state(std::ostream& out, BytesView text) {
  const auto state = broker::QuorumState::parse(text);
  if (!state) return state.error();
  out << "dataVersion: " << state->data_version << " leaderId: " << state->leader_id
      << " leaderEpoch: " << state->leader_epoch << " votedId: " << state->voted_id << '\n';
  return {};
}

Result<void> print_whole(std::ostream& out, BytesView text) {
  out << text << '\n';
  return {};
}

struct Known {
  std::string_view name;
  Printer print;
};

constexpr std::array kKnown = {
    Known{broker::kRecoveryPointCheckpoint, print_offset_checkpoint},
    Known{broker::kLogStartCheckpoint, print_offset_checkpoint},
    Known{broker::kHighWatermarkCheckpoint, print_offset_checkpoint},
    Known{broker::kCleanerCheckpoint, print_offset_checkpoint},
    Known{broker::kLeaderEpochCheckpoint, print_epochs},
    Known{broker::kPartitionMetadata, print_partition_metadata},
    Known{broker::kMetaProperties, print_meta_properties},
    Known{broker::kQuorumStateFile, print_quorum_state},
    Known{broker::kCleanShutdownFile, print_whole},
};

Printer printer_of(std::string_view name) {
  const auto found = std::find_if(kKnown.begin(), kKnown.end(),
                                  [&](const Known& known) { return known.name == name; });
  return found == kKnown.end() ? nullptr : found->print;
}

}  // namespace

bool is_small_file(std::string_view name) {
  return printer_of(name) != nullptr;
}

Result<void> dump_small_file(Dump& dump, const DataFile& file) {
  const auto text = file.read();
  if (!text) return text.error();
  auto printed = printer_of(file.name)(dump.out, *text);
  if (printed) return printed;
  return Error(printed.error().code(), printed.error().message(), {.file = file.path});
}

}  // namespace ottla::tools
