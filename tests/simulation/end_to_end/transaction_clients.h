#pragma once

#include <deque>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "client/consumer/consumer_core.h"
#include "tests/simulation/end_to_end/transactional_process.h"

namespace ottla::simulation {

// Reads all partitions of topics to the places where they end, as one operation of the book.
class Auditor {
 public:
  struct Topic {
    std::string name;
    std::int32_t partitions = 0;
    std::int32_t first_number = 0;
  };
  Auditor(SimNode& node, const ConsumerConfig& config, const std::vector<Topic>& topics,
          TransactionBook& book);

  // Everything below the ends was read; the ends must not move any more.
  bool at_end() const { return at_end_; }
  // Ends, as a consumer of the configured isolation sees them; empty until they are told.
  const Consumer::Offsets& ends() const { return ends_; }
  void find_ends();
  void read();
  void close() { closing_ = true; }

 private:
  void ask();
  void look();
  void look_at(std::size_t index);

  SimNode& node_;
  checker::Recorder recorder_;
  std::map<TopicPartition, std::int32_t> numbers_;
  std::vector<TopicPartition> partitions_;
  std::shared_ptr<client::ConsumerCore> consumer_;
  Consumer::Offsets ends_;
  bool at_end_ = false;
  bool closing_ = false;
  base::Lifetime lifetime_;
};

// Jepsen's clients: a transaction has up to four sends and polls. What is sent moves money between
// two accounts, whose sum stays. Reads all partitions, with positions of its own: within a
// transaction, what others have committed while it is open. As with Kafka, reads are not part of
// it: an abort does not take them back.
class BankClient final : public TransactionalProcess {
 public:
  BankClient(SimNode& node, Options options, const ConsumerConfig& reads, std::int32_t partitions,
             TransactionBook& book);

 private:
  void ready() override;
  void work() override;
  void after(bool committed) override;
  void do_next();
  void transfer();
  void poll();
  void ask();
  void take_polled();

  const std::string topic_;
  const std::int32_t partitions_;
  std::shared_ptr<client::ConsumerCore> consumer_;
  std::vector<checker::Polled> polled_;  // that came when its poll was over: for the next one
  bool asked_ = false;
  std::uint64_t polls_ = 0;
  bool polling_ = false;
  std::uint64_t left_ = 0;  // sends and polls of this transaction
};

// Consumes from one topic, in a group, and produces a record to another for each that it got; the
// offsets are part of the transaction.
class CopyClient final : public TransactionalProcess {
 public:
  CopyClient(SimNode& node, Options options, const ConsumerConfig& reads, const std::string& from,
             TransactionBook& book);
  ~CopyClient() override;

  client::ConsumerCore& consumer() { return *consumer_; }

 private:
  class Listener;
  struct Input {
    std::int32_t partition;
    std::int64_t offset;
    std::uint64_t value;
  };

  void ready() override;
  void work() override;
  void after(bool committed) override;
  void take(const Result<ConsumerRecords>& records);
  void copy();
  void send_offsets();
  void rewind();

  const std::string from_;
  std::shared_ptr<client::ConsumerCore> consumer_;
  std::deque<Input> batch_;
  CommittedOffsets offsets_;
  bool moved_ = false;
  std::shared_ptr<void> alive_;  // for the listener, which may outlive this
};

}  // namespace ottla::simulation
