#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "ottla/consumer.h"
#include "ottla/producer.h"
#include "tests/checker/history.h"

namespace ottla::trial {

// What a process of a trial was told to do.
struct Orders {
  std::string bootstrap{};
  std::string transactional_id{};
  std::string history{};          // the file that it tells what it does
  std::uint64_t first_value = 1;  // its records are numbered from here
  std::int32_t partitions = 3;    // of each topic
};

inline constexpr char kAccounts[] = "accounts";
inline constexpr char kCopies[] = "copies";
inline constexpr char kGroup[] = "copiers";

// Which number the history has for a partition.
std::int32_t number_of(const Orders& orders, const TopicPartition& partition);

// Exit codes.
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kFenced = 3;  // another process has its transactional id

// Set by SIGTERM: no new transactions.
extern std::atomic<bool> stopping;
// Set by SIGUSR1: a copier that has all partitions ends when it has processed everything.
extern std::atomic<bool> draining;

// A line of the history is in the file, with one write, before what it tells of can go on.
checker::Recorder open_history(const std::string& path);

ConsumerConfig consumer_config(const Orders& orders, IsolationLevel isolation);
std::uint64_t number_in(BytesView value);

// A process with a transactional producer that takes each outcome as the documentation says.
class Trial {
 public:
  explicit Trial(const Orders& orders, const char* topic);

  struct Work {
    std::function<bool()> wait;  // false: there is nothing to do yet
    std::function<bool()> fill;  // within a transaction; whether it is to be committed
    std::function<void(bool committed)> after;
    std::string group{};
  };
  // Introduces itself and makes transactions until `stopping`, with a line on stdout for each that
  // is committed; an exit code.
  int run(const Work& work);

  void send(std::int32_t partition, std::int64_t amount);
  std::uint64_t random(std::uint64_t below) { return random_() % below; }
  checker::Recorder& recorder() { return recorder_; }
  Producer& producer() { return producer_; }

 private:
  int one(const Work& work);
  // Until the outcome is known; kDone, or the exit code of a process that can do no more.
  int commit_or_abort(bool commit, bool& committed);

  const Orders& orders_;
  const std::string topic_;
  checker::Recorder recorder_;
  std::uint64_t next_value_;
  std::mt19937_64 random_{std::random_device()()};
  Producer producer_;
};

int run_bank(const Orders& orders);
int run_copier(const Orders& orders);
// Waits until no transaction is open, and reads everything.
int run_audit(const Orders& orders);
// Waits until no transaction is open in the accounts.
int run_settle(const Orders& orders);

// Judges the histories in the files; prints totals and anomalies.
int run_check(const Orders& orders, const std::vector<std::string>& files);

}  // namespace ottla::trial
