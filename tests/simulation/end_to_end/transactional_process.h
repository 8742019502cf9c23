#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/lifetime.h"
#include "client/producer/producer_core.h"
#include "tests/simulation/end_to_end/transaction_book.h"
#include "tests/simulation/simulation.h"

namespace ottla::simulation {

// What is done with a transactional producer over and over: begin, something, commit or abort; with
// each outcome taken as the producer's documentation says, and told to the book. A producer that
// may write no more ends its process: `on_dead` is then called once.
class TransactionalProcess {
 public:
  struct Options {
    ProducerConfig config;
    std::string topic;              // that it sends to
    std::int32_t first_number = 0;  // which partition 0 of the topic is in the book
    std::function<void()> on_dead;
  };
  TransactionalProcess(SimNode& node, Options options, TransactionBook& book);
  virtual ~TransactionalProcess() = default;

  // No new transactions.
  void finish() { finishing_ = true; }
  // Nothing is under way any more.
  bool finished() const { return finished_ || (finishing_ && idle_); }

 protected:
  // Called when a transaction may begin: sooner or later calls `begin`, or `turn`.
  virtual void ready() = 0;
  // Within a transaction: sooner or later calls `commit` or `abort`.
  virtual void work() = 0;
  // The transaction is over: sooner or later calls `turn`.
  virtual void after(bool committed) = 0;

  void start();
  void turn();
  // `group`: whose records it processes, or empty.
  void begin(const std::string& group);
  // A record of its own for the topic's partition; goes on when it is taken.
  void send(std::int32_t partition, std::int64_t amount, std::function<void()> taken);
  void commit();
  void abort();

  void later(Duration delay, std::function<void()> task);
  Duration some(Duration most) { return Duration(random_.between(0, most.count())); }
  void wrong(const std::string& what) { book_.wrong(node_.name() + ": " + what); }
  // Runs `then` with the outcome, on the loop.
  template <class T, class F>
  void on_outcome(Future<T> future, F then) {
    future.then(lifetime_.guard([this, then = std::move(then)](Result<T> outcome) mutable {
      if (!node_.running()) return;  // told while what ran here is destroyed
      node_.loop().post(lifetime_.guard(
          [then = std::move(then), outcome = std::move(outcome)]() mutable { then(outcome); }));
    }));
  }

  SimNode& node_;
  base::Random random_;
  TransactionBook& book_;
  checker::Recorder recorder_;
  std::shared_ptr<client::ProducerCore> producer_;

 private:
  void warm_up();
  void init();
  void try_send(std::int32_t partition, std::uint64_t value, std::function<void()> taken);
  void on_committed(const Result<void>& outcome);
  void on_aborted(const Result<void>& outcome);
  void end(checker::Outcome outcome);
  void die(const Error& error);

  const Options options_;
  bool finishing_ = false;
  bool finished_ = false;
  bool idle_ = false;  // between two transactions

 protected:
  base::Lifetime lifetime_;
};

}  // namespace ottla::simulation
