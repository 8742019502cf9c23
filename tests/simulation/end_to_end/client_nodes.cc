#include "tests/simulation/end_to_end/client_nodes.h"

#include <utility>

namespace ottla::simulation {

using std::chrono::microseconds;

SendingClient::SendingClient(SimNode& node, const ProducerConfig& config, std::string topic,
                             std::int32_t partitions, History& history)
    : node_(node),
      topic_(std::move(topic)),
      partitions_(partitions),
      history_(history),
      random_(node.simulation().random().next()),
      core_(client::ProducerCore::start(node.runtime(), config).value()) {
  warm_up();
}

void SendingClient::warm_up() {
  core_->warm_up(topic_).then(lifetime_.guard([this](const Result<void>& known) {
    knows_topic_ = known.has_value();
    if (!knows_topic_ && known.error().code() == ErrorCode::closed) return;
    if (!knows_topic_) return warm_up();
    node_.loop().post(lifetime_.guard([this] { send_some(); }));
  }));
}

void SendingClient::send(std::uint64_t records) {
  to_send_ += records;
  if (knows_topic_) node_.loop().post(lifetime_.guard([this] { send_some(); }));
}

void SendingClient::send_some() {
  const std::uint64_t burst = 1 + random_.below(8);
  for (std::uint64_t i = 0; i < burst && to_send_ > 0; ++i) {
    if (!send_one()) break;
  }
  if (to_send_ == 0) return;
  const Duration pause = microseconds(random_.below(4000));
  node_.loop().call_at(node_.loop().now() + pause, lifetime_.guard([this] { send_some(); }));
}

// False if there is no room now; the record is then the next to be tried.
bool SendingClient::send_one() {
  if (waiting_partition_ < 0) {
    waiting_partition_ =
        static_cast<std::int32_t>(random_.below(static_cast<std::uint64_t>(partitions_)));
    waiting_value_ = history_.send(waiting_partition_);
  }
  const std::uint64_t number = history_.last_number();
  const ProducerRecord record{
      .topic = topic_, .value = waiting_value_, .partition = waiting_partition_};
  const auto taken = core_->try_send(record, [this, number](const Result<RecordMetadata>& result) {
    history_.outcome(number, result);
  });
  if (!taken && taken.error().code() == ErrorCode::would_block) return false;
  if (!taken) history_.outcome(number, taken.error());
  waiting_partition_ = -1;
  --to_send_;
  return true;
}

bool SendingClient::close(Duration limit) {
  bool closed = false;
  core_->close_async(limit).then([&closed](const Result<void>&) { closed = true; });
  return node_.simulation().run_until([&] { return closed; }, limit * 2);
}

ReadingClient::ReadingClient(SimNode& node, const ConsumerConfig& config, const std::string& topic,
                             std::int32_t partitions, OnRecord on_record)
    : node_(node),
      on_record_(std::move(on_record)),
      core_(client::ConsumerCore::start(node.runtime(), config).value()) {
  for (std::int32_t i = 0; i < partitions; ++i) partitions_.push_back({topic, i});
  core_->assign(partitions_).value();
  ask_for_more();
}

void ReadingClient::ask_for_more() {
  core_->next().then(lifetime_.guard([this](const Result<ConsumerRecords>& records) {
    if (closing_) return;
    if (!records) {
      if (!error_) error_ = records.error();
      return;
    }
    for (const auto& part : records->parts()) {
      for (const auto& record : records->records(part)) {
        on_record_(part.partition.partition, record.offset(), record.value());
        ++records_;
      }
    }
    ask_for_more();
  }));
}

std::vector<std::int64_t> ReadingClient::end_offsets(Duration limit) {
  std::vector<std::int64_t> ends;
  bool answered = false;
  core_->offsets_at(partitions_, -1).then([&](const Result<Consumer::Offsets>& offsets) {
    answered = true;
    if (!offsets) return;
    for (const auto& partition : partitions_) ends.push_back(offsets->at(partition));
  });
  node_.simulation().run_until([&] { return answered; }, limit);
  return ends;
}

bool ReadingClient::close(Duration limit) {
  closing_ = true;
  bool closed = false;
  core_->close_async().then([&closed](const Result<void>&) { closed = true; });
  return node_.simulation().run_until([&] { return closed; }, limit);
}

}  // namespace ottla::simulation
