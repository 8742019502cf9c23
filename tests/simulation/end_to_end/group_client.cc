#include "tests/simulation/end_to_end/group_client.h"

#include <utility>

namespace ottla::simulation {

using std::chrono::microseconds;

bool GroupHistory::complete(std::int32_t partition, std::int64_t end) const {
  return first_missing(partition) >= end;
}

std::int64_t GroupHistory::first_missing(std::int32_t partition) const {
  std::int64_t next = 0;
  for (const auto offset : processed_[at(partition)]) {
    if (offset != next) break;
    ++next;
  }
  return next;
}

std::uint64_t GroupHistory::count() const {
  std::uint64_t sum = 0;
  for (const auto& offsets : processed_) sum += offsets.size();
  return sum;
}

class GroupClient::Listener final : public ConsumerRebalanceListener {
 public:
  Listener(GroupClient* client, std::weak_ptr<void> alive)
      : client_(client), alive_(std::move(alive)) {}

  void on_partitions_revoked(const std::vector<TopicPartition>& partitions) override {
    if (alive_.expired()) return;
    for (const auto& partition : partitions) {
      if (client_->owned_.erase(partition) == 0) {
        client_->history_.wrong(client_->name_ + " gave up what it did not have");
      }
    }
  }
  void on_partitions_assigned(const std::vector<TopicPartition>& partitions) override {
    if (alive_.expired()) return;
    client_->generation_ = client_->core_->group_metadata().generation_id;
    for (const auto& partition : partitions) {
      if (!client_->owned_.insert(partition).second) {
        client_->history_.wrong(client_->name_ + " got what it had");
      }
    }
  }

 private:
  GroupClient* client_;
  std::weak_ptr<void> alive_;
};

GroupClient::GroupClient(SimNode& node, const ConsumerConfig& config, const std::string& topic,
                         GroupHistory& history)
    : node_(node),
      name_(node.name()),
      history_(history),
      random_(node.simulation().random().next()),
      commits_by_hand_(!config.enable_auto_commit),
      core_(client::ConsumerCore::start(node.runtime(), config).value()),
      alive_(std::make_shared<int>(0)) {
  core_->subscribe({topic}, std::make_shared<Listener>(this, alive_)).value();
  ask();
}

GroupClient::~GroupClient() = default;

void GroupClient::ask() {
  core_->next().then(
      lifetime_.guard([this](const Result<ConsumerRecords>& records) { work(records); }));
}

void GroupClient::work(const Result<ConsumerRecords>& records) {
  if (closing_) return;
  if (!records) {
    history_.wrong(name_ + ": " + records.error().to_string());
    return;
  }
  std::vector<std::pair<std::int32_t, std::int64_t>> batch;
  CommittedOffsets offsets;
  for (const auto& part : records->parts()) {
    for (const auto& record : records->records(part)) {
      batch.emplace_back(part.partition.partition, record.offset());
    }
    offsets[part.partition] = {.offset = part.next_offset, .leader_epoch = -1, .metadata = "m"};
  }
  const Duration effort = microseconds(random_.below(20'000));
  auto done = [this, batch = std::move(batch), offsets = std::move(offsets)]() mutable {
    if (closing_) return;
    for (const auto& [partition, offset] : batch) history_.processed(partition, offset);
    if (commits_by_hand_) core_->commit(std::move(offsets)).forget();
    ask();
  };
  // Callbacks do not run on the loop, whose timers these are.
  node_.loop().post(lifetime_.guard([this, effort, done = std::move(done)]() mutable {
    node_.loop().call_at(node_.loop().now() + effort, lifetime_.guard(std::move(done)));
  }));
}

void GroupClient::leave(std::function<void()> done) {
  closing_ = true;
  Consumer::CloseOptions options;
  options.timeout = std::chrono::seconds(1);
  core_->close_async(options, false).then([done = std::move(done)](const Result<void>&) {
    done();
  });
}

}  // namespace ottla::simulation
