#include <string>
#include <utility>
#include <vector>

#include "base/crc32c.h"
#include "base/endian.h"
#include "broker/group/group_record_batch.h"
#include "broker/group/group_replay.h"
#include "broker/log/transaction_index.h"
#include "protocol/record/control_record.h"
#include "tests/fuzz/fuzz_target.h"

// Any bytes as a partition of __consumer_offsets with transactions, whose checksums are right: what
// is read of it must fit together. And as an index of aborted transactions.
namespace ottla::fuzz {
namespace {

using namespace broker;    // NOLINT: a fuzz target
using namespace protocol;  // NOLINT: a fuzz target

ProducerState producer(std::int64_t id) {
  return {ProducerId(id), ProducerEpoch(0), kNoSequence};
}

std::string commit(std::string_view group, std::int64_t offset, const ProducerState& by) {
  GroupRecordBatch batch(1);
  (void)batch.put(group, "t", 0, {.offset = Offset(offset), .metadata = "here"});
  return batch.take(by);
}

std::string forget(std::string_view group) {
  GroupRecordBatch batch(1);
  batch.forget(group, "t", 0);
  return batch.take();
}

void replay(BytesView bytes) {
  GroupReplay replay("log", {});
  BatchIterator batches(bytes);
  for (RecordBatchView batch; batches.next(batch);) {
    std::string sealed(batch.bytes());
    const auto sum = base::crc32c(BytesView(sealed).substr(batch_layout::kAttributes));
    base::store_be(sealed.data() + batch_layout::kCrc, sum);
    if (const auto parsed = RecordBatchView::parse(sealed)) replay.on_batch(*parsed);
  }
  auto loaded = replay.take();
  for (const auto& group : loaded.pending.groups()) {
    OTTLA_ASSERT(loaded.pending.contains(group), "a group that is listed is there");
    const auto places = loaded.pending.places_of(group);
    OTTLA_ASSERT(!places.empty(), "a group that is listed has something pending");
    for (const auto& place : places) {
      OTTLA_ASSERT(loaded.pending.contains(group, place), "a place that is listed is there");
      loaded.pending.erase(group, place, loaded.next_order);
    }
  }
  OTTLA_ASSERT(loaded.pending.empty(), "nothing is pending once every place is forgotten");
  OTTLA_ASSERT(loaded.pending.memory() == 0, "what was counted is counted back");
}

}  // namespace

std::vector<std::string> seeds() {
  const auto end = [](bool committed, std::int64_t id) {
    return end_transaction_batch({committed, 0}, ProducerId(id), ProducerEpoch(0), 1);
  };
  return {commit("g", 1, {}) + commit("g", 2, producer(1)) + end(true, 1),
          commit("g", 2, producer(1)) + commit("h", 3, producer(2)) + end(false, 2),
          commit("g", 2, producer(1)) + forget("g") + commit("g", 4, producer(1)),
          transaction_index_bytes({{ProducerId(1), Offset(2), Offset(5), Offset(3)},
                                   {ProducerId(2), Offset(3), Offset(6), Offset(7)}})};
}

}  // namespace ottla::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ottla;  // NOLINT: a fuzz target
  const auto bytes = fuzz::begin(data, size);
  fuzz::replay(bytes);
  if (const auto read = broker::parse_transaction_index(bytes)) {
    OTTLA_ASSERT(broker::transaction_index_bytes(*read) == bytes, "an index has one form");
  }
  return 0;
}
