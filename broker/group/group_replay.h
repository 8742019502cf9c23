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

// Reads a partition of __consumer_offsets, batch by batch from its start, into what it says at its
// end. What is corrupt, or of a protocol that is not known here, is passed over and logged: nothing
// that stands in the log keeps the groups beside it from being loaded. Offsets that a transaction
// committed count from its commit on; those of one that never ended do not. One thread.
class GroupReplay {
 public:
  // `where` is for log lines.
  GroupReplay(std::string where, base::Logger logger)
      : where_(std::move(where)), logger_(std::move(logger)) {}

  void on_batch(const protocol::RecordBatchView& batch);

  // Also logs how much was passed over.
  LoadedGroups take();

 private:
  struct TransactionalCommit {
    std::string group;
    std::string topic;
    std::int32_t partition = 0;
    std::optional<CommittedOffset> committed;
  };

  void on_control(const protocol::RecordBatchView& batch, BytesView records);
  void on_record(const protocol::RecordBatchView& batch, const protocol::RecordView& record);
  void on_offset(const protocol::RecordBatchView& batch, const protocol::RecordView& record,
                 const protocol::OffsetCommitKey& key);
  void on_group(const protocol::RecordView& record, const protocol::GroupMetadataKey& key);
  void apply(const TransactionalCommit& commit);
  void forget_if_nothing_is_left(std::string_view group);
  void skip(protocol::Offset offset, const Error& why);

  const std::string where_;
  const base::Logger logger_;
  LoadedGroups groups_;
  std::map<protocol::ProducerId, std::vector<TransactionalCommit>> open_transactions_;
  std::size_t skipped_ = 0;
  std::size_t foreign_ = 0;  // of groups of other protocols
};

}  // namespace ottla::broker
