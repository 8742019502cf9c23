#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "client/consumer/consumer_settings.h"
#include "client/consumer/subscription_state.h"
#include "client/group/coordinator_finder.h"
#include "client/group/group_metrics.h"
#include "client/group/group_offsets.h"
#include "client/group/group_requests.h"
#include "client/group/membership.h"
#include "client/metadata/cluster_client.h"

namespace ottla::client {

// The group of one consumer: joins membership, offsets and the coordinator to the network, and to
// the partitions that are read. Owned by the ConsumerCore, whose lock guards what the polling
// thread and the loop share; everything else is the loop's.
//
// Partitions change hands on the thread that polls: the loop says what is wanted; the next poll
// begins it (`begin_step`), from when on what is to go is not handed out any more; the loop commits
// what was processed of it and grants the step; the poll after that runs it and says so.
class ConsumerGroup {
 public:
  struct Environment {
    ClusterClient& client;
    std::mutex& mutex;
    SubscriptionState& subscription;
    std::function<void()> on_change;  // there is something for those who poll
    std::function<void(const CommittedOffsets&)> on_commit;  // the group has stored them
  };
  ConsumerGroup(const GroupSettings& settings, Membership::Assignors assignors, std::uint64_t seed,
                Environment environment);

  // Loop thread.
  base::TimePoint turn(base::TimePoint now);
  void on_metadata_update();
  void subscribe(std::vector<std::string> topics, bool wanted);
  void request_rejoin(const std::string& reason);
  void commit(CommittedOffsets offsets, std::int32_t generation, base::TimePoint deadline,
              GroupOffsets::OnCommit done);
  void fetch_committed(std::vector<TopicPartition> partitions, base::TimePoint deadline,
                       GroupOffsets::OnFetch done);
  // Ends the membership, whose partitions are given up already: once what was to be committed is,
  // or at `deadline`; then `done`.
  struct Leave {
    bool tell = true;  // the coordinator, rather than let the session end
    bool also_static = false;
    std::string reason;
    base::TimePoint deadline;
    base::Task done;
  };
  void leave(Leave leave);
  void close(const Error& error);
  // Any thread.
  GroupMetrics& metrics() { return metrics_; }
  // Topics whose metadata it needs beyond those that are read.
  const std::set<std::string>& topics() const { return membership_.group_topics(); }
  // Of the topics for the leader, and of those that are subscribed to.
  void on_topics_changed(std::function<void()> listener) { topics_changed_ = std::move(listener); }

  // With the lock held; any thread.
  bool has_something() const {
    return phase_ == Phase::wanted || phase_ == Phase::granted || error_;
  }
  // The membership is about to end and its partitions are gone: whatever it still wants of them
  // counts for nothing. `leave` must follow.
  void give_up() {
    given_up_ = true;
    phase_ = Phase::none;
  }
  // The application polls, until it is told that it does no more.
  void set_polling(bool polling);
  // The loop is to be woken for it.
  bool awaits_poll() const { return awaits_poll_; }
  // The thread that polls. Begins a step that is wanted; true if the loop is to be woken.
  bool begin_step();
  // The step to be run now, if there is one; `end_step` must follow.
  std::optional<RebalanceStep> granted_step();
  void end_step();
  bool running() const { return phase_ == Phase::running; }
  std::optional<Error> take_error() { return std::exchange(error_, std::nullopt); }
  const ConsumerGroupMetadata& metadata() const { return metadata_; }
  // As who the application read what it has: a member that falls out of the group stays in this
  // what it was, until it is in a generation again or is to be none. Offsets that it commits in a
  // transaction would otherwise be taken for those of a client outside the group, and not refused.
  const ConsumerGroupMetadata& reader() const { return reader_; }
  CommittedOffsets committable(bool everything_returned) const;

 private:
  enum class Phase : std::uint8_t { none, wanted, asked, committing, granted, running, done };

  void note_processed(const CommittedOffsets& offsets);
  void note_committed(const CommittedOffsets& offsets);
  void share();
  void watch_rebalance(base::TimePoint now);
  void look_at_polls(base::TimePoint now);
  void hand_over(base::TimePoint now);
  void grant();
  void auto_commit(base::TimePoint now);
  void find_positions(base::TimePoint now);
  void on_positions(const std::vector<std::pair<TopicPartition, std::uint64_t>>& asked,
                    const Result<CommittedOffsets>& found);
  void poll_leave(base::TimePoint now);
  void begin_leave();
  void find_coordinator();
  void forget_coordinator();
  void send(GroupDraft draft);
  void send_commit(GroupOffsets::CommitDraft draft);
  void send_fetch(GroupOffsets::FetchDraft draft);
  template <class Request, class Outcome>
  void measure(const Outcome& outcome, base::Duration latency, base::TimePoint now);
  template <class Request, class Draft, class Make, class Answer>
  void send_draft(Draft draft, base::Duration timeout, Make make, Answer answer);
  BrokerId coordinator() const { return BrokerId(finder_.coordinator()->id); }
  void wake() const { env_.client.wake(); }

  const GroupSettings settings_;
  Environment env_;
  CoordinatorFinder finder_;
  Membership membership_;
  GroupOffsets offsets_;
  GroupMetrics metrics_;
  std::function<void()> topics_changed_;
  std::set<std::string> known_topics_;

  // Loop thread.
  std::optional<base::TimePoint> rebalance_began_;
  std::uint64_t rebalances_ = 0;  // that the metrics know of
  base::TimePoint commit_at_ = base::TimePoint::min();
  bool auto_commit_under_way_ = false;
  bool reads_ = false;  // partitions are assigned
  std::optional<Leave> leave_;
  std::optional<std::vector<std::string>> subscribe_after_leave_;
  bool leave_begun_ = false;
  bool leave_under_way_ = false;

  // Guarded by the core's lock.
  Phase phase_ = Phase::none;
  bool given_up_ = false;  // until the leave begins
  RebalanceStep shared_step_;
  bool polling_ = false;
  bool polled_ = false;  // since the loop last looked
  bool awaits_poll_ = true;
  std::optional<Error> error_;
  ConsumerGroupMetadata metadata_;
  ConsumerGroupMetadata reader_;
};

}  // namespace ottla::client
