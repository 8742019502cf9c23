#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "base/random.h"
#include "client/consumer/fetched_data.h"
#include "protocol/record/control_record.h"
#include "protocol/record/record_batch_builder.h"

// What read_committed gives of a log with transactions, and of lists of aborted ones as brokers
// send them.
namespace ottla::client {
namespace {

using Strings = std::vector<std::string>;
using Aborted = AbortedTransactions::Transaction;

// A log as a leader writes it, and what is to be seen of it.
class TransactionalLog {
 public:
  // -1: outside of any transaction.
  void append(std::int64_t producer, const std::string& value) {
    auto builder = protocol::RecordBatchBuilder::growing();
    EXPECT_TRUE(builder.append(1000, "k", value));
    char* const at = builder.close();
    const bool transactional = producer >= 0;
    protocol::seal(at,
                   transactional
                       ? protocol::ProducerState{protocol::ProducerId(producer),
                                                 protocol::ProducerEpoch(0), protocol::Sequence(0)}
                       : protocol::ProducerState{},
                   transactional);
    add(std::string(at, builder.size_in_bytes()));
    if (!transactional) {
      seen_.push_back({end_ - 1, value});
      return;
    }
    auto& open = open_[producer];
    if (open.empty()) first_[producer] = end_ - 1;
    open.push_back({end_ - 1, value});
  }

  void end(std::int64_t producer, bool commit) {
    add(protocol::end_transaction_batch({.committed = commit}, protocol::ProducerId(producer),
                                        protocol::ProducerEpoch(0), 1000));
    auto& open = open_[producer];
    if (commit) seen_.insert(seen_.end(), open.begin(), open.end());
    if (!commit && !open.empty()) {
      aborted.push_back({protocol::ProducerId(producer), protocol::Offset(first_[producer])});
    }
    open.clear();
  }

  // What is seen of it, given the list.
  Strings read(std::vector<Aborted> list) const {
    FetchedData data(std::make_shared<const std::string>("t"), 0, base::Slice::own(bytes_),
                     protocol::Offset(0), AbortedTransactions(std::move(list)),
                     {.read_committed = true});
    ConsumerRecords::Contents contents;
    EXPECT_TRUE(data.decode(10'000, contents));
    EXPECT_TRUE(data.exhausted());
    EXPECT_EQ(data.position(), protocol::Offset(end_));
    Strings values;
    for (const auto& record : contents.records) values.emplace_back(record.value());
    return values;
  }

  Strings expected() const {
    auto sorted = seen_;
    std::sort(sorted.begin(), sorted.end());
    Strings values;
    for (const auto& [offset, value] : sorted) values.push_back(value);
    return values;
  }

  std::vector<Aborted> aborted;

 private:
  void add(std::string batch) {
    protocol::stamp_offsets(batch.data(), protocol::Offset(end_), protocol::LeaderEpoch(0));
    bytes_ += batch;
    ++end_;
  }

  std::string bytes_;
  std::int64_t end_ = 0;
  std::vector<std::pair<std::int64_t, std::string>> seen_;
  std::map<std::int64_t, std::vector<std::pair<std::int64_t, std::string>>> open_;
  std::map<std::int64_t, std::int64_t> first_;
};

TEST(ReadCommitted, leaves_out_what_was_aborted_and_every_marker) {
  TransactionalLog log;
  log.append(1, "a");
  log.append(2, "b");
  log.append(-1, "c");
  log.end(1, false);
  log.append(1, "d");
  log.end(2, true);
  log.end(1, true);
  EXPECT_EQ(log.read(log.aborted), (Strings{"b", "c", "d"}));
}

TEST(ReadCommitted, takes_the_list_in_any_order_and_its_entries_more_than_once) {
  TransactionalLog log;
  log.append(1, "a");
  log.end(1, false);
  log.append(1, "b");
  log.end(1, true);
  log.append(1, "c");
  log.end(1, false);
  log.append(1, "d");
  log.end(1, true);
  auto list = log.aborted;
  ASSERT_EQ(list.size(), 2U);
  std::reverse(list.begin(), list.end());
  list.push_back(list.front());
  list.insert(list.begin(), list[1]);
  EXPECT_EQ(log.read(list), (Strings{"b", "d"}));
}

TEST(ReadCommitted, gives_what_is_committed_of_any_log) {
  base::Random random(20);
  for (int run = 0; run < 300; ++run) {
    TransactionalLog log;
    for (int step = 0; step < 60; ++step) {
      const auto producer = static_cast<std::int64_t>(random.below(4)) - 1;
      if (producer >= 0 && random.one_in(4)) {
        log.end(producer, random.one_in(2));
      } else {
        log.append(producer, std::to_string(step));
      }
    }
    // A broker's answer ends before the first transaction that is open.
    for (std::int64_t producer = 0; producer < 3; ++producer) log.end(producer, true);
    auto list = log.aborted;
    for (auto left = list.size(); left > 0; --left) {
      std::swap(list[left - 1], list[random.below(left)]);
      if (random.one_in(3)) list.push_back(list[random.below(list.size())]);
    }
    ASSERT_EQ(log.read(list), log.expected()) << "run " << run;
  }
}

}  // namespace
}  // namespace ottla::client
