#include "tests/simulation/end_to_end/step_trial.h"

#include <utility>

namespace ottla::simulation {
namespace {

using namespace std::chrono_literals;

constexpr std::int32_t kRecords = 6;  // two in each partition

// What there is to be copied, in one transaction.
class Source final : public TransactionalProcess {
 public:
  Source(SimNode& node, Options options, TransactionBook& book)
      : TransactionalProcess(node, std::move(options), book) {
    start();
  }

 private:
  void ready() override {
    finish();
    begin("");
  }
  void work() override { send_from(0); }
  void after(bool committed) override {
    if (!committed) wrong("what is to be copied was not committed");
    turn();
  }
  void send_from(std::int32_t number) {
    if (number == kRecords) return commit();
    send(number % TransactionWorld::kPartitions, number % 2 == 0 ? 1 : -1,
         [this, number] { send_from(number + 1); });
  }
};

bool belongs_to_a_transaction(const PassingFrame& frame) {
  switch (frame.api) {
    case ApiKey::produce:
    case ApiKey::find_coordinator:
    case ApiKey::init_producer_id:
    case ApiKey::add_partitions_to_txn:
    case ApiKey::add_offsets_to_txn:
    case ApiKey::txn_offset_commit:
    case ApiKey::end_txn:
      return true;
    default:
      return false;
  }
}

TransactionWorldOptions world_options(const StepTrialOptions& options) {
  return {.network = {},
          .broker = options.broker,
          .first_kind = options.first_kind,
          .advertised_as = "proxy",
          .tune_producer = options.tune_producer,
          .tune_consumer = [](ConsumerConfig& config) { config.max_poll_records = 3; }};
}

}  // namespace

StepTrial::StepTrial(const StepTrialOptions& options)
    : options_(options),
      world_(options.seed, world_options(options)),
      proxy_(world_.simulation().add_node("proxy")),
      source_(world_.simulation().add_node("source")),
      copier_(world_.add_client("copier", "copier", true)),
      rival_(world_.add_client("rival", "copier", true)),
      colleague_(world_.add_client("colleague", "colleague", true)) {}

TransactionRunResult StepTrial::run() {
  if (prepare()) work();
  if (source_.running()) source_.crash(Crash::process);
  return world_.judge();
}

bool StepTrial::prepare() {
  if (!world_.start_broker()) return false;
  proxy_.start([this](SimNode& node) {
    return std::make_shared<FrameProxy>(
        node, world_.broker().name(),
        [this](const PassingFrame& frame) { return on_frame(frame); });
  });
  Source* source = nullptr;
  source_.start([&](SimNode& node) {
    auto made = std::make_shared<Source>(
        node,
        TransactionalProcess::Options{.config = world_.producer_config("source", "source"),
                                      .topic = TransactionWorld::kAccounts,
                                      .first_number = 0,
                                      .on_dead = [] {}},
        world_.book());
    source = made.get();
    return made;
  });
  return world_.within_limit([&] { return source->finished(); }, "there is nothing to be copied");
}

bool StepTrial::work() {
  begun_ = true;
  if (on_begin) on_begin();
  world_.set_on_step([this] {
    if (between_steps) between_steps();
  });
  world_.start_client(copier_);
  return world_.all_gets_copied() &&
         world_.within_limit([this] { return world_.broker_status().ready; },
                             "the broker did not come back") &&
         world_.finish_clients(true) && world_.settles();
}

Passage StepTrial::on_frame(const PassingFrame& frame) {
  if (!begun_ || frame.client != &copier_.node->host()) return {};
  const bool counts = options_.counts ? options_.counts(frame) : belongs_to_a_transaction(frame);
  if (!counts) return {};
  const auto step = ++(frame.answer ? answers_ : requests_);
  const auto& hook = frame.answer ? on_answer : on_request;
  return hook ? hook(step, frame) : Passage{};
}

void StepTrial::start(TransactionWorld::Client& client) {
  world_.simulation().after(0ms, [this, &client] {
    if (!client.node->running()) world_.start_client(client);
  });
}

void StepTrial::kill(TransactionWorld::Client& client) {
  world_.simulation().after(0ms, [this, &client] {
    if (client.process == nullptr) return;
    world_.tell(client.node->name() + " is killed");
    world_.crash_client(client);
  });
}

void StepTrial::stop_for(TransactionWorld::Client& client, Duration time) {
  world_.simulation().after(0ms, [this, &client, time] {
    if (!client.node->running()) return;
    world_.tell(client.node->name() + " is stopped");
    client.node->pause();
    world_.simulation().after(time, [this, &client] {
      if (!client.node->running()) return;
      world_.tell(client.node->name() + " goes on");
      client.node->resume();
    });
  });
}

void StepTrial::crash_broker(Crash how) {
  world_.simulation().after(0ms, [this, how] {
    if (!world_.broker().running()) return;
    world_.tell(how == Crash::power ? "power cut" : "kill of the broker");
    world_.broker().crash(how);
    world_.simulation().after(20ms, [this] { world_.broker().start(); });
  });
}

void StepTrial::fill_disk_for(Duration time) {
  world_.tell("disk full");
  world_.broker().disk().set_capacity(0);
  world_.simulation().after(time, [this] {
    world_.tell("disk has room");
    world_.broker().disk().set_capacity(std::uint64_t{1} << 40);
  });
}

}  // namespace ottla::simulation
