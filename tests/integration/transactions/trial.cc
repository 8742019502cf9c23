#include "tests/integration/transactions/trial.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <iostream>
#include <memory>
#include <utility>

namespace ottla::trial {

using namespace std::chrono_literals;
using checker::Outcome;

std::atomic<bool> stopping{false};
std::atomic<bool> draining{false};

namespace {

ProducerConfig producer_config(const Orders& orders) {
  ProducerConfig config;
  config.bootstrap_servers = orders.bootstrap;
  config.transactional_id = orders.transactional_id;
  config.transaction_timeout = 5s;
  config.linger = 1ms;
  config.max_block = 10s;
  config.request_timeout = 2s;
  config.delivery_timeout = 20s;
  config.retry_backoff = 20ms;
  config.retry_backoff_max = 200ms;
  config.reconnect_backoff = 10ms;
  config.reconnect_backoff_max = 200ms;
  config.log_level = LogLevel::off;
  return config;
}

int report(const Error& error) {
  std::cerr << error << '\n';
  return error.fatal() ? kFenced : kFailed;
}

}  // namespace

std::int32_t number_of(const Orders& orders, const TopicPartition& partition) {
  return partition.partition + (partition.topic == kCopies ? orders.partitions : 0);
}

checker::Recorder open_history(const std::string& path) {
  struct File {
    explicit File(const std::string& path)
        : descriptor(::open(path.c_str(), O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0644)) {}
    ~File() { ::close(descriptor); }
    const int descriptor;
  };
  auto file = std::make_shared<File>(path);
  return checker::Recorder([file](const std::string& line) {
    const auto written = ::write(file->descriptor, line.data(), line.size());
    if (written == static_cast<ssize_t>(line.size())) return;
    std::cerr << "the history cannot be written: " << errno << '\n';
    std::_Exit(kFailed);
  });
}

ConsumerConfig consumer_config(const Orders& orders, IsolationLevel isolation) {
  ConsumerConfig config;
  config.bootstrap_servers = orders.bootstrap;
  config.isolation_level = isolation;
  config.auto_offset_reset = AutoOffsetReset::earliest;
  config.enable_auto_commit = false;
  config.session_timeout = 2s;
  config.heartbeat_interval = 500ms;
  config.fetch_max_wait = 50ms;
  config.request_timeout = 5s;
  config.retry_backoff = 20ms;
  config.retry_backoff_max = 200ms;
  config.reconnect_backoff = 10ms;
  config.reconnect_backoff_max = 200ms;
  config.log_level = LogLevel::off;
  return config;
}

std::uint64_t number_in(BytesView value) {
  std::uint64_t number = 0;
  std::from_chars(value.data(), value.data() + value.size(), number);
  return number;
}

Trial::Trial(const Orders& orders, const char* topic)
    : orders_(orders),
      topic_(topic),
      recorder_(open_history(orders.history)),
      next_value_(orders.first_value),
      producer_(Producer::open(producer_config(orders)).value()) {}

void Trial::send(std::int32_t partition, std::int64_t amount) {
  const auto value = next_value_++;
  recorder_.sent(number_of(orders_, {topic_, partition}), value, amount);
  const auto text = std::to_string(value);
  producer_.send({.topic = topic_, .value = text, .partition = partition},
                 [recorder = recorder_, value](const Result<RecordMetadata>& sent) mutable {
                   if (sent && sent->offset() >= 0) recorder.acknowledged(value, sent->offset());
                 });
}

int Trial::run(const Work& work) {
  for (;;) {
    const auto introduced = producer_.init_transactions().get();
    if (introduced) break;
    if (introduced.error().fatal()) return report(introduced.error());
    if (stopping) return kDone;
  }
  while (!stopping) {
    if (const int code = one(work); code != kDone) return code;
  }
  return kDone;
}

int Trial::one(const Work& work) {
  if (!work.wait()) return kDone;
  const auto begun = producer_.begin_transaction();
  if (!begun) return report(begun.error());
  recorder_.begin(work.group);
  bool committed = false;
  const int code = commit_or_abort(work.fill(), committed);
  if (code != kDone) return code;
  recorder_.ended(committed ? Outcome::committed : Outcome::aborted);
  if (committed) std::cout << "committed" << std::endl;
  work.after(committed);
  return kDone;
}

int Trial::commit_or_abort(bool commit, bool& committed) {
  if (commit) recorder_.commits();
  for (;;) {
    const auto ended =
        commit ? producer_.commit_transaction().get() : producer_.abort_transaction().get();
    if (ended) {
      committed = commit;
      return kDone;
    }
    if (ended.error().fatal()) return report(ended.error());
    // It goes on, and is to be asked again.
    if (ended.error().code() == ErrorCode::timed_out) continue;
    if (!commit) return report(ended.error());
    commit = false;
  }
}

}  // namespace ottla::trial
