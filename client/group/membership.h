#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/logger.h"
#include "base/random.h"
#include "base/time.h"
#include "client/metadata/cluster.h"
#include "client/network/backoff.h"
#include "ottla/assignor.h"
#include "protocol/messages/heartbeat.h"
#include "protocol/messages/join_group.h"
#include "protocol/messages/sync_group.h"

namespace ottla::client {

struct MembershipConfig {
  std::string group_id;
  std::optional<std::string> group_instance_id;
  std::string client_rack;
  base::Duration session_timeout = std::chrono::seconds(45);
  base::Duration heartbeat_interval = std::chrono::seconds(3);
  base::Duration max_poll_interval = std::chrono::minutes(5);
  Backoff retry{std::chrono::milliseconds(100), std::chrono::milliseconds(1000)};
};

// What has to happen to partitions before a rebalance can go on: their consumer is asked on the
// thread that polls.
struct RebalanceStep {
  std::vector<TopicPartition> revoked;
  std::vector<TopicPartition> lost;
  std::vector<TopicPartition> added;
  bool assigned = false;  // the end of a rebalance: `added` is to be told even if it is empty

  bool operator==(const RebalanceStep&) const = default;
};

// Requests to be; `attempt` comes back with the answer.
struct JoinDraft {
  std::uint64_t attempt = 0;
  std::string member_id;
  std::string reason;
  std::vector<std::pair<std::string, Bytes>> protocols;
};
struct SyncDraft {
  std::uint64_t attempt = 0;
  ConsumerGroupMetadata member;
  std::string protocol_name;
  std::vector<std::pair<std::string, Bytes>> assignments;
};
struct HeartbeatDraft {
  std::uint64_t attempt = 0;
  ConsumerGroupMetadata member;
};
struct LeaveDraft {
  std::string member_id;
  std::string reason;
};
using GroupDraft = std::variant<JoinDraft, SyncDraft, HeartbeatDraft, LeaveDraft>;

// An assignor and what it says of itself; it is asked once, for it may be the user's.
struct OfferedAssignor {
  std::string name;
  bool cooperative = false;
  std::unique_ptr<ConsumerPartitionAssignor> assignor;
};

// One consumer as a member of its group, by the classic protocol: joins, has the group assigned if
// it is the leader, keeps its session alive, and joins again whenever something has changed. A
// request manager; what happens to partitions is told by `step` and waits for `on_step_done`. It
// joins once the application polls, and leaves when it has not polled for `max_poll_interval`. Loop
// thread.
class Membership {
 public:
  using Assignors = std::vector<OfferedAssignor>;
  // Errors: invalid_argument, if a factory or its assignor throws, or makes none.
  static Result<Assignors> make_assignors(const std::vector<AssignorFactory>& factories);

  Membership(MembershipConfig config, Assignors assignors, std::uint64_t seed, base::Logger log);

  // From now on these topics; joins again if they are others than before.
  void subscribe(std::vector<std::string> topics, bool wanted);
  // The application polls from now on, or has come back from it.
  void on_polling(bool polling, base::TimePoint now);
  void request_rejoin(const std::string& reason);
  // The leader joins again if the partitions of the group's topics have changed; or, if it has a
  // rack itself, their racks.
  void on_metadata(const Cluster& cluster);

  struct Poll {
    std::vector<GroupDraft> requests;
    bool forget_coordinator = false;  // it has not been heard of for a session timeout
    base::TimePoint next = base::kNever;
  };
  Poll poll(base::TimePoint now, bool has_coordinator, const Cluster& cluster);

  // Each true if the coordinator is to be looked for again.
  bool on_join(std::uint64_t attempt, const protocol::JoinGroupResponse& response,
               base::TimePoint now);
  bool on_sync(std::uint64_t attempt, const protocol::SyncGroupResponse& response,
               base::TimePoint now);
  bool on_heartbeat(const HeartbeatDraft& draft, const protocol::HeartbeatResponse& response,
                    base::TimePoint now);
  // No answer to any of them came.
  void on_failure(const GroupDraft& draft, base::TimePoint now);
  // A commit of this member was refused.
  void on_commit_error(ErrorCode code, const ConsumerGroupMetadata& member);

  // None: nothing waits for the consumer. `take_step` says that it has begun.
  const std::optional<RebalanceStep>& step() const { return step_; }
  RebalanceStep take_step();
  void on_step_done();

  // Leaves, now or as soon as there is a coordinator; a static member only if `also_static`. What
  // it owned is owned no more, and nobody is told.
  void leave(const std::string& reason, bool also_static);
  bool leaving() const { return leave_.has_value(); }
  // What it owns is given up already.
  void forget_owned();
  bool awaits_poll() const { return awaits_poll_; }

  // For commits: who it is, whether it can be sent now, what it owns.
  ConsumerGroupMetadata member() const;
  bool between_generations() const;
  bool owns(const TopicPartition& partition) const;
  bool wanted() const { return wanted_; }
  bool polling() const { return polling_; }
  bool stable() const { return state_ == State::stable && !rejoin_; }
  bool rebalancing() const { return state_ != State::idle && state_ != State::stable; }
  // How many have ended with partitions taken up.
  std::uint64_t rebalances() const { return rebalances_; }

  // Topics whose metadata the leader needs.
  const std::set<std::string>& group_topics() const { return group_topics_; }
  // Why it cannot be a member; for the next poll of the application.
  std::optional<Error> take_error();

 private:
  enum class State : std::uint8_t {
    idle,           // not in a generation, or fallen out of it
    preparing,      // the consumer gives up partitions
    ready_to_join,  // as soon as there is a coordinator
    joining,
    gathering,  // the leader learns about topics
    ready_to_sync,
    syncing,
    assigning,  // the consumer takes up what it got
    stable,
  };
  // Partitions with the racks of their replicas.
  using Snapshot = std::map<std::string, std::vector<std::vector<std::string>>>;

  void begin_rejoin();
  void prepare();
  void check_poll_interval(base::TimePoint now, Poll& poll);
  void check_follow_up(base::TimePoint now, Poll& poll);
  bool keeps_back(const ConsumerPartitionAssignor::Assignments& assigned,
                  const std::vector<GroupMember>& members) const;
  void check_session(base::TimePoint now, Poll& poll);
  void add_heartbeat(base::TimePoint now, Poll& poll);
  void add_request(base::TimePoint now, const Cluster& cluster, Poll& poll);
  std::optional<JoinDraft> make_join();
  Bytes subscription_for(ConsumerPartitionAssignor& assignor) const;
  void on_joined(const protocol::JoinGroupResponse& response, base::TimePoint now);
  bool on_join_error(ErrorCode code, base::TimePoint now);
  void assign_group(const Cluster& cluster);
  bool on_sync_error(ErrorCode code, base::TimePoint now);
  void take_assignment(BytesView bytes);
  void fall_out(ErrorCode code);
  void lose_owned();
  void retry(base::TimePoint now);
  void fail(Error error, bool for_ever);
  ConsumerPartitionAssignor* chosen() const;
  static std::vector<AssignableTopic> to_topics(const Snapshot& snapshot);
  Snapshot snapshot_of(const Cluster& cluster) const;
  bool is_same(const Snapshot& one, const Snapshot& other) const;

  const MembershipConfig config_;
  const Assignors assignors_;
  const RebalanceProtocol protocol_;
  base::Random random_;
  const base::Logger log_;

  State state_ = State::idle;
  bool wanted_ = false;
  std::vector<std::string> topics_;
  std::int32_t generation_ = -1;
  std::string member_id_;
  std::string protocol_name_;
  std::set<TopicPartition> owned_;
  std::optional<std::string> rejoin_;  // why it must join again
  std::uint64_t attempt_ = 0;          // answers to earlier ones are dropped
  std::uint32_t failures_ = 0;
  std::uint64_t rebalances_ = 0;
  base::TimePoint retry_at_ = base::TimePoint::min();

  std::optional<RebalanceStep> step_;
  bool step_taken_ = false;
  bool fell_out_ = false;  // while a step was under way

  bool polling_ = false;
  bool awaits_poll_ = true;  // nothing happens before the application polls
  base::TimePoint polled_at_ = base::TimePoint::min();

  bool heartbeat_under_way_ = false;
  base::TimePoint heartbeat_at_ = base::TimePoint::min();
  base::TimePoint heard_at_ = base::TimePoint::min();

  std::optional<LeaveDraft> leave_;
  std::optional<Error> error_;
  bool failed_for_ever_ = false;

  // Of the leader.
  bool leader_ = false;
  std::vector<GroupMember> members_;
  bool skip_assignment_ = false;
  std::set<std::string> group_topics_;
  base::TimePoint gather_until_{};
  std::vector<std::pair<std::string, Bytes>> assignments_;
  std::optional<Snapshot> snapshot_;  // what was assigned
  // When partitions that were kept back, since they move, must have been assigned in a rebalance
  // after this one: whoever was to ask for it may have vanished and come back with nothing.
  std::optional<base::TimePoint> follow_up_at_;
};

}  // namespace ottla::client
