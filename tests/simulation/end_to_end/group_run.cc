#include "tests/simulation/end_to_end/group_run.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <utility>

#include "tests/simulation/end_to_end/broker_node.h"
#include "tests/simulation/end_to_end/client_nodes.h"
#include "tests/simulation/end_to_end/group_client.h"
#include "tests/simulation/end_to_end/lossy_door.h"

namespace ottla::simulation {
namespace {

using namespace std::chrono_literals;

constexpr char kTopic[] = "records";
constexpr Duration kLimit = 300s;  // for what must end; virtual

class GroupRun {
 public:
  GroupRun(std::uint64_t seed, const GroupRunOptions& options)
      : options_(options),
        world_(seed, {.network = {.reset_one_in = options.chaos.resets ? 600U : 0U}}),
        broker_(world_.add_node("broker")),
        sender_(world_.add_node("sender")),
        door_(world_.add_node("door"), broker_, rates()),
        nodes_(add_members(1 + (seed - 1) % options.most_members)),
        partitions_(1 + static_cast<std::int32_t>(world_.random().below(options.most_partitions))),
        chaos_(
            world_, broker_, {&sender_}, options.chaos, [this] { return status_.ready; },
            &door_.node()),
        sent_(partitions_),
        history_(partitions_),
        members_(nodes_.size()) {}

  GroupRunResult run() {
    if (start() && work()) check_end();
    for (const auto& what : history_.wrongs()) wrong_.push_back(what);
    if (status_.error) wrong_.push_back("the broker failed: " + status_.error->to_string());
    if (!wrong_.empty()) tell_owners();
    for (auto* node : nodes_) {
      if (node->running()) node->crash(Crash::process);
    }
    return {.wrong = wrong_,
            .story = chaos_.story() + story_,
            .processed = history_.count(),
            .joins = joins_,
            .most_at_once = most_at_once_,
            .lost = door_.lost(),
            .late = door_.late()};
  }

 private:
  LossyDoor::Rates rates() {
    if (!options_.lost_frames) return {};
    constexpr std::array<std::uint64_t, 3> kOneIn{0, 400, 100};
    return {.lost_one_in = kOneIn[world_.random().below(kOneIn.size())],
            .late_one_in = kOneIn[world_.random().below(kOneIn.size())]};
  }
  std::vector<SimNode*> add_members(std::size_t count) {
    std::vector<SimNode*> nodes;
    for (std::size_t i = 0; i < count; ++i) {
      nodes.push_back(&world_.add_node("member" + std::to_string(i)));
    }
    return nodes;
  }
  bool within_limit(const std::function<bool()>& done, const std::string& what) {
    bool is_done = false;
    world_.run_until([&] { return (is_done = done()) || status_.error; }, kLimit);
    if (!is_done) wrong_.push_back(what + ": " + to_string(world_.scheduler().why_stopped()));
    return is_done;
  }
  void tell(const std::string& what) {
    const auto at =
        std::chrono::duration_cast<std::chrono::milliseconds>(world_.now().time_since_epoch());
    story_ += std::to_string(at.count()) + " ms " + what + "; ";
  }

  bool start();
  bool work();
  void check_end();
  void join(std::size_t index);
  void restart(std::size_t index);
  void vanish(std::size_t index);
  void leave(std::size_t index);
  void stir();
  void feed(SendingClient& sending, std::uint64_t records);
  void tell_owners();
  void disturb(std::size_t index);
  void check_owners();
  bool one_owner_each() const;
  bool all_processed(const std::vector<std::int64_t>& ends) const;
  ConsumerConfig member_config(std::size_t index);
  ProducerConfig producer_config() const;

  const GroupRunOptions options_;
  Simulation world_;
  SimNode& broker_;
  SimNode& sender_;
  LossyDoor door_;
  std::vector<SimNode*> nodes_;
  const std::int32_t partitions_;
  BrokerStatus status_;
  Chaos chaos_;
  History sent_;
  GroupHistory history_;
  std::vector<GroupClient*> members_;  // null: not there; they run on their nodes
  bool fed_ = false;                   // all records are on their way
  std::uint64_t joins_ = 0;
  std::size_t most_at_once_ = 0;
  std::uint64_t changes_seen_ = 0;
  std::string story_;
  std::vector<std::string> wrong_;
};

bool GroupRun::start() {
  broker::BrokerConfig config;
  config.auto_create_topics_enable = false;
  config.log_dirs = {"/data"};
  config.group_min_session_timeout_ms = 100;
  config.offsets_topic_num_partitions = 2;
  broker_.start(broker_application(std::move(config), status_, door_.node().name()));
  door_.start();
  sender_.start();
  if (!within_limit([this] { return status_.ready; }, "the broker did not start")) return false;
  std::optional<Result<void>> created;
  // No record is refused because its time is yet to come.
  status_.broker->create_topic(kTopic, partitions_,
                               {{"message.timestamp.after.max.ms", "9223372036854775807"}},
                               [&](Result<void> result) { created = std::move(result); });
  return within_limit([&] { return created.has_value(); }, "the topic was not made");
}

ProducerConfig GroupRun::producer_config() const {
  ProducerConfig config;
  config.bootstrap_servers = "door:9092";
  config.request_timeout = 500ms;
  config.delivery_timeout = 200s;
  config.retry_backoff = 10ms;
  config.retry_backoff_max = 100ms;
  config.reconnect_backoff = 5ms;
  config.reconnect_backoff_max = 50ms;
  config.log_level = LogLevel::off;
  return config;
}

ConsumerConfig GroupRun::member_config(std::size_t index) {
  auto& random = world_.random();
  ConsumerConfig config;
  config.bootstrap_servers = "door:9092";
  config.group_id = "workers";
  if (options_.static_members) config.group_instance_id = "instance-" + std::to_string(index);
  config.auto_offset_reset = AutoOffsetReset::earliest;
  config.partition_assignment_strategy = {assignor_by_name(options_.assignor).value()};
  config.session_timeout = 400ms;
  config.heartbeat_interval = 50ms;
  config.max_poll_interval = 600ms;
  config.enable_auto_commit = !random.one_in(3);
  config.auto_commit_interval = std::chrono::milliseconds(5 + random.below(100));
  config.max_poll_records = static_cast<std::int32_t>(1 + random.below(20));
  config.fetch_max_wait = 50ms;
  config.request_timeout = 500ms;
  config.retry_backoff = 10ms;
  config.retry_backoff_max = 100ms;
  config.reconnect_backoff = 5ms;
  config.reconnect_backoff_max = 50ms;
  config.socket_connection_setup_timeout = 300ms;
  config.log_sink = simulation_log_sink(world_, nodes_[index]->name());
  config.log_level = LogLevel::debug;
  return config;
}

void GroupRun::join(std::size_t index) {
  tell(nodes_[index]->name() + " joins");
  ++joins_;
  nodes_[index]->start([this, index](SimNode& node) {
    auto client = std::make_shared<GroupClient>(
        node, member_config(index), history_,
        GroupClient::Options{.topic = kTopic,
                             .commits_too_early = options_.commit_too_early,
                             .on_fenced = [this, index] { restart(index); }});
    members_[index] = client.get();
    return client;
  });
}

// A coordinator that lost its machine may know an instance by the member that it was before.
void GroupRun::restart(std::size_t index) {
  if (!options_.static_members) return history_.wrong(nodes_[index]->name() + " is fenced");
  world_.after(1ms, [this, index, of = members_[index]] {
    if (members_[index] != of) return;
    tell(nodes_[index]->name() + " is fenced");
    vanish(index);
    join(index);
  });
}

void GroupRun::vanish(std::size_t index) {
  members_[index] = nullptr;
  nodes_[index]->crash(Crash::process);
}

void GroupRun::leave(std::size_t index) {
  tell(nodes_[index]->name() + " leaves");
  members_[index]->leave([this, index, of = members_[index]] {
    world_.after(0ms, [this, index, of] {
      if (members_[index] == of) vanish(index);
    });
  });
}

void GroupRun::tell_owners() {
  for (const auto* member : members_) {
    if (member == nullptr) continue;
    std::string text = member->name() + (member->closing() ? " (leaving)" : "") +
                       " in generation " + std::to_string(member->generation()) + " owns";
    for (const auto& partition : member->owned()) text += " " + to_string(partition);
    tell(text);
  }
}

// Members come and go while the chaos lasts, of a large group more often.
void GroupRun::stir() {
  if (chaos_.over()) return;
  auto& random = world_.random();
  const auto index = random.below(nodes_.size());
  auto* member = members_[index];
  if (member == nullptr) {
    join(index);
  } else if (!member->closing() && random.one_in(3)) {
    if (random.one_in(2)) {
      tell(nodes_[index]->name() + " vanishes");
      vanish(index);
    } else {
      leave(index);
    }
  }
  if (members_[index] != nullptr && random.one_in(3)) disturb(index);
  const auto most = std::min<std::uint64_t>(150, 900 / nodes_.size());
  world_.after(std::chrono::milliseconds(10 + random.below(most)), [this] { stir(); });
}

// Stands still, or is not heard, for less or more than a session.
void GroupRun::disturb(std::size_t index) {
  auto* node = nodes_[index];
  const auto lasts = std::chrono::milliseconds(10 + world_.random().below(900));
  if (options_.chaos.pauses && world_.random().one_in(2)) {
    tell(node->name() + " stands still");
    node->pause();
    world_.after(lasts, [node] {
      if (node->running()) node->resume();
    });
  } else if (options_.chaos.partitions) {
    tell(node->name() + " is cut off");
    world_.network().block(door_.node().host(), node->host());
    world_.after(lasts, [this, node] { world_.network().heal(door_.node().host(), node->host()); });
  }
}

// Two members of one generation never have the same partition.
void GroupRun::check_owners() {
  if (std::exchange(changes_seen_, history_.changes()) == history_.changes()) return;
  std::map<std::pair<std::int32_t, TopicPartition>, const GroupClient*> owners;
  std::size_t present = 0;
  for (const auto* member : members_) {
    if (member == nullptr || member->generation() < 0) continue;
    ++present;
    for (const auto& partition : member->owned()) {
      const auto [other, only] = owners.emplace(std::pair(member->generation(), partition), member);
      if (only) continue;
      history_.wrong(member->name() + " and " + other->second->name() + " own " +
                     to_string(partition) + " in generation " +
                     std::to_string(member->generation()));
    }
  }
  most_at_once_ = std::max(most_at_once_, present);
}

bool GroupRun::one_owner_each() const {
  std::set<TopicPartition> owned;
  std::size_t sum = 0;
  for (const auto* member : members_) {
    if (member == nullptr) continue;
    sum += member->owned().size();
    owned.insert(member->owned().begin(), member->owned().end());
  }
  return sum == owned.size() && owned.size() == static_cast<std::size_t>(partitions_);
}

bool GroupRun::all_processed(const std::vector<std::int64_t>& ends) const {
  for (std::int32_t i = 0; i < partitions_; ++i) {
    if (history_.first_missing(i) < ends[static_cast<std::size_t>(i)]) return false;
  }
  return true;
}

// There is always something to be read while the chaos lasts.
void GroupRun::feed(SendingClient& sending, std::uint64_t records) {
  constexpr std::uint64_t kPortions = 100;
  const auto portion = std::min(records, (options_.records + kPortions - 1) / kPortions);
  sending.send(portion);
  fed_ = portion == records;
  if (fed_) return;
  world_.after(options_.chaos_lasts / kPortions,
               [this, &sending, left = records - portion] { feed(sending, left); });
}

bool GroupRun::work() {
  SendingClient sending(sender_, producer_config(), kTopic, partitions_, sent_);
  feed(sending, options_.records);
  const auto at_once = world_.random().one_in(2) ? nodes_.size() : 1;
  for (std::size_t i = 0; i < at_once; ++i) join(i);
  stir();
  chaos_.start(options_.chaos_lasts);
  const auto watched = [&](const std::function<bool()>& done) {
    return [this, done] {
      check_owners();
      return done() || !history_.wrongs().empty();
    };
  };
  const bool fine =
      within_limit(watched([&] { return chaos_.over() && status_.ready; }),
                   "the broker did not come back") &&
      within_limit(watched([&] { return fed_ && sending.done(); }), "some records have no outcome");
  if (!sending.close(kLimit)) wrong_.push_back("the producer did not close");
  if (!fine || !history_.wrongs().empty()) return false;
  world_.network().set_options({});
  door_.shut();
  // Somebody must be there in the end.
  world_.run_for(2s);
  if (std::none_of(members_.begin(), members_.end(), [](const auto* m) { return m != nullptr; })) {
    join(0);
  }
  return true;
}

void GroupRun::check_end() {
  const auto member = std::find_if(members_.begin(), members_.end(),
                                   [](const auto* m) { return m != nullptr && !m->closing(); });
  if (member == members_.end()) return wrong_.push_back("nobody is left");
  std::vector<TopicPartition> partitions;
  for (std::int32_t i = 0; i < partitions_; ++i) partitions.push_back({kTopic, i});
  std::optional<Result<Consumer::Offsets>> found;
  (*member)->core().offsets_at(partitions, -1).then([&](Result<Consumer::Offsets> offsets) {
    found = std::move(offsets);
  });
  if (!within_limit([&] { return found.has_value(); }, "the ends are not told")) return;
  if (!*found) return wrong_.push_back("the ends are not told: " + found->error().to_string());
  std::vector<std::int64_t> ends;
  for (const auto& partition : partitions) ends.push_back((**found).at(partition));
  if (!within_limit([&] { return all_processed(ends); }, "not all records are processed")) return;
  if (!within_limit([&] { return one_owner_each(); }, "not every partition has one owner")) return;
  // Sessions of those who vanished end, and so does what waits for a machine without power: at most
  // as long as JoinGroup may take. Then nothing more happens.
  world_.run_for(8s);
  if (!within_limit([&] { return one_owner_each(); }, "not every partition has one owner")) return;
  const auto generation = (*member)->generation();
  world_.run_for(3s);
  if (!one_owner_each() || (*member)->generation() != generation) {
    wrong_.push_back("the group is not stable in the end");
  }
  std::optional<Result<CommittedOffsets>> committed;
  (*member)->core().committed(partitions).then([&](Result<CommittedOffsets> offsets) {
    committed = std::move(offsets);
  });
  if (!within_limit([&] { return committed.has_value(); }, "what is committed is not told")) return;
  if (!*committed) return wrong_.push_back("committed: " + committed->error().to_string());
  for (const auto& [partition, offset] : **committed) {
    if (offset.offset > history_.first_missing(partition.partition)) {
      wrong_.push_back(to_string(partition) + " is committed beyond what was processed");
    }
  }
}

}  // namespace

std::string GroupRunResult::report() const {
  std::string text;
  for (const auto& each : wrong) text += each + "\n";
  return text + story;
}

GroupRunResult run_group(std::uint64_t seed, const GroupRunOptions& options) {
  return GroupRun(seed, options).run();
}

}  // namespace ottla::simulation
