#include "broker/inspection.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "broker/log/log_reader.h"
#include "protocol/group/consumer_protocol.h"
#include "protocol/record/control_record.h"
#include "protocol/record/record_reader.h"

namespace ottla::broker {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMostInflated = std::size_t{1} << 30;

Timestamp timestamp_of(std::int64_t ms) {
  return Timestamp(milliseconds(ms));
}

// One partition, from its first offset up to where its readers get.
struct PartToRead {
  TopicPartition partition;
  LogReader reader;
  Offset end;
};

// Reads partitions on a worker. (sleeps)
class RecordsOfTopic {
 public:
  RecordsOfTopic(std::vector<PartToRead> parts, IsolationLevel isolation)
      : parts_(std::move(parts)), committed_only_(isolation == IsolationLevel::read_committed) {}

  Result<std::vector<ConsumerRecord>> read() {
    for (auto& part : parts_) {
      first_of_partition_ = records_.size();
      open_.clear();
      const auto take = [&](const protocol::RecordBatchView& batch) {
        return on_batch(part, batch);
      };
      if (part.reader.start_offset() >= part.end) continue;
      auto read = part.reader.for_each_batch(part.reader.start_offset(), take);
      if (!read) return read.error();
    }
    return std::move(records_);
  }

 private:
  Result<void> on_batch(const PartToRead& part, const protocol::RecordBatchView& batch) {
    if (batch.base_offset() >= part.end) return {};
    const auto bytes = protocol::uncompressed_records(batch, kMostInflated, inflated_);
    if (!bytes) return bytes.error();
    protocol::RecordReader reader(batch, *bytes);
    for (protocol::RecordView record; reader.next(record);) {
      if (batch.is_control()) {
        on_marker(batch.producer_id(), record);
      } else if (record.offset >= part.reader.start_offset()) {
        add(part.partition, batch, record);
      }
    }
    return reader.status();
  }

  void add(const TopicPartition& partition, const protocol::RecordBatchView& batch,
           const protocol::RecordView& record) {
    if (batch.is_transactional()) open_[batch.producer_id()].push_back(record.offset.value);
    auto& added = records_.emplace_back();
    added.topic = partition.topic;
    added.partition = partition.partition;
    added.offset = record.offset.value;
    added.leader_epoch = batch.partition_leader_epoch().value;
    added.timestamp = timestamp_of(record.timestamp);
    added.timestamp_type = static_cast<ottla::TimestampType>(batch.timestamp_type());
    if (record.key) added.key = Bytes(*record.key);
    if (record.value) added.value = Bytes(*record.value);
    added.headers =
        HeadersView(record.headers.bytes(), static_cast<std::uint32_t>(record.headers.size()));
  }

  // What a transaction wrote that was aborted is as if never written, for those who ask so.
  void on_marker(ProducerId producer, const protocol::RecordView& record) {
    const auto marker = protocol::parse_end_transaction_marker(record);
    if (!marker) return;
    const auto ended = open_.extract(producer);
    if (ended.empty() || marker->committed || !committed_only_) return;
    const auto& aborted = ended.mapped();
    const auto first = records_.begin() + static_cast<std::ptrdiff_t>(first_of_partition_);
    const auto is_aborted = [&](const ConsumerRecord& each) {
      return std::binary_search(aborted.begin(), aborted.end(), each.offset);
    };
    records_.erase(std::remove_if(first, records_.end(), is_aborted), records_.end());
  }

  std::vector<PartToRead> parts_;
  const bool committed_only_;
  std::vector<ConsumerRecord> records_;
  std::size_t first_of_partition_ = 0;
  std::map<ProducerId, std::vector<std::int64_t>> open_;  // offsets that await their marker
  std::string inflated_;
};

ottla::GroupState state_of(GroupState state) {
  switch (state) {
    case GroupState::empty:
      return ottla::GroupState::empty;
    case GroupState::preparing_rebalance:
      return ottla::GroupState::preparing_rebalance;
    case GroupState::completing_rebalance:
      return ottla::GroupState::completing_rebalance;
    case GroupState::stable:
      return ottla::GroupState::stable;
    case GroupState::dead:
      return ottla::GroupState::dead;
  }
  return ottla::GroupState::unknown;
}

// Without an assignment if it is none of consumers.
MemberDescription describe(const GroupMember& member) {
  MemberDescription out{.member_id = member.member_id,
                        .group_instance_id = member.instance_id,
                        .client_id = member.client_id,
                        .client_host = member.client_host};
  const auto assignment = protocol::parse_assignment(member.assignment);
  if (!assignment) return out;
  for (const auto& topic : assignment->assigned_partitions) {
    for (const auto partition : topic.partitions) {
      out.assignment.push_back({std::string(topic.topic), partition});
    }
  }
  std::sort(out.assignment.begin(), out.assignment.end());
  return out;
}

ottla::CommittedOffsets public_offsets(const CommittedOffsets& offsets) {
  ottla::CommittedOffsets out;
  for (const auto& [topic, partitions] : offsets.topics()) {
    for (const auto& [partition, committed] : partitions) {
      out[{topic, partition}] = {.offset = committed.offset.value,
                                 .leader_epoch = committed.leader_epoch.value,
                                 .metadata = committed.metadata};
    }
  }
  return out;
}

EmbeddedGroup describe(const Group& group, const CommittedOffsets& offsets) {
  EmbeddedGroup out;
  out.group_id = group.id();
  out.state = state_of(group.state());
  out.generation_id = group.generation().value;
  if (group.protocol_type()) out.protocol_type = *group.protocol_type();
  if (group.protocol_name()) out.partition_assignor = *group.protocol_name();
  for (const auto& [id, member] : group.members()) out.members.push_back(describe(member));
  out.offsets = public_offsets(offsets);
  return out;
}

// The numbers are the log's, one less than ours.
ottla::TransactionState state_of(TransactionState state) {
  return static_cast<ottla::TransactionState>(static_cast<int>(state) + 1);
}
static_assert(static_cast<int>(ottla::TransactionState::prepare_epoch_fence) ==
              static_cast<int>(TransactionState::prepare_epoch_fence) + 1);

TransactionDescription describe(const TransactionMetadata& now, BrokerId coordinator) {
  TransactionDescription out{.coordinator = coordinator.value,
                             .state = state_of(now.state),
                             .producer_id = now.producer_id.value,
                             .producer_epoch = now.producer_epoch.value,
                             .timeout = milliseconds(now.timeout_ms)};
  if (now.started >= 0) out.started = timestamp_of(now.started);
  out.partitions.assign(now.partitions.begin(), now.partitions.end());
  return out;
}

}  // namespace

void inspect_records(const Services& services, std::string_view topic, IsolationLevel isolation,
                     OnRecords done) {
  const auto* known = services.image().find_topic(topic);
  if (known == nullptr) {
    return done(Error(ErrorCode::unknown_topic_or_partition, "there is no such topic",
                      {.topic = std::string(topic)}));
  }
  const auto bound = isolation == IsolationLevel::read_committed ? ReadBound::last_stable
                                                                 : ReadBound::high_watermark;
  std::vector<PartToRead> parts;
  for (const auto& [number, image] : known->partitions) {
    const TopicPartition id{known->name, number};
    auto* partition = services.replicas.find(id);
    if (partition == nullptr) return done(services.replicas.why_missing(id));
    auto& log = partition->log();
    parts.push_back({id, log.reader(), log.offset_of(bound)});
  }
  auto reading = std::make_shared<RecordsOfTopic>(std::move(parts), isolation);
  auto outcome = std::make_shared<Result<std::vector<ConsumerRecord>>>(ErrorCode::closed);
  services.loop.offload([reading, outcome] { *outcome = reading->read(); },
                        [outcome, done = std::move(done)]() mutable { done(std::move(*outcome)); });
}

Result<std::vector<EmbeddedGroup>> inspect_groups(const Services& services) {
  const auto groups = services.groups.groups();
  if (!groups) return groups.error();
  std::vector<EmbeddedGroup> out;
  for (const auto* group : *groups) {
    const auto view = services.groups.find(group->id());
    if (!view) return view.error();
    if (view->group != nullptr) out.push_back(describe(*view->group, *view->offsets));
  }
  std::sort(out.begin(), out.end(),
            [](const auto& a, const auto& b) { return a.group_id < b.group_id; });
  return out;
}

Result<std::map<std::string, TransactionDescription>> inspect_transactions(
    const Services& services) {
  const auto all = services.transactions.transactions();
  if (!all) return all.error();
  std::map<std::string, TransactionDescription> out;
  for (const auto& [id, transaction] : *all) {
    out.emplace(id, describe(transaction->now(), services.self()));
  }
  return out;
}

}  // namespace ottla::broker
