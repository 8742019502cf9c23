#include <memory>
#include <optional>
#include <utility>

#include "tests/integration/transactions/trial.h"

namespace ottla::trial {

using namespace std::chrono_literals;

namespace {

class Listener final : public ConsumerRebalanceListener {
 public:
  void on_partitions_assigned(const std::vector<TopicPartition>&) override { moved = true; }

  bool moved = false;  // within poll, on its thread
};

// For each record of the accounts one of the copies, in transactions that have the offsets too.
class Copier {
 public:
  explicit Copier(const Orders& orders)
      : orders_(orders),
        trial_(orders, kCopies),
        consumer_(Consumer::open(in_group(orders)).value()),
        listener_(std::make_shared<Listener>()) {}

  int run() {
    consumer_.subscribe({kAccounts}, listener_).value();
    return trial_.run({.wait = [this] { return wait(); },
                       .fill = [this] { return fill(); },
                       .after = [this](bool committed) { after(committed); },
                       .group = kGroup});
  }

 private:
  static ConsumerConfig in_group(const Orders& orders) {
    auto config = consumer_config(orders, IsolationLevel::read_committed);
    config.group_id = kGroup;
    config.max_poll_records = 100;
    return config;
  }

  bool wait() {
    auto batch = consumer_.poll(50ms);
    if (draining && batch && batch->empty() && at_end()) stopping = true;
    if (!batch || batch->empty()) return false;
    batch_.emplace(std::move(*batch));
    return true;
  }

  bool at_end() {
    const auto assigned = consumer_.assignment();
    if (assigned.size() != static_cast<std::size_t>(orders_.partitions)) return false;
    const auto ends = consumer_.end_offsets(assigned).get();
    if (!ends) return false;
    for (const auto& [partition, end] : *ends) {
      const auto position = consumer_.position(partition).get();
      if (!position || *position < end) return false;
    }
    return true;
  }

  bool fill() {
    if (std::exchange(listener_->moved, false)) trial_.recorder().moved();
    CommittedOffsets offsets;
    for (const auto& part : batch_->parts()) {
      for (const auto& record : batch_->records(part)) {
        trial_.recorder().polled({.partition = number_of(orders_, part.partition),
                                  .offset = record.offset(),
                                  .value = number_in(record.value())});
        trial_.send(part.partition.partition, 0);
      }
      offsets[part.partition] = {.offset = part.next_offset};
    }
    const auto sent =
        trial_.producer()
            .send_offsets_to_transaction(std::move(offsets), consumer_.group_metadata())
            .get();
    return sent.has_value() && trial_.random(10) != 0;
  }

  // Back to what the group has, never to what is remembered.
  void after(bool committed) {
    batch_.reset();
    if (committed) return;
    listener_->moved = true;
    const auto assigned = consumer_.assignment();
    auto found = consumer_.committed(assigned).get();
    while (!found && !stopping) found = consumer_.committed(assigned).get();
    if (!found) return;
    for (const auto& partition : assigned) {
      const auto at = found->find(partition);
      // One that was taken away meanwhile cannot be moved, and need not be.
      if (at == found->end()) {
        (void)consumer_.seek_to_beginning({partition});
      } else {
        (void)consumer_.seek(partition, at->second.offset);
      }
    }
  }

  const Orders& orders_;
  Trial trial_;
  Consumer consumer_;
  std::shared_ptr<Listener> listener_;
  std::optional<ConsumerRecords> batch_;
};

}  // namespace

int run_copier(const Orders& orders) {
  return Copier(orders).run();
}

}  // namespace ottla::trial
