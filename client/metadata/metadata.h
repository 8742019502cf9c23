#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/task.h"
#include "base/time.h"
#include "client/metadata/cluster.h"
#include "client/metadata/topic_waiters.h"
#include "client/network/backoff.h"
#include "ottla/result.h"

namespace ottla::client {

struct MetadataConfig {
  base::Duration max_age = std::chrono::minutes(5);
  Backoff retry{std::chrono::milliseconds(100), std::chrono::milliseconds(1000)};
  bool allow_auto_topic_creation = true;
  // A topic that nobody used for so long is not asked for any more.
  base::Duration max_idle = base::Duration::max();
  // Whether to begin anew with the bootstrap addresses, and after how long without an answer.
  bool rebootstrap = true;
  base::Duration rebootstrap_trigger = std::chrono::minutes(5);
};

// Decides when to ask the cluster who leads what, keeps the answers, and tells those who wait for a
// topic. A request manager: `poll` says what to send, `on_response` takes the answer. Loop thread.
class Metadata {
 public:
  Metadata(const MetadataConfig& config, std::uint64_t seed) : config_(config), random_(seed) {}

  const Cluster& cluster() const { return cluster_; }

  // From now on the topic is part of every full request.
  void add_topic(std::string_view topic);
  void remove_topic(std::string_view topic);

  // It is used now; for those that do not want idle topics.
  void note_use(std::string_view topic, base::TimePoint now);
  // From now on full requests ask for every topic there is; topics that are gone are forgotten.
  void want_all_topics(bool wanted) {
    if (std::exchange(want_all_, wanted) != wanted) request_update();
  }

  // What is known has proved wrong: asks anew as soon as the pause between requests allows.
  void request_update() { update_wanted_ = true; }

  // Done once the topic has at least `partitions` partitions; with the topic's own error if that
  // cannot change by waiting, and with the last reason at `deadline`.
  // Costs the logarithm of those who wait.
  using OnTopic = TopicWaiters::Done;
  void wait_for_topic(std::string_view topic, std::int32_t partitions, base::TimePoint deadline,
                      OnTopic done);

  // Somebody waits for the topic.
  bool is_awaited(std::string_view topic) const { return waiters_.awaits(topic); }

  // The topics to ask for, and names for the request's time.
  struct Draft {
    std::vector<std::string> topics;
    bool all = false;  // whatever there is, and these
    bool allow_auto_topic_creation = true;
  };
  struct Poll {
    std::optional<Draft> request;  // at most one is on its way
    base::TimePoint next = base::kNever;
  };
  Poll poll(base::TimePoint now);

  void on_response(const Draft& draft, const protocol::MetadataResponse& response,
                   base::TimePoint now);
  void on_failure(const Error& error, base::TimePoint now);

  // KIP-951. True if it was news.
  bool apply_leader_hint(std::string_view topic, std::int32_t partition, const Leader& leader);
  void add_broker(Node node) { cluster_.add_broker(std::move(node)); }

  // Why the last request failed, or why none could be sent so far; none if it was answered.
  std::optional<Error> trouble() const;
  // Who to ask while no request has been answered.
  void set_diagnosis(base::UniqueFunction<Error()> diagnosis) { diagnosis_ = std::move(diagnosis); }

  // Called when everything is to begin anew with the bootstrap addresses (KIP-899, KIP-1102): the
  // brokers asked so far do not answer, or sent the client away.
  void on_rebootstrap(base::Task listener) { on_rebootstrap_ = std::move(listener); }

  // Called after every answer and hint, when `cluster()` is up to date.
  void on_update(base::Task listener) { listeners_.push_back(std::move(listener)); }

  // Fails those who wait.
  void close(const Error& error);

 private:
  using Waiter = TopicWaiters::Waiter;
  struct Answer {
    OnTopic done;
    Result<const TopicMetadata*> outcome;
  };

  Error not_found(const Waiter& waiter) const;
  base::TimePoint due(base::TimePoint now) const;
  void settle(std::string_view topic, std::vector<Answer>& answers);
  void answer_late(base::TimePoint now);
  void take_response(const Draft& draft, const protocol::MetadataResponse& response);
  bool needs_retry(const Draft& draft) const;
  void tell_listeners();
  void rebootstrap(base::TimePoint now);
  base::TimePoint rebootstrap_time() const;
  void drop_idle(base::TimePoint now);

  const MetadataConfig config_;
  base::Random random_;
  Cluster cluster_;
  std::map<std::string, base::TimePoint, std::less<>> topics_;  // and when each was used last
  std::set<std::string, std::less<>> new_topics_;               // not asked for yet
  TopicWaiters waiters_;
  std::vector<base::Task> listeners_;
  base::Task on_rebootstrap_;
  bool update_wanted_ = false;
  bool want_all_ = false;
  bool in_flight_ = false;
  std::uint32_t failures_ = 0;
  base::TimePoint not_before_ = base::TimePoint::min();    // for what was asked before
  base::TimePoint failed_until_ = base::TimePoint::min();  // for everything
  std::optional<base::TimePoint> updated_at_;
  // Since when there was a question and no answer.
  std::optional<base::TimePoint> unanswered_since_;
  std::optional<Error> last_error_;
  mutable base::UniqueFunction<Error()> diagnosis_;
};

}  // namespace ottla::client
