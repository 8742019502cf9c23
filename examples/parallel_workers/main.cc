// How do I work on records in many threads, and still keep the order of each partition and commit
// only what is done?
//
//   parallel_workers localhost:9092 TOPIC COUNT
//
// One thread polls. It hands the records of each partition to a worker and pauses the partition, so
// that the next poll brings others; the worker commits what it has done and resumes it. Polls go on
// meanwhile, so that slow work does not cost the membership. Ends after COUNT records.
#include <ottla/ottla.h>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

namespace {

using Records = std::shared_ptr<const ottla::ConsumerRecords>;  // what the views live in
using Partitions = std::vector<ottla::TopicPartition>;

// Threads, and which partitions they are at work on.
class Workers {
 public:
  using Job = std::function<void()>;

  explicit Workers(int count) {
    for (int i = 0; i < count; ++i) threads_.emplace_back([this] { work(); });
  }
  // What was added is worked on.
  void finish() {
    {
      const std::lock_guard lock(mutex_);
      ends_ = true;
    }
    changed_.notify_all();
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }

  void add(const ottla::TopicPartition& partition, Job job) {
    {
      const std::lock_guard lock(mutex_);
      busy_.insert(partition);
      jobs_.emplace_back(partition, std::move(job));
    }
    changed_.notify_all();
  }
  void wait_for(const Partitions& partitions) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] {
      return std::none_of(partitions.begin(), partitions.end(),
                          [this](const auto& partition) { return busy_.contains(partition); });
    });
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return ends_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      const auto [partition, job] = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job();
      lock.lock();
      busy_.erase(partition);
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<ottla::TopicPartition, Job>> jobs_;
  std::set<ottla::TopicPartition> busy_;
  bool ends_ = false;
  std::vector<std::thread> threads_;
};

// Partitions go to another member when the work on them is done and committed.
class FinishFirst final : public ottla::ConsumerRebalanceListener {
 public:
  explicit FinishFirst(std::shared_ptr<Workers> workers) : workers_(std::move(workers)) {}
  void on_partitions_revoked(const Partitions& partitions) override {
    workers_->wait_for(partitions);
  }

 private:
  const std::shared_ptr<Workers> workers_;
};

// The next offset of each partition, to show that none is passed over and none comes twice.
class Progress {
 public:
  explicit Progress(std::size_t wanted) : wanted_(wanted) {}

  void work_on(const ottla::RecordView& record) {
    const std::lock_guard lock(mutex_);
    auto& next = next_.try_emplace(record.partition(), record.offset()).first->second;
    in_order_ = in_order_ && record.offset() == next;
    next = record.offset() + 1;
    if (++done_ == wanted_) stop_.request_stop();
  }
  std::stop_token stop() const { return stop_.get_token(); }
  bool in_order() {
    const std::lock_guard lock(mutex_);
    return in_order_ && done_ == wanted_;
  }

 private:
  const std::size_t wanted_;
  std::stop_source stop_;
  std::mutex mutex_;
  std::map<std::int32_t, std::int64_t> next_;
  std::size_t done_ = 0;
  bool in_order_ = true;
};

void process(ottla::Consumer& consumer, const Records& batch,
             const ottla::ConsumerRecords::Part& part, Progress& progress) {
  for (const auto& record : batch->records(part)) progress.work_on(record);
  const ottla::OffsetAndMetadata next{.offset = part.next_offset, .metadata = {}};
  if (const auto done = consumer.commit({{part.partition, next}}).get(); !done) {
    // The group has rebalanced: whoever has the partition now does this work again.
    std::cerr << done.error() << '\n';
  }
  (void)consumer.resume({part.partition});  // fails if it is somebody else's by now
}

ottla::Result<void> run(ottla::Consumer& consumer, Workers& workers, Progress& progress) {
  while (!progress.stop().stop_requested()) {
    auto polled = consumer.poll(progress.stop());
    if (!polled) return polled.error();
    const auto batch = std::make_shared<const ottla::ConsumerRecords>(std::move(*polled));
    for (const auto& part : batch->parts()) {
      if (auto paused = consumer.pause({part.partition}); !paused) return paused;
      workers.add(part.partition,
                  [&, batch, &part = part] { process(consumer, batch, part, progress); });
    }
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: parallel_workers BOOTSTRAP_SERVERS TOPIC COUNT\n";
    return 2;
  }
  auto consumer = ottla::Consumer::open({
      .bootstrap_servers = argv[1],
      .group_id = "parallel-workers",
      .enable_auto_commit = false,
      .auto_offset_reset = ottla::AutoOffsetReset::earliest,
  });
  if (!consumer) {
    std::cerr << consumer.error() << '\n';
    return 1;
  }
  Progress progress(std::strtoull(argv[3], nullptr, 10));
  const auto workers = std::make_shared<Workers>(4);
  consumer->subscribe({argv[2]}, std::make_shared<FinishFirst>(workers)).value();
  const auto outcome = run(*consumer, *workers, progress);
  workers->finish();
  consumer->close().value();
  if (!outcome) {
    std::cerr << outcome.error() << '\n';
    return 1;
  }
  std::cout << (progress.in_order() ? "every partition in order\n" : "out of order\n");
}
