#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/task.h"
#include "base/time.h"
#include "client/network/backoff.h"
#include "ottla/consumer_group.h"
#include "ottla/result.h"
#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_fetch.h"

namespace ottla::client {

// Commits a group's offsets and looks them up, trying again until it is done, cannot be, or the
// time is over. Commits leave one after the other, so that a later one is never overtaken by an
// earlier one that is tried again. A request manager; loop thread.
class GroupOffsets {
 public:
  using OnCommit = base::UniqueFunction<void(Result<void>)>;
  using OnFetch = base::UniqueFunction<void(Result<CommittedOffsets>)>;

  GroupOffsets(Backoff retry, std::uint64_t seed) : retry_(retry), random_(seed) {}

  // `generation` is the member's as its offsets came to be.
  void commit(CommittedOffsets offsets, std::int32_t generation, base::TimePoint deadline,
              OnCommit done);
  // Partitions of which nothing is committed are left out of the answer.
  void fetch(std::vector<TopicPartition> partitions, base::TimePoint deadline, OnFetch done);

  // Who commits, and whether it can now.
  struct Committer {
    ConsumerGroupMetadata member;
    bool subscribed = false;  // it is a member, or wants to be
    bool waits = false;       // between two generations
    std::function<bool(const TopicPartition&)> owns;
  };
  struct CommitDraft {
    ConsumerGroupMetadata member;
    CommittedOffsets offsets;
    std::uint64_t id = 0;
  };
  struct FetchDraft {
    std::uint64_t id = 0;
    std::vector<TopicPartition> partitions;
    std::string group_id;
  };
  struct Poll {
    std::optional<CommitDraft> commit;
    std::vector<FetchDraft> fetches;
    base::TimePoint next = base::kNever;
  };
  Poll poll(base::TimePoint now, bool has_coordinator, const Committer& committer);

  struct Outcome {
    bool forget_coordinator = false;
    ErrorCode member_error = ErrorCode::none;  // for the membership
  };
  Outcome on_commit(const CommitDraft& draft, const protocol::OffsetCommitResponse& response,
                    base::TimePoint now);
  Outcome on_fetch(const FetchDraft& draft, const protocol::OffsetFetchResponse& response,
                   base::TimePoint now);
  void on_commit_failure(const CommitDraft& draft, const Error& error, base::TimePoint now);
  void on_fetch_failure(std::uint64_t id, const Error& error, base::TimePoint now);

  // Nothing is left to be committed.
  bool idle() const { return commits_.empty(); }
  bool wants_coordinator() const { return !commits_.empty() || !fetches_.empty(); }
  // Nothing that is not sent yet is sent any more.
  void fail_commits(const Error& error);
  void close(const Error& error);

 private:
  struct Commit {
    std::uint64_t id = 0;
    CommittedOffsets offsets;
    std::int32_t generation = -1;
    base::TimePoint deadline;
    OnCommit done;
    std::optional<Error> last_error;
  };
  struct Fetch {
    std::vector<TopicPartition> partitions;
    base::TimePoint deadline;
    OnFetch done;
    bool under_way = false;
    std::uint32_t failures = 0;
    base::TimePoint retry_at = base::TimePoint::min();
    std::optional<Error> last_error;
  };

  void expire_commits(base::TimePoint now);
  void poll_commits(base::TimePoint now, bool has_coordinator, const Committer& committer,
                    Poll& poll);
  void poll_fetches(base::TimePoint now, bool has_coordinator, const Committer& committer,
                    Poll& poll);
  std::optional<Error> why_not(const Commit& commit, const Committer& committer) const;
  bool is_first(const CommitDraft& draft) const;
  void finish_commit(Result<void> outcome);
  void retry_commit(const Error& error, base::TimePoint now);
  void retry_fetch(Fetch& fetch, const Error& error, base::TimePoint now);
  void finish_fetch(std::uint64_t id, Result<CommittedOffsets> outcome);

  const Backoff retry_;
  base::Random random_;
  std::deque<Commit> commits_;
  std::uint64_t next_commit_ = 1;
  bool commit_under_way_ = false;
  std::uint32_t commit_failures_ = 0;
  base::TimePoint commit_retry_at_ = base::TimePoint::min();
  std::map<std::uint64_t, Fetch> fetches_;
  std::uint64_t next_fetch_ = 1;
};

}  // namespace ottla::client
