#include <string>
#include <variant>
#include <vector>

#include "protocol/group/consumer_protocol.h"
#include "protocol/group/group_records.h"
#include "protocol/transaction/transaction_records.h"
#include "tests/fuzz/fuzz_target.h"

// Any bytes as what members of groups tell each other, and as records of __consumer_offsets and
// __transaction_state; what is read is written, read again, and must be the same.
namespace ottla::fuzz {
namespace {

using namespace protocol;

template <class M>
void check(const Result<M>& read, const Result<std::string>& again,
           Result<M> (*parse)(BytesView bytes)) {
  OTTLA_ASSERT(again, "what was read can be written");
  OTTLA_ASSERT(parse(*again) == read, "what was written reads back as it was");
}

}  // namespace

std::vector<std::string> seeds() {
  ConsumerProtocolSubscription subscription;
  subscription.topics = {"orders", "bills"};
  subscription.owned_partitions = {{"orders", {0, 1, 2}}};
  subscription.rack_id = "r1";
  ConsumerProtocolAssignment assignment;
  assignment.assigned_partitions = {{"orders", {3}}, {"bills", {}}};
  GroupMetadataValue group;
  group.protocol_type = kConsumerProtocolType;
  group.protocol = "range";
  group.members.resize(2);
  group.members[1].group_instance_id = "i";
  TransactionLogValue transaction;
  transaction.transaction_partitions = {{"orders", {0, 1}}, {"bills", {}}};
  transaction.next_producer_id = ProducerId(9);
  return {encode(subscription).value(),
          encode(TransactionLogKey{"t"}).value(),
          encode(TransactionLogValue{}, 0).value(),
          encode(transaction, 1).value(),
          encode(assignment).value(),
          encode(OffsetCommitKey{"g", "orders", 3}).value(),
          encode(GroupMetadataKey{"g"}).value(),
          encode(OffsetCommitValue{.metadata = "here"}, 3).value(),
          encode(OffsetCommitValue{.topic_id = {1, 2}}, 4).value(),
          encode(group, 3).value(),
          encode(group, 4).value()};
}

}  // namespace ottla::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ottla;            // NOLINT: a fuzz target
  using namespace ottla::protocol;  // NOLINT: a fuzz target
  const auto bytes = fuzz::begin(data, size);
  if (const auto read = parse_subscription(bytes)) {
    fuzz::check(read, encode(*read), parse_subscription);
  }
  if (const auto read = parse_assignment(bytes)) {
    fuzz::check(read, encode(*read), parse_assignment);
  }
  if (const auto read = parse_group_metadata_value(bytes)) {
    fuzz::check(read, encode(*read, 4), parse_group_metadata_value);
  }
  if (auto read = parse_offset_commit_value(bytes)) {
    read->expire_timestamp = -1;
    fuzz::check(read, encode(*read, 4), parse_offset_commit_value);
  }
  if (const auto read = parse_transaction_log_value(bytes)) {
    fuzz::check(read, encode(*read, 1), parse_transaction_log_value);
  }
  if (const auto read = parse_transaction_log_key(bytes)) {
    fuzz::check(read, encode(*read), parse_transaction_log_key);
  }
  if (const auto read = parse_group_record_key(bytes)) {
    const auto again = std::visit([](const auto& key) { return encode(key); }, *read);
    fuzz::check(read, again, parse_group_record_key);
  }
  return 0;
}
