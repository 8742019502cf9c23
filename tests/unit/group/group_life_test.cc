#include <string>
#include <utility>

#include "tests/unit/group/group_world.h"

namespace ottla::broker {
namespace {

// Clients that do what clients do, in an order that dice decide, with one group.
class RandomLife {
 public:
  explicit RandomLife(std::uint64_t seed)
      : dice_(seed), random_(seed + 1), clients_(1 + dice_.below(6)) {}

  void step() {
    const auto number = dice_.below(clients_.size());
    auto& client = clients_[number];
    const auto choice = dice_.below(12);
    if (choice == 0 && !client.waits && !client.id.empty()) return leave(client);
    if (choice == 1) return store_and_wait(std::chrono::seconds(dice_.below(15)));
    act(number);
  }

  // Everybody goes on until nothing changes any more.
  void settle() {
    for (int round = 0; round < 60; ++round) {
      for (std::size_t number = 0; number < clients_.size(); ++number) act(number);
      store_and_wait(2s);
    }
  }

  void expect_stable() const {
    EXPECT_EQ(group_.state(), GroupState::stable);
    EXPECT_EQ(group_.members().size(), clients_.size());
    for (const auto& client : clients_) EXPECT_EQ(client.generation, group_.generation());
    EXPECT_TRUE(open_.empty()) << "somebody waits for ever";
  }

 private:
  struct Client {
    std::string id;
    GenerationId generation = kNoGeneration;
    bool waits = false;
    bool synced = false;
  };

  GroupTime time() const { return {now_, 0}; }

  Client& answered(RequestId request) {
    auto node = open_.extract(request);
    EXPECT_FALSE(node.empty()) << "answered twice, or nobody asked";
    return clients_[node.empty() ? 0 : node.mapped()];
  }

  void take(GroupEffects effects) {
    for (const auto& answer : effects.joins) {
      auto& client = answered(answer.request);
      const bool joined = answer.error == ErrorCode::none;
      const bool keeps = joined || answer.error == ErrorCode::member_id_required ||
                         answer.error == ErrorCode::rebalance_in_progress;
      client = {.id = keeps ? answer.member_id : "",
                .generation = joined ? answer.generation : kNoGeneration};
    }
    for (const auto& answer : effects.syncs) {
      auto& client = answered(answer.request);
      client.waits = false;
      client.synced = answer.error == ErrorCode::none;
      if (!client.synced) client.generation = kNoGeneration;
      if (answer.error == ErrorCode::unknown_member_id) client.id = "";
    }
    for (const auto id : effects.stores) {
      (void)group_.to_store(id);
      stores_.push_back(id);
    }
  }

  void act(std::size_t number) {
    auto& client = clients_[number];
    if (client.waits) return;
    GroupEffects effects;
    if (client.generation == kNoGeneration) {
      join(number, effects);
    } else if (!client.synced) {
      wait_for(number);
      const SyncRequest request{
          .request = last_, .member = {client.id, {}}, .generation = client.generation};
      group_.sync(request, time(), effects);
    } else {
      const auto error = group_.heartbeat({client.id, {}}, client.generation, time());
      if (error == ErrorCode::unknown_member_id) client.id = "";
      if (error != ErrorCode::none) client.generation = kNoGeneration;
    }
    take(std::move(effects));
  }

  void wait_for(std::size_t number) {
    open_.emplace(++last_, number);
    clients_[number].waits = true;
  }

  void join(std::size_t number, GroupEffects& effects) {
    wait_for(number);
    const JoinRequest request{.request = last_,
                              .member = {clients_[number].id, {}},
                              .session_timeout = 10s,
                              .rebalance_timeout = 60s,
                              .protocol_type = "consumer",
                              .protocols = {{"range", "m"}},
                              .member_id_required = number % 2 == 0};
    group_.join(request, time(), random_, effects);
  }

  void leave(Client& client) {
    GroupEffects effects;
    group_.leave({{client.id, {}}}, time(), effects);
    take(std::move(effects));
    client = {};
  }

  void store_and_wait(base::Duration by) {
    for (const auto id : std::exchange(stores_, {})) {
      GroupEffects effects;
      group_.on_stored(id, ErrorCode::none, time(), effects);
      take(std::move(effects));
    }
    now_ += by;
    GroupEffects effects;
    group_.on_time(time(), effects);
    take(std::move(effects));
  }

  GroupSettings settings_;
  Group group_{"g", settings_, 0};
  base::Random dice_;
  base::Random random_;
  std::vector<Client> clients_;
  std::map<RequestId, std::size_t> open_;
  std::vector<std::uint64_t> stores_;
  RequestId last_ = 0;
  base::TimePoint now_{};
};

TEST(GroupLife, any_order_of_events_ends_in_a_stable_group) {
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    SCOPED_TRACE(seed);
    RandomLife life(seed);
    for (int step = 0; step < 200; ++step) life.step();
    life.settle();
    life.expect_stable();
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace ottla::broker
