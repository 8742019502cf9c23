#include "tests/simulation/end_to_end/transactional_process.h"

#include <utility>

namespace ottla::simulation {

using namespace std::chrono_literals;
using checker::Outcome;

TransactionalProcess::TransactionalProcess(SimNode& node, Options options, TransactionBook& book)
    : node_(node),
      random_(node.simulation().random().next()),
      book_(book),
      recorder_(book.open(node.name())),
      producer_(client::ProducerCore::start(node.runtime(), options.config).value()),
      options_(std::move(options)) {}

void TransactionalProcess::later(Duration delay, std::function<void()> task) {
  if (!node_.running()) return;
  node_.loop().post(lifetime_.guard([this, delay, task = std::move(task)]() mutable {
    node_.loop().call_at(node_.loop().now() + delay, lifetime_.guard(std::move(task)));
  }));
}

void TransactionalProcess::start() {
  warm_up();
}

void TransactionalProcess::warm_up() {
  on_outcome(producer_->warm_up(options_.topic), [this](const Result<void>& known) {
    if (known) return init();
    if (known.error().code() != ErrorCode::closed) warm_up();
  });
}

void TransactionalProcess::init() {
  on_outcome(producer_->init_transactions(), [this](const Result<void>& done) {
    if (done) return turn();
    if (done.error().fatal()) return die(done.error());
    later(some(20ms), [this] { init(); });
  });
}

void TransactionalProcess::turn() {
  if (finishing_) {
    finished_ = true;
    return;
  }
  idle_ = true;
  ready();
}

void TransactionalProcess::begin(const std::string& group) {
  idle_ = false;
  const auto begun = producer_->begin_transaction();
  if (!begun && begun.error().fatal()) return die(begun.error());
  recorder_.begin(group);
  if (!begun) {
    wrong("no transaction can begin: " + begun.error().to_string());
    return end(Outcome::aborted);
  }
  work();
}

void TransactionalProcess::send(std::int32_t partition, std::int64_t amount,
                                std::function<void()> taken) {
  const auto value = book_.next_value();
  recorder_.sent(options_.first_number + partition, value, amount);
  try_send(partition, value, std::move(taken));
}

void TransactionalProcess::try_send(std::int32_t partition, std::uint64_t value,
                                    std::function<void()> taken) {
  const auto text = std::to_string(value);
  const ProducerRecord record{.topic = options_.topic, .value = text, .partition = partition};
  const auto outcome = producer_->try_send(
      record, lifetime_.guard([this, value](const Result<RecordMetadata>& sent) {
        if (sent && sent->offset() >= 0) recorder_.acknowledged(value, sent->offset());
      }));
  if (!outcome && outcome.error().code() == ErrorCode::would_block) {
    return later(1ms, [this, partition, value, taken = std::move(taken)]() mutable {
      try_send(partition, value, std::move(taken));
    });
  }
  // A record that was refused fails its transaction, which `commit` says.
  later(some(2ms), std::move(taken));
}

void TransactionalProcess::commit() {
  recorder_.commits();
  on_outcome(producer_->commit_transaction(),
             [this](const Result<void>& outcome) { on_committed(outcome); });
}

void TransactionalProcess::on_committed(const Result<void>& outcome) {
  if (outcome) return end(Outcome::committed);
  // It goes on, and is to be asked again.
  if (outcome.error().code() == ErrorCode::timed_out) return commit();
  if (outcome.error().fatal()) return die(outcome.error());
  abort();
}

void TransactionalProcess::abort() {
  on_outcome(producer_->abort_transaction(),
             [this](const Result<void>& outcome) { on_aborted(outcome); });
}

void TransactionalProcess::on_aborted(const Result<void>& outcome) {
  if (outcome) return end(Outcome::aborted);
  if (outcome.error().code() == ErrorCode::timed_out) return abort();
  if (outcome.error().fatal()) return die(outcome.error());
  wrong("a transaction cannot be aborted: " + outcome.error().to_string());
  end(Outcome::aborted);
}

void TransactionalProcess::end(Outcome outcome) {
  recorder_.ended(outcome);
  after(outcome == Outcome::committed);
}

// What it did last is told by what it did before: as of a process that is killed.
void TransactionalProcess::die(const Error& error) {
  if (error.code() == ErrorCode::closed) return;
  finished_ = true;
  options_.on_dead();
}

}  // namespace ottla::simulation
