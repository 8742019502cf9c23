#include "tests/simulation/end_to_end/group_client.h"

#include <utility>

namespace ottla::simulation {

using std::chrono::microseconds;

void GroupHistory::processed(const std::string& who, std::int32_t partition, std::int64_t offset) {
  auto& next = first_missing_[at(partition)];
  if (offset > next) {
    wrong(who + " processed offset " + std::to_string(offset) + " of partition " +
          std::to_string(partition) + ", but nobody has processed " + std::to_string(next));
  }
  if (offset == next) ++next;
}

std::uint64_t GroupHistory::count() const {
  std::uint64_t sum = 0;
  for (const auto next : first_missing_) sum += static_cast<std::uint64_t>(next);
  return sum;
}

class GroupClient::Listener final : public ConsumerRebalanceListener {
 public:
  Listener(GroupClient* client, std::weak_ptr<void> alive)
      : client_(client), alive_(std::move(alive)) {}

  void on_partitions_revoked(const std::vector<TopicPartition>& partitions) override {
    if (alive_.expired()) return;
    client_->history_.note_change();
    for (const auto& partition : partitions) {
      if (client_->owned_.erase(partition) == 0) {
        client_->history_.wrong(client_->name_ + " gave up what it did not have");
      }
    }
  }
  void on_partitions_assigned(const std::vector<TopicPartition>& partitions) override {
    if (alive_.expired()) return;
    client_->history_.note_change();
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

GroupClient::GroupClient(SimNode& node, const ConsumerConfig& config, GroupHistory& history,
                         Options options)
    : node_(node),
      name_(node.name()),
      history_(history),
      options_(std::move(options)),
      random_(node.simulation().random().next()),
      commits_by_hand_(!config.enable_auto_commit),
      core_(client::ConsumerCore::start(node.runtime(), config).value()),
      alive_(std::make_shared<int>(0)) {
  core_->subscribe({options_.topic}, std::make_shared<Listener>(this, alive_)).value();
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
    if (records.error().code() == ErrorCode::fenced_instance_id) return options_.on_fenced();
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
  if (options_.commits_too_early) core_->commit(offsets).forget();
  const Duration effort = microseconds(random_.below(random_.one_in(4) ? 100'000 : 20'000));
  auto done = [this, batch = std::move(batch), offsets = std::move(offsets)]() mutable {
    if (closing_) return;
    for (const auto& [partition, offset] : batch) history_.processed(name_, partition, offset);
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
