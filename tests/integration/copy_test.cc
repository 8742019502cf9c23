#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <mutex>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "ottla/admin.h"
#include "ottla/consumer.h"
#include "ottla/producer.h"
#include "tests/integration/child_process.h"
#include "tests/integration/killed_broker.h"

// `ottla transactional-message-copier` and the broker, killed while a topic is copied. The long
// form: OTTLA_COPY_RECORDS=1000000 OTTLA_COPY_KILLS=200.
namespace ottla::integration {
namespace {

using namespace std::chrono_literals;

constexpr int kPartitions = 3;

std::int64_t wanted(const char* name, std::int64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoll(text);
}

// How far the copiers are, as they tell it.
class Progress {
 public:
  explicit Progress(std::int64_t records) : left_(kPartitions, records / kPartitions) {}

  void set_left(int partition, std::int64_t left) {
    const std::lock_guard lock(mutex_);
    left_[static_cast<std::size_t>(partition)] = left;
    changed_.notify_all();
  }

  // False if that does not come about.
  bool wait_until_left(std::int64_t most) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 60s, [&] {
      return std::accumulate(left_.begin(), left_.end(), std::int64_t{0}) <= most;
    });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::int64_t> left_;
};

// Copies one partition; killed, the next one goes on with the same transactional id.
class Copier {
 public:
  Copier(const std::string& address, int partition, Progress& progress)
      : address_(address), partition_(partition), progress_(progress) {
    start();
  }
  ~Copier() {
    process_->signal(SIGKILL);
    listener_.join();
  }
  Copier(const Copier&) = delete;
  Copier& operator=(const Copier&) = delete;

  void kill() {
    process_->signal(SIGKILL);
    listener_.join();
    process_->wait();
    start();
  }

  void expect_done() {
    listener_.join();
    EXPECT_EQ(process_->wait(), 0) << process_->stderr_text();
    listener_ = std::thread([] {});
  }

 private:
  void start() {
    const auto partition = std::to_string(partition_);
    process_ = std::make_unique<ChildProcess>(std::vector<std::string>{
        OTTLA_BIN "/ottla", "transactional-message-copier", "--bootstrap-server", address_,
        "--input-topic", "in", "--input-partition", partition, "--output-topic", "out",
        "--consumer-group", "copiers", "--transactional-id", "copier-" + partition,
        "--transaction-size", "100", "--enable-random-aborts"});
    listener_ = std::thread([this] { listen(); });
  }

  void listen() {
    for (auto line = process_->read_line(); !line.empty(); line = process_->read_line()) {
      boost::system::error_code error;
      const auto told = boost::json::parse(line, error);  // the last one may be cut short
      if (error || !told.as_object().contains("remaining")) continue;
      progress_.set_left(partition_, told.at("remaining").to_number<std::int64_t>());
    }
  }

  const std::string address_;
  const int partition_;
  Progress& progress_;
  std::unique_ptr<ChildProcess> process_;
  std::thread listener_;
};

void write_input(const std::string& address, std::int64_t records) {
  auto admin = Admin::open({.bootstrap_servers = address}).value();
  ASSERT_TRUE(admin
                  .create_topics({{.name = "in", .partitions = kPartitions},
                                  {.name = "out", .partitions = kPartitions}})
                  .get());
  auto producer = Producer::open({.bootstrap_servers = address}).value();
  for (std::int64_t i = 0; i < records; ++i) {
    const auto value = std::to_string(i / kPartitions);
    const auto partition = static_cast<std::int32_t>(i % kPartitions);
    producer.send({.topic = "in", .value = value, .partition = partition}).forget();
  }
  ASSERT_TRUE(producer.flush().get());
}

// Two readers of the copies, of which one sees what is not committed.
class Readers {
 public:
  explicit Readers(const std::string& address)
      : committed_(open(address, IsolationLevel::read_committed)),
        uncommitted_(open(address, IsolationLevel::read_uncommitted)) {
    for (std::int32_t i = 0; i < kPartitions; ++i) partitions_.push_back({"out", i});
  }

  // Comes back in the middle of a transaction, or when none was seen in many looks.
  void wait_for_open_transaction() {
    for (int look = 0; look < 300; ++look) {
      const auto high_watermarks = uncommitted_.end_offsets(partitions_).get().value();
      const auto last_stable_offsets = committed_.end_offsets(partitions_).get().value();
      for (const auto& [partition, end] : last_stable_offsets) {
        if (end < high_watermarks.at(partition)) return;
      }
    }
  }

  // Each partition must hold the numbers from 0 on, each once, in order.
  void expect_copies(std::int64_t records) {
    std::vector<std::int64_t> next(kPartitions, 0);
    read(committed_, [&](const RecordView& record) {
      auto& number = next[static_cast<std::size_t>(record.partition())];
      ASSERT_EQ(record.value(), std::to_string(number))
          << "partition " << record.partition() << ", offset " << record.offset();
      ++number;
    });
    EXPECT_EQ(std::accumulate(next.begin(), next.end(), std::int64_t{0}), records);
    std::int64_t all = 0;
    read(uncommitted_, [&](const RecordView&) { ++all; });
    EXPECT_GT(all, records);
    std::cout << records << " records copied, and " << all - records
              << " in aborted transactions\n";
  }

 private:
  static Consumer open(const std::string& address, IsolationLevel isolation) {
    return Consumer::open({.bootstrap_servers = address, .isolation_level = isolation}).value();
  }

  void read(Consumer& consumer, const std::function<void(const RecordView&)>& take) {
    ASSERT_TRUE(consumer.assign(partitions_));
    ASSERT_TRUE(consumer.seek_to_beginning());
    const auto ends = consumer.end_offsets(partitions_).get().value();
    const auto at_end = [&](const TopicPartition& partition) {
      return consumer.position(partition).get().value() >= ends.at(partition);
    };
    int idle = 0;
    while (!std::all_of(partitions_.begin(), partitions_.end(), at_end)) {
      const auto batch = consumer.poll(1s);
      ASSERT_TRUE(batch) << batch.error();
      idle = batch->empty() ? idle + 1 : 0;
      ASSERT_LT(idle, 30) << "nothing more comes";
      for (const auto& record : *batch) take(record);
      if (::testing::Test::HasFatalFailure()) return;
    }
  }

  Consumer committed_;
  Consumer uncommitted_;
  std::vector<TopicPartition> partitions_;
};

TEST(Copy, has_each_record_once_and_in_order_through_kills_of_copiers_and_broker) {
  const auto kills = wanted("OTTLA_COPY_KILLS", 10);
  const auto records = wanted("OTTLA_COPY_RECORDS", 20'000) / kPartitions * kPartitions;
  KilledBroker broker;
  ASSERT_FALSE(broker.address().empty());
  write_input(broker.address(), records);
  Readers readers(broker.address());
  Progress progress(records);
  std::vector<std::unique_ptr<Copier>> copiers;
  for (int i = 0; i < kPartitions; ++i) {
    copiers.push_back(std::make_unique<Copier>(broker.address(), i, progress));
  }
  std::mt19937_64 random{std::random_device()()};
  for (std::int64_t kill = 0; kill < kills; ++kill) {
    ASSERT_TRUE(progress.wait_until_left(records - records * (kill + 1) / (kills + 1)))
        << "no progress before kill " << kill;
    readers.wait_for_open_transaction();
    if (kill % 2 == 0) {
      copiers[random() % kPartitions]->kill();
    } else {
      broker.kill();
      ASSERT_FALSE(broker.address().empty());
    }
  }
  for (const auto& copier : copiers) copier->expect_done();
  ASSERT_TRUE(progress.wait_until_left(0));
  readers.expect_copies(records);
}

}  // namespace
}  // namespace ottla::integration
