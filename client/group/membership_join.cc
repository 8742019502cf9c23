#include <algorithm>
#include <exception>
#include <utility>

#include "client/group/membership.h"
#include "protocol/group/consumer_protocol.h"

// How a member joins: JoinGroup, what the leader does in between, SyncGroup.
namespace ottla::client {
namespace {

using protocol::ConsumerProtocolAssignment;
using protocol::ConsumerProtocolSubscription;

// How long a leader waits for topics that the cluster does not tell of.
constexpr auto kGatherLimit = std::chrono::seconds(5);

using ProtocolTopics = std::vector<ConsumerProtocolSubscription::TopicPartition>;

// What it refers to must outlive it.
template <class Partitions>
ProtocolTopics to_protocol(const Partitions& partitions) {
  std::map<std::string_view, std::vector<std::int32_t>> topics;
  for (const auto& partition : partitions) topics[partition.topic].push_back(partition.partition);
  ProtocolTopics out;
  for (auto& [topic, numbers] : topics) out.push_back({topic, std::move(numbers)});
  return out;
}

Bytes encode(const GroupAssignment& assignment) {
  ConsumerProtocolAssignment message;
  message.assigned_partitions = to_protocol(assignment.partitions);
  if (assignment.user_data) message.user_data = protocol::OpaqueBytes{*assignment.user_data};
  auto bytes = protocol::encode(message);
  return bytes ? std::move(*bytes) : Bytes();
}

std::optional<Bytes> to_bytes(const std::optional<protocol::OpaqueBytes>& bytes) {
  if (!bytes) return std::nullopt;
  return Bytes(bytes->view);
}

// A name is copied for each of a member's partitions: a hostile one must not make that much.
constexpr std::size_t kLongestTopicName = 249;
constexpr std::size_t kMostPartitions = 1'000'000;
constexpr std::size_t kMostTopics = 1'000'000;

// What is kept of the words of a group's members.
struct Budget {
  std::size_t topics = kMostTopics;
  std::size_t owned = kMostPartitions;
};

bool is_topic_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongestTopicName;
}

// A member's own words, as far as they can be understood.
GroupSubscription to_subscription(BytesView metadata, Budget& left) {
  GroupSubscription subscription;
  const auto said = protocol::parse_subscription(metadata);
  if (!said) return subscription;
  for (const auto& topic : said->topics) {
    if (!is_topic_name(topic) || left.topics == 0) continue;
    --left.topics;
    subscription.topics.emplace_back(topic);
  }
  subscription.user_data = to_bytes(said->user_data);
  for (const auto& [topic, partitions] : said->owned_partitions) {
    if (!is_topic_name(topic) || partitions.size() > left.owned) continue;
    left.owned -= partitions.size();
    for (const auto partition : partitions) {
      subscription.owned_partitions.push_back({std::string(topic), partition});
    }
  }
  if (said->generation_id.value >= 0) subscription.generation_id = said->generation_id.value;
  if (said->rack_id) subscription.rack_id = std::string(*said->rack_id);
  return subscription;
}

// Calls an assignor, which may be the user's. None, or what it threw.
template <class Call>
std::optional<std::string> thrown_by(const Call& call) {
  try {
    call();
    return std::nullopt;
  } catch (const std::exception& e) {
    const std::string what = e.what();
    return what.empty() ? "an exception without a text" : what;
  } catch (...) {
    return "what is no std::exception";
  }
}

Error assignor_threw(std::string_view name, const std::string& what) {
  return Error(ErrorCode::invalid_argument,
               "the assignor " + std::string(name) + " threw: " + what);
}

}  // namespace

Result<Membership::Assignors> Membership::make_assignors(
    const std::vector<AssignorFactory>& factories) {
  constexpr auto where = "partition_assignment_strategy: ";
  Assignors assignors;
  for (const auto& factory : factories) {
    OfferedAssignor offered;
    const auto thrown = thrown_by([&] {
      offered.assignor = factory();
      if (!offered.assignor) return;
      offered.name = offered.assignor->name();
      const auto can = offered.assignor->supported_protocols();
      offered.cooperative =
          std::find(can.begin(), can.end(), RebalanceProtocol::cooperative) != can.end();
    });
    if (thrown) {
      return Error(
          ErrorCode::invalid_argument,
          where + (offered.name.empty() ? "an assignor threw: " + *thrown
                                        : assignor_threw(offered.name, *thrown).message()));
    }
    if (!offered.assignor) {
      return Error(ErrorCode::invalid_argument, where + std::string("a factory made no assignor"));
    }
    assignors.push_back(std::move(offered));
  }
  return assignors;
}

Bytes Membership::subscription_for(ConsumerPartitionAssignor& assignor) const {
  const auto user_data = assignor.subscription_user_data(topics_);
  ConsumerProtocolSubscription message;
  message.topics.assign(topics_.begin(), topics_.end());
  if (user_data) message.user_data = protocol::OpaqueBytes{*user_data};
  message.owned_partitions = to_protocol(owned_);
  message.generation_id = protocol::GenerationId(generation_);
  if (!config_.client_rack.empty()) message.rack_id = config_.client_rack;
  auto bytes = protocol::encode(message);
  return bytes ? std::move(*bytes) : Bytes();
}

// None if an assignor failed.
std::optional<JoinDraft> Membership::make_join() {
  JoinDraft draft{++attempt_, member_id_, rejoin_.value_or(""), {}};
  if (log_.enabled(LogLevel::info)) {
    log_.info("joining group " + config_.group_id + ": " + draft.reason);
  }
  heartbeat_under_way_ = false;
  for (const auto& offered : assignors_) {
    Bytes subscription;
    const auto thrown = thrown_by([&] { subscription = subscription_for(*offered.assignor); });
    if (thrown) {
      fail(assignor_threw(offered.name, *thrown), false);
      return std::nullopt;
    }
    draft.protocols.emplace_back(offered.name, std::move(subscription));
  }
  rejoin_.reset();
  state_ = State::joining;
  return draft;
}

bool Membership::on_join(std::uint64_t attempt, const protocol::JoinGroupResponse& response,
                         base::TimePoint now) {
  if (attempt != attempt_ || state_ != State::joining) return false;
  heard_at_ = now;
  if (response.error_code == ErrorCode::none) {
    on_joined(response, now);
    return false;
  }
  request_rejoin("joining failed: " + std::string(describe(response.error_code).name));
  if (response.error_code == ErrorCode::member_id_required) {
    member_id_ = response.member_id;
    state_ = State::ready_to_join;
    return false;
  }
  return on_join_error(response.error_code, now);
}

bool Membership::on_join_error(ErrorCode code, base::TimePoint now) {
  state_ = State::ready_to_join;
  switch (code) {
    case ErrorCode::coordinator_load_in_progress:
    case ErrorCode::rebalance_in_progress:
      retry(now);
      return false;
    case ErrorCode::coordinator_not_available:
    case ErrorCode::not_coordinator:
      retry(now);
      return true;
    case ErrorCode::unknown_member_id:
    case ErrorCode::illegal_generation:
      fall_out(code);
      retry(now);
      return false;
    case ErrorCode::fenced_instance_id:
      fall_out(code);
      fail(Error(code, "another member of the group has the group_instance_id of this one"), true);
      return false;
    default:
      if (Error(code).retriable()) {
        retry(now);
      } else {
        fail(Error(code, "group " + config_.group_id + " does not take this consumer"), false);
      }
      return false;
  }
}

ConsumerPartitionAssignor* Membership::chosen() const {
  const auto found =
      std::find_if(assignors_.begin(), assignors_.end(),
                   [this](const auto& offered) { return offered.name == protocol_name_; });
  return found == assignors_.end() ? nullptr : found->assignor.get();
}

void Membership::on_joined(const protocol::JoinGroupResponse& response, base::TimePoint now) {
  failures_ = 0;
  generation_ = response.generation_id.value;
  member_id_ = response.member_id;
  protocol_name_ = response.protocol_name.value_or("");
  heartbeat_at_ = now + config_.heartbeat_interval;
  leader_ = response.leader == response.member_id;
  group_topics_.clear();
  members_.clear();
  assignments_.clear();
  snapshot_.reset();
  follow_up_at_.reset();
  if (generation_ < 0 || chosen() == nullptr) {
    return fail(Error(ErrorCode::inconsistent_group_protocol,
                      "group " + config_.group_id + " chose the assignor \"" + protocol_name_ +
                          "\", which this consumer did not offer"),
                false);
  }
  state_ = State::ready_to_sync;
  if (!leader_) return;
  skip_assignment_ = response.skip_assignment;
  Budget left;
  for (const auto& member : response.members) {
    auto& known = members_.emplace_back();
    known.member_id = member.member_id;
    known.subscription = to_subscription(member.metadata.view, left);
    if (member.group_instance_id) {
      known.subscription.group_instance_id = std::string(*member.group_instance_id);
    }
    group_topics_.insert(known.subscription.topics.begin(), known.subscription.topics.end());
  }
  gather_until_ = now + kGatherLimit;
  state_ = State::gathering;
}

Membership::Snapshot Membership::snapshot_of(const Cluster& cluster) const {
  Snapshot snapshot;
  for (const auto& name : group_topics_) {
    const auto* topic = cluster.topic(name);
    if (topic == nullptr || topic->partitions.empty()) continue;
    auto& partitions = snapshot[name];
    for (const auto& partition : topic->partitions) {
      auto& racks = partitions.emplace_back();
      for (const auto replica : partition.replicas) {
        const auto broker = cluster.brokers().find(replica);
        if (broker != cluster.brokers().end() && broker->second.rack) {
          racks.push_back(*broker->second.rack);
        }
      }
      std::sort(racks.begin(), racks.end());
      racks.erase(std::unique(racks.begin(), racks.end()), racks.end());
    }
  }
  return snapshot;
}

std::vector<AssignableTopic> Membership::to_topics(const Snapshot& snapshot) {
  std::vector<AssignableTopic> topics;
  for (const auto& [name, racks] : snapshot) topics.push_back({name, racks});
  return topics;
}

void Membership::assign_group(const Cluster& cluster) {
  snapshot_ = snapshot_of(cluster);
  state_ = State::ready_to_sync;
  const auto members = std::exchange(members_, {});
  if (skip_assignment_) {
    // What it kept back before it came back is not known.
    if (protocol_ == RebalanceProtocol::cooperative)
      follow_up_at_ = heard_at_ + config_.session_timeout;
    return;
  }
  ConsumerPartitionAssignor::Assignments assigned;
  const auto thrown =
      thrown_by([&] { assigned = chosen()->assign(to_topics(*snapshot_), members); });
  if (thrown) return fail(assignor_threw(protocol_name_, *thrown), false);
  if (keeps_back(assigned, members)) follow_up_at_ = heard_at_ + config_.session_timeout;
  for (const auto& member : members) {
    assignments_.emplace_back(member.member_id, encode(assigned[member.member_id]));
  }
}

// Something that a member owns was assigned to nobody.
bool Membership::keeps_back(const ConsumerPartitionAssignor::Assignments& assigned,
                            const std::vector<GroupMember>& members) const {
  if (protocol_ != RebalanceProtocol::cooperative) return false;
  std::set<TopicPartition> given;
  for (const auto& [member, assignment] : assigned) {
    given.insert(assignment.partitions.begin(), assignment.partitions.end());
  }
  for (const auto& member : members) {
    for (const auto& partition : member.subscription.owned_partitions) {
      const auto topic = snapshot_->find(partition.topic);
      const bool exists = topic != snapshot_->end() && partition.partition >= 0 &&
                          partition.partition < static_cast<std::int32_t>(topic->second.size());
      if (exists && !given.contains(partition)) return true;
    }
  }
  return false;
}

// A leader without a rack does not mind where replicas are.
bool Membership::is_same(const Snapshot& one, const Snapshot& other) const {
  if (!config_.client_rack.empty()) return one == other;
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](const auto& left, const auto& right) {
                      return left.first == right.first && left.second.size() == right.second.size();
                    });
}

void Membership::on_metadata(const Cluster& cluster) {
  if (!snapshot_ || is_same(*snapshot_, snapshot_of(cluster))) return;
  snapshot_.reset();
  request_rejoin("the partitions of the group's topics have changed");
}

bool Membership::on_sync(std::uint64_t attempt, const protocol::SyncGroupResponse& response,
                         base::TimePoint now) {
  if (attempt != attempt_ || state_ != State::syncing) return false;
  heard_at_ = now;
  if (response.error_code != ErrorCode::none) return on_sync_error(response.error_code, now);
  failures_ = 0;
  take_assignment(response.assignment.view);
  return false;
}

bool Membership::on_sync_error(ErrorCode code, base::TimePoint now) {
  request_rejoin("SyncGroup failed: " + std::string(describe(code).name));
  switch (code) {
    case ErrorCode::rebalance_in_progress:
      begin_rejoin();
      return false;
    case ErrorCode::unknown_member_id:
    case ErrorCode::illegal_generation:
      fall_out(code);
      return false;
    case ErrorCode::coordinator_not_available:
    case ErrorCode::not_coordinator:
      begin_rejoin();
      retry(now);
      return true;
    case ErrorCode::fenced_instance_id:
      fall_out(code);
      fail(Error(code, "another member of the group has the group_instance_id of this one"), true);
      return false;
    default:
      if (Error(code).retriable()) {
        begin_rejoin();
        retry(now);
      } else {
        fail(Error(code, "group " + config_.group_id + " gives this consumer no assignment"),
             false);
      }
      return false;
  }
}

void Membership::take_assignment(BytesView bytes) {
  GroupAssignment assignment;
  std::set<TopicPartition> now_owned;
  if (!bytes.empty()) {
    const auto parsed = protocol::parse_assignment(bytes);
    if (!parsed) {
      return fail(Error(parsed.error().code(),
                        "the assignment that the leader of group " + config_.group_id +
                            " made cannot be read: " + parsed.error().message()),
                  false);
    }
    std::size_t left = kMostPartitions;
    for (const auto& [topic, partitions] : parsed->assigned_partitions) {
      const std::string name(topic);
      // What is not subscribed to is not read, whatever the leader says.
      if (!std::binary_search(topics_.begin(), topics_.end(), name)) continue;
      if (partitions.size() > left) {
        return fail(Error(ErrorCode::invalid_argument,
                          "the leader of group " + config_.group_id + " assigns more than " +
                              std::to_string(kMostPartitions) + " partitions to this consumer"),
                    false);
      }
      left -= partitions.size();
      for (const auto partition : partitions) {
        if (partition >= 0) now_owned.insert({name, partition});
      }
    }
    assignment.user_data = to_bytes(parsed->user_data);
  }
  assignment.partitions.assign(now_owned.begin(), now_owned.end());
  RebalanceStep step;
  step.assigned = true;
  std::set_difference(owned_.begin(), owned_.end(), now_owned.begin(), now_owned.end(),
                      std::back_inserter(step.revoked));
  std::set_difference(now_owned.begin(), now_owned.end(), owned_.begin(), owned_.end(),
                      std::back_inserter(step.added));
  if (log_.enabled(LogLevel::info)) {
    log_.info("assigned " + std::to_string(now_owned.size()) + " partitions in generation " +
              std::to_string(generation_) + " of group " + config_.group_id + ": " +
              std::to_string(step.added.size()) + " new, " + std::to_string(step.revoked.size()) +
              " to be given up");
  }
  const auto thrown = thrown_by([&] { chosen()->on_assignment(assignment, member()); });
  if (thrown) return fail(assignor_threw(protocol_name_, *thrown), false);
  step_ = std::move(step);
  step_taken_ = false;
  state_ = State::assigning;
}

}  // namespace ottla::client
