#include "tests/simulation/end_to_end/transaction_clients.h"

#include <charconv>
#include <utility>

namespace ottla::simulation {
namespace {

using namespace std::chrono_literals;

std::uint64_t number_in(BytesView value) {
  std::uint64_t number = 0;
  std::from_chars(value.data(), value.data() + value.size(), number);
  return number;
}

}  // namespace

// --- Auditor

Auditor::Auditor(SimNode& node, const ConsumerConfig& config, const std::vector<Topic>& topics,
                 TransactionBook& book)
    : node_(node),
      recorder_(book.open(node.name())),
      consumer_(client::ConsumerCore::start(node.runtime(), config).value()) {
  for (const auto& topic : topics) {
    for (std::int32_t i = 0; i < topic.partitions; ++i) {
      partitions_.push_back({topic.name, i});
      numbers_[partitions_.back()] = topic.first_number + i;
    }
  }
  consumer_->assign(partitions_).value();
}

void Auditor::find_ends() {
  ends_.clear();
  consumer_->offsets_at(partitions_, -1)
      .then(lifetime_.guard([this](const Result<Consumer::Offsets>& ends) {
        if (ends) ends_ = *ends;
        if (!ends && !closing_ && node_.running())
          node_.loop().post(lifetime_.guard([this] { find_ends(); }));
      }));
}

void Auditor::read() {
  recorder_.begin();
  ask();
  look();
}

void Auditor::ask() {
  consumer_->next().then(lifetime_.guard([this](const Result<ConsumerRecords>& records) {
    if (closing_ || !records) return;
    for (const auto& part : records->parts()) {
      for (const auto& record : records->records(part)) {
        recorder_.polled({.partition = numbers_.at(part.partition),
                          .offset = record.offset(),
                          .value = number_in(record.value())});
      }
    }
    ask();
  }));
}

void Auditor::look() {
  if (closing_ || !node_.running()) return;
  node_.loop().post(lifetime_.guard([this] {
    node_.loop().call_at(node_.loop().now() + 50ms, lifetime_.guard([this] { look_at(0); }));
  }));
}

void Auditor::look_at(std::size_t index) {
  if (index == partitions_.size()) {
    recorder_.ended(checker::Outcome::committed);
    at_end_ = true;
    return;
  }
  const auto& partition = partitions_[index];
  consumer_->position(partition).then(lifetime_.guard(
      [this, index, end = ends_.at(partition)](const Result<std::int64_t>& position) {
        if (closing_) return;
        if (!position || *position < end) return look();
        look_at(index + 1);
      }));
}

// --- BankClient

BankClient::BankClient(SimNode& node, Options options, const ConsumerConfig& reads,
                       std::int32_t partitions, TransactionBook& book)
    : TransactionalProcess(node, options, book),
      topic_(options.topic),
      partitions_(partitions),
      consumer_(client::ConsumerCore::start(node.runtime(), reads).value()) {
  std::vector<TopicPartition> all;
  for (std::int32_t i = 0; i < partitions; ++i) all.push_back({topic_, i});
  consumer_->assign(all).value();
  start();
}

void BankClient::ask() {
  asked_ = true;
  on_outcome(consumer_->next(), [this](const Result<ConsumerRecords>& records) {
    asked_ = false;
    if (!records) {
      if (records.error().code() != ErrorCode::closed) wrong(records.error().to_string());
      return;
    }
    for (const auto& part : records->parts()) {
      for (const auto& record : records->records(part)) {
        polled_.push_back({.partition = part.partition.partition,
                           .offset = record.offset(),
                           .value = number_in(record.value())});
      }
    }
    if (polling_) take_polled();
  });
}

void BankClient::ready() {
  later(some(10ms), [this] {
    left_ = 1 + random_.below(4);
    begin("");
  });
}

void BankClient::work() {
  do_next();
}

void BankClient::do_next() {
  if (left_ == 0) return random_.one_in(6) ? abort() : commit();
  --left_;
  if (random_.one_in(3)) return poll();
  transfer();
}

void BankClient::transfer() {
  const auto partition = [this] {
    return static_cast<std::int32_t>(random_.below(static_cast<std::uint64_t>(partitions_)));
  };
  const auto amount = static_cast<std::int64_t>(1 + random_.below(100));
  send(partition(), -amount,
       [this, amount, to = partition()] { send(to, amount, [this] { do_next(); }); });
}

// As Consumer::poll with a timeout.
void BankClient::poll() {
  polling_ = true;
  if (!polled_.empty()) return take_polled();
  if (!asked_) ask();
  later(some(20ms), [this, number = ++polls_] {
    if (polling_ && number == polls_) take_polled();
  });
}

void BankClient::take_polled() {
  polling_ = false;
  for (const auto& record : std::exchange(polled_, {})) recorder_.polled(record);
  later(some(2ms), [this] { do_next(); });
}

void BankClient::after(bool) {
  turn();
}

// --- CopyClient

class CopyClient::Listener final : public ConsumerRebalanceListener {
 public:
  Listener(CopyClient* client, std::weak_ptr<void> alive)
      : client_(client), alive_(std::move(alive)) {}

  void on_partitions_assigned(const std::vector<TopicPartition>&) override {
    if (!alive_.expired()) client_->moved_ = true;
  }

 private:
  CopyClient* client_;
  std::weak_ptr<void> alive_;
};

CopyClient::CopyClient(SimNode& node, Options options, const ConsumerConfig& reads,
                       const std::string& from, TransactionBook& book)
    : TransactionalProcess(node, std::move(options), book),
      from_(from),
      consumer_(client::ConsumerCore::start(node.runtime(), reads).value()),
      alive_(std::make_shared<int>(0)) {
  consumer_->subscribe({from_}, std::make_shared<Listener>(this, alive_)).value();
  start();
}

CopyClient::~CopyClient() = default;

void CopyClient::ready() {
  consumer_->next().then(
      lifetime_.guard([this](const Result<ConsumerRecords>& records) { take(records); }));
}

void CopyClient::take(const Result<ConsumerRecords>& records) {
  if (!records) {
    if (records.error().code() != ErrorCode::closed) wrong(records.error().to_string());
    return;
  }
  batch_.clear();
  offsets_.clear();
  for (const auto& part : records->parts()) {
    for (const auto& record : records->records(part)) {
      batch_.push_back({part.partition.partition, record.offset(), number_in(record.value())});
    }
    offsets_[part.partition] = {.offset = part.next_offset};
  }
  later(some(2ms), [this] {
    if (batch_.empty()) return turn();
    begin(consumer_->group_metadata().group_id);
  });
}

void CopyClient::work() {
  if (std::exchange(moved_, false)) recorder_.moved();
  for (const auto& input : batch_) {
    recorder_.polled({input.partition, input.offset, input.value});
  }
  copy();
}

void CopyClient::copy() {
  if (batch_.empty()) return send_offsets();
  const auto partition = batch_.front().partition;
  batch_.pop_front();
  send(partition, 0, [this] { copy(); });
}

void CopyClient::send_offsets() {
  on_outcome(producer_->send_offsets_to_transaction(offsets_, consumer_->group_metadata()),
             [this](const Result<void>& sent) {
               if (!sent || random_.one_in(8)) return abort();
               commit();
             });
}

void CopyClient::after(bool committed) {
  if (committed) return turn();
  rewind();
}

// To what the group has, never to what this one remembers.
void CopyClient::rewind() {
  moved_ = true;
  const auto assigned = consumer_->assignment();
  on_outcome(consumer_->committed(assigned),
             [this, assigned](const Result<CommittedOffsets>& found) {
               if (!found) return later(some(20ms), [this] { rewind(); });
               for (const auto& partition : assigned) {
                 const auto committed = found->find(partition);
                 // A partition that is not this member's any more cannot be moved, and need not be.
                 if (committed == found->end()) {
                   (void)consumer_->seek_to({partition}, -2);
                 } else {
                   (void)consumer_->seek(partition, committed->second.offset);
                 }
               }
               turn();
             });
}

}  // namespace ottla::simulation
