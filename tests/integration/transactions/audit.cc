#include <fstream>
#include <iostream>
#include <iterator>

#include "tests/checker/anomaly.h"
#include "tests/integration/transactions/trial.h"

namespace ottla::trial {

using namespace std::chrono_literals;

namespace {

std::vector<TopicPartition> partitions_of(const Orders& orders, const char* topic) {
  std::vector<TopicPartition> all;
  for (std::int32_t i = 0; i < orders.partitions; ++i) all.push_back({topic, i});
  return all;
}

std::vector<TopicPartition> all_partitions(const Orders& orders) {
  auto all = partitions_of(orders, kAccounts);
  const auto copies = partitions_of(orders, kCopies);
  all.insert(all.end(), copies.begin(), copies.end());
  return all;
}

// Where everything ends, once nothing is open there.
Result<Consumer::Offsets> settled_ends(const Orders& orders, Consumer& committed,
                                       const std::vector<TopicPartition>& partitions) {
  auto written = Consumer::open(consumer_config(orders, IsolationLevel::read_uncommitted)).value();
  const auto until = std::chrono::steady_clock::now() + 120s;
  while (std::chrono::steady_clock::now() < until) {
    auto stable = committed.end_offsets(partitions).get();
    const auto all = written.end_offsets(partitions).get();
    if (stable && all && *stable == *all) return stable;
  }
  return Error(ErrorCode::timed_out, "a transaction stays open");
}

}  // namespace

int run_audit(const Orders& orders) {
  auto recorder = open_history(orders.history);
  auto consumer = Consumer::open(consumer_config(orders, IsolationLevel::read_committed)).value();
  const auto ends = settled_ends(orders, consumer, all_partitions(orders));
  if (!ends) {
    std::cerr << ends.error() << '\n';
    return kFailed;
  }
  consumer.assign(all_partitions(orders)).value();
  recorder.begin();
  const auto at_end = [&] {
    for (const auto& [partition, end] : *ends) {
      const auto position = consumer.position(partition).get();
      if (!position || *position < end) return false;
    }
    return true;
  };
  while (!at_end()) {
    const auto batch = consumer.poll(100ms);
    if (!batch) {
      std::cerr << batch.error() << '\n';
      return kFailed;
    }
    for (const auto& part : batch->parts()) {
      for (const auto& record : batch->records(part)) {
        recorder.polled({.partition = number_of(orders, part.partition),
                         .offset = record.offset(),
                         .value = number_in(record.value())});
      }
    }
  }
  recorder.ended(checker::Outcome::committed);
  return kDone;
}

int run_settle(const Orders& orders) {
  auto consumer = Consumer::open(consumer_config(orders, IsolationLevel::read_committed)).value();
  const auto ends = settled_ends(orders, consumer, partitions_of(orders, kAccounts));
  if (ends) return kDone;
  std::cerr << ends.error() << '\n';
  return kFailed;
}

int run_check(const Orders& orders, const std::vector<std::string>& files) {
  checker::History history;
  std::map<checker::Outcome, std::uint64_t> outcomes;
  for (const auto& path : files) {
    std::ifstream file(path, std::ios::binary);
    const std::string lines((std::istreambuf_iterator<char>(file)), {});
    auto operations = checker::parse(lines);
    if (!operations) {
      std::cerr << path << ": " << operations.error() << '\n';
      return kFailed;
    }
    for (const auto& operation : *operations) ++outcomes[operation.outcome];
    history.processes[path] = std::move(*operations);
  }
  checker::Expectations expectations;
  for (std::int32_t i = 0; i < orders.partitions; ++i) expectations.consumed[kGroup].insert(i);
  const auto anomalies = checker::check(history, expectations);
  std::cout << history.operations() << " operations of " << history.processes.size()
            << " processes: " << outcomes[checker::Outcome::committed] << " committed, "
            << outcomes[checker::Outcome::aborted] << " aborted, "
            << outcomes[checker::Outcome::unknown] << " unknown; " << anomalies.size()
            << " anomalies\n"
            << checker::describe(anomalies);
  return anomalies.empty() ? kDone : kFailed;
}

}  // namespace ottla::trial
