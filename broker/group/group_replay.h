#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/logger.h"
#include "broker/group/committed_offsets.h"
#include "broker/group/pending_offsets.h"
#include "ottla/result.h"
#include "protocol/group/group_records.h"
#include "protocol/record/record.h"
#include "protocol/record/record_batch.h"
#include "protocol/types.h"

namespace ottla::broker {

// What the log says of one group.
struct LoadedGroup {
  std::optional<std::string> metadata;  // the value of its last record, which can be parsed
  CommittedOffsets offsets;
};
using LoadedGroups = std::map<std::string, LoadedGroup, std::less<>>;

// What a partition of __consumer_offsets says at its end.
struct LoadedPartition {
  LoadedGroups groups;
  PendingOffsets pending;  // of transactions that are open
  std::int64_t next_order = 0;
};

// Reads a partition of __consumer_offsets, batch by batch from its start, into what it says at its
// end. What is corrupt, or of a protocol that is not known here, is passed over and logged: nothing
// that stands in the log keeps the groups beside it from being loaded. One thread.
class GroupReplay {
 public:
  // `where` is for log lines.
  GroupReplay(std::string where, base::Logger logger)
      : where_(std::move(where)), logger_(std::move(logger)) {}

  void on_batch(const protocol::RecordBatchView& batch);

  // Also logs how much was passed over.
  LoadedPartition take();

 private:
  void on_control(const protocol::RecordBatchView& batch, BytesView records);
  void on_record(const protocol::RecordBatchView& batch, const protocol::RecordView& record);
  void on_offset(const protocol::RecordBatchView& batch, const protocol::RecordView& record,
                 const protocol::OffsetCommitKey& key);
  void on_group(const protocol::RecordView& record, const protocol::GroupMetadataKey& key);
  void forget_offset(const protocol::OffsetCommitKey& key);
  void forget_if_nothing_is_left(std::string_view group);
  void skip(protocol::Offset offset, const Error& why);

  const std::string where_;
  const base::Logger logger_;
  LoadedPartition loaded_;
  std::size_t skipped_ = 0;
  std::size_t foreign_ = 0;  // of groups of other protocols
};

}  // namespace ottla::broker
