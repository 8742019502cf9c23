#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "broker/log/log_types.h"
#include "protocol/record/control_record.h"
#include "protocol/record/record_batch.h"
#include "protocol/record/record_reader.h"

namespace ottla::broker {

// What a consumer that reads committed records makes of answers to its fetches: by offset, whether
// it hands the record out. Forgets everything between two answers, as consumers may.
class CommittedReader {
 public:
  void on_read(const std::string& bytes, const LogRead& read) {
    std::multimap<Offset, ProducerId> to_come;
    for (const auto& each : read.aborted) to_come.emplace(each.first_offset, each.producer_id);
    std::set<ProducerId> aborted;
    protocol::BatchIterator batches(bytes);
    for (protocol::RecordBatchView batch; batches.next(batch);) {
      EXPECT_LT(batch.last_offset(), read.end_offset);
      while (!to_come.empty() && to_come.begin()->first <= batch.last_offset()) {
        aborted.insert(to_come.begin()->second);
        to_come.erase(to_come.begin());
      }
      on_batch(batch, aborted);
    }
  }

  const std::map<std::int64_t, bool>& handed_out() const { return handed_out_; }

 private:
  void on_batch(const protocol::RecordBatchView& batch, std::set<ProducerId>& aborted) {
    std::string buffer;
    const auto records = protocol::uncompressed_records(batch, 1 << 20, buffer);
    ASSERT_TRUE(records);
    protocol::RecordReader reader(batch, *records);
    for (protocol::RecordView record; reader.next(record);) {
      if (batch.is_control()) {
        const auto marker = protocol::parse_end_transaction_marker(record);
        if (marker && !marker->committed) aborted.erase(batch.producer_id());
        continue;
      }
      const bool dropped = batch.is_transactional() && aborted.contains(batch.producer_id());
      handed_out_[record.offset.value] = !dropped;
    }
  }

  std::map<std::int64_t, bool> handed_out_;
};

}  // namespace ottla::broker
