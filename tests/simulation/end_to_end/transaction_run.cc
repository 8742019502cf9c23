#include "tests/simulation/end_to_end/transaction_run.h"

#include <utility>

namespace ottla::simulation {
namespace {

using namespace std::chrono_literals;

class TransactionRun {
 public:
  TransactionRun(std::uint64_t seed, const TransactionRunOptions& options)
      : options_(options),
        world_(seed, {.network = {.reset_one_in = options.chaos.resets ? 600U : 0U},
                      .broker = {},
                      .first_kind = options.first_kind,
                      .advertised_as = {},
                      .reads = options.reads}) {
    add_clients("bank", options.bank_clients, false);
    add_clients("copier", options.copy_clients, true);
    std::vector<SimNode*> nodes;
    for (auto& client : world_.clients()) nodes.push_back(client->node);
    chaos_ = std::make_unique<Chaos>(world_.simulation(), world_.broker(), nodes, options.chaos,
                                     [this] { return world_.broker_status().ready; });
  }

  TransactionRunResult run() {
    if (world_.start_broker()) work();
    auto result = world_.judge();
    result.story = chaos_->story() + result.story;
    for (const auto& [kind, times] : chaos_->faults()) result.faults[kind] += times;
    return result;
  }

 private:
  void add_clients(const std::string& name, std::uint64_t most, bool copies);
  void stir();
  void work();

  const TransactionRunOptions options_;
  TransactionWorld world_;
  std::unique_ptr<Chaos> chaos_;
};

void TransactionRun::add_clients(const std::string& name, std::uint64_t most, bool copies) {
  if (most == 0) return;
  const auto count = 1 + world_.random().below(most);
  for (std::uint64_t i = 0; i < count; ++i) {
    const bool shares = options_.shared_ids && i > 0 && world_.random().one_in(4);
    world_.add_client(name + std::to_string(i), name + std::to_string(shares ? i - 1 : i), copies);
  }
}

void TransactionRun::stir() {
  if (chaos_->over()) return world_.start_no_more(false);
  auto& client = *world_.clients()[world_.random().below(world_.clients().size())];
  if (client.process != nullptr && options_.client_crashes) {
    world_.tell(client.node->name() + " is killed");
    world_.count_fault("killed client");
    world_.crash_client(client);
  }
  const auto pause = std::chrono::milliseconds(50 + world_.random().below(600));
  world_.simulation().after(pause, [this] { stir(); });
}

void TransactionRun::work() {
  for (auto& client : world_.clients()) world_.start_client(*client);
  stir();
  chaos_->start(options_.chaos_lasts);
  if (!world_.within_limit([this] { return chaos_->over() && world_.broker_status().ready; },
                           "the broker did not come back")) {
    return;
  }
  world_.simulation().network().set_options({});
  world_.start_no_more(false);
  // What the killed ones left open ends by its timeout.
  if (!world_.finish_clients(false) || !world_.settles() || !world_.read_all()) return;
  if (world_.all_gets_copied() && world_.finish_clients(true)) world_.settles();
}

}  // namespace

TransactionRunResult run_transactions(std::uint64_t seed, const TransactionRunOptions& options) {
  return TransactionRun(seed, options).run();
}

}  // namespace ottla::simulation
