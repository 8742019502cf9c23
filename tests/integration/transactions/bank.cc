#include "tests/integration/transactions/trial.h"

namespace ottla::trial {

using namespace std::chrono_literals;

namespace {

// Up to four transfers and polls make a transaction.
class Bank {
 public:
  explicit Bank(const Orders& orders)
      : orders_(orders),
        trial_(orders, kAccounts),
        consumer_(Consumer::open(consumer_config(orders, IsolationLevel::read_committed)).value()) {
  }

  int run() {
    std::vector<TopicPartition> all;
    for (std::int32_t i = 0; i < orders_.partitions; ++i) all.push_back({kAccounts, i});
    consumer_.assign(all).value();
    return trial_.run(
        {.wait = [] { return true; }, .fill = [this] { return fill(); }, .after = [](bool) {}});
  }

 private:
  bool fill() {
    for (auto left = 1 + trial_.random(4); left > 0; --left) {
      if (trial_.random(3) == 0) {
        poll();
      } else {
        const auto amount = static_cast<std::int64_t>(1 + trial_.random(100));
        trial_.send(partition(), -amount);
        trial_.send(partition(), amount);
      }
    }
    return trial_.random(6) != 0;
  }

  std::int32_t partition() {
    return static_cast<std::int32_t>(trial_.random(static_cast<std::uint64_t>(orders_.partitions)));
  }

  void poll() {
    const auto batch = consumer_.poll(1ms);
    if (!batch) return;
    for (const auto& record : *batch) {
      trial_.recorder().polled({.partition = number_of(orders_, {kAccounts, record.partition()}),
                                .offset = record.offset(),
                                .value = number_in(record.value())});
    }
  }

  const Orders& orders_;
  Trial trial_;
  Consumer consumer_;
};

}  // namespace

int run_bank(const Orders& orders) {
  return Bank(orders).run();
}

}  // namespace ottla::trial
