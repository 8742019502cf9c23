#include "client/group/group_offsets.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace ottla::client {
namespace {

ErrorContext place_of(const TopicPartition& partition) {
  return {.topic = partition.topic, .partition = partition.partition};
}

Error too_late(const std::string& what, const std::optional<Error>& last) {
  return Error(ErrorCode::timed_out,
               what + (last ? "; the last attempt failed with " + last->to_string()
                            : "; the group's coordinator has not answered"));
}

bool is_coordinator_gone(ErrorCode code) {
  return code == ErrorCode::not_coordinator || code == ErrorCode::coordinator_not_available ||
         code == ErrorCode::request_timed_out;
}

bool is_member_error(ErrorCode code) {
  return code == ErrorCode::unknown_member_id || code == ErrorCode::illegal_generation ||
         code == ErrorCode::fenced_instance_id;
}

const char* kRebalanced =
    "not committed: the group has rebalanced without this member, which has lost the partitions; "
    "poll more often, or set max_poll_interval longer";

}  // namespace

void GroupOffsets::commit(CommittedOffsets offsets, std::int32_t generation,
                          base::TimePoint deadline, OnCommit done) {
  if (offsets.empty()) return done({});
  commits_.push_back(
      {next_commit_++, std::move(offsets), generation, deadline, std::move(done), {}});
}

void GroupOffsets::fetch(std::vector<TopicPartition> partitions, base::TimePoint deadline,
                         OnFetch done) {
  if (partitions.empty()) return done(CommittedOffsets());
  auto& fetch = fetches_[next_fetch_++];
  fetch.partitions = std::move(partitions);
  fetch.deadline = deadline;
  fetch.done = std::move(done);
}

GroupOffsets::Poll GroupOffsets::poll(base::TimePoint now, bool has_coordinator,
                                      const Committer& committer) {
  Poll poll;
  expire_commits(now);
  for (const auto& commit : commits_) poll.next = std::min(poll.next, commit.deadline);
  poll_commits(now, has_coordinator, committer, poll);
  poll_fetches(now, has_coordinator, committer, poll);
  return poll;
}

// The answer of one that is under way is waited for all the same, so that those behind it do not
// overtake it.
void GroupOffsets::expire_commits(base::TimePoint now) {
  std::deque<Commit> late;
  for (auto at = commits_.begin(); at != commits_.end();) {
    if (at->deadline > now) {
      ++at;
      continue;
    }
    late.push_back(std::move(*at));
    at = commits_.erase(at);
  }
  for (auto& commit : late) {
    commit.done(too_late("the offsets were not committed in the time given", commit.last_error));
  }
}

void GroupOffsets::poll_commits(base::TimePoint now, bool has_coordinator,
                                const Committer& committer, Poll& poll) {
  while (!commit_under_way_ && !commits_.empty()) {
    auto& first = commits_.front();
    if (committer.waits || !has_coordinator || commit_retry_at_ > now) {
      if (commit_retry_at_ > now) poll.next = std::min(poll.next, commit_retry_at_);
      return;
    } else if (const auto error = why_not(first, committer)) {
      finish_commit(*error);
    } else {
      commit_under_way_ = true;
      poll.commit = CommitDraft{committer.member, first.offsets, first.id};
      if (!committer.subscribed) {
        poll.commit->member = {.group_id = committer.member.group_id};
      }
    }
  }
}

// A rebalance since then may have given the partitions to somebody else.
std::optional<Error> GroupOffsets::why_not(const Commit& commit, const Committer& committer) const {
  if (!committer.subscribed) return std::nullopt;
  if (committer.member.generation_id < 0) return Error(ErrorCode::unknown_member_id, kRebalanced);
  if (commit.generation == committer.member.generation_id) return std::nullopt;
  for (const auto& [partition, offset] : commit.offsets) {
    if (!committer.owns(partition)) {
      return Error(ErrorCode::illegal_generation,
                   "not committed: a rebalance took the partition away", place_of(partition));
    }
  }
  return std::nullopt;
}

void GroupOffsets::finish_commit(Result<void> outcome) {
  commit_under_way_ = false;
  commit_failures_ = 0;
  commit_retry_at_ = base::TimePoint::min();
  if (commits_.empty()) return;
  auto done = std::move(commits_.front().done);
  commits_.pop_front();
  done(std::move(outcome));
}

void GroupOffsets::retry_commit(const Error& error, base::TimePoint now) {
  commit_under_way_ = false;
  if (!commits_.empty()) commits_.front().last_error = error;
  commit_retry_at_ = now + retry_.after(++commit_failures_, random_);
}

// Otherwise it has been given up meanwhile, and its answer lets the next one go.
bool GroupOffsets::is_first(const CommitDraft& draft) const {
  return !commits_.empty() && commits_.front().id == draft.id;
}

void GroupOffsets::on_commit_failure(const CommitDraft& draft, const Error& error,
                                     base::TimePoint now) {
  if (!is_first(draft)) {
    commit_under_way_ = false;
  } else if (error.retriable()) {
    retry_commit(error, now);
  } else {
    finish_commit(error);
  }
}

GroupOffsets::Outcome GroupOffsets::on_commit(const CommitDraft& draft,
                                              const protocol::OffsetCommitResponse& response,
                                              base::TimePoint now) {
  if (!is_first(draft)) {
    commit_under_way_ = false;
    return {};
  }
  std::optional<Error> failed;
  std::optional<Error> again;
  std::set<TopicPartition> answered;
  for (const auto& topic : response.topics) {
    for (const auto& partition : topic.partitions) {
      const TopicPartition id{std::string(topic.name), partition.partition_index};
      if (!draft.offsets.contains(id)) continue;
      answered.insert(id);
      const auto code = partition.error_code;
      if (code == ErrorCode::none) continue;
      const bool retriable = Error(code).retriable() || code == ErrorCode::rebalance_in_progress;
      auto& kept = retriable ? again : failed;
      if (!kept) {
        kept = Error(code, is_member_error(code) ? kRebalanced : "the offset was not committed",
                     place_of(id));
      }
    }
  }
  if (!failed && !again && answered.size() < draft.offsets.size()) {
    again = Error(ErrorCode::network_exception, "the answer to OffsetCommit leaves partitions out");
  }
  if (failed) {
    const auto code = failed->code();
    finish_commit(*failed);
    return {.member_error = is_member_error(code) ? code : ErrorCode::none};
  }
  if (!again) {
    finish_commit({});
    return {};
  }
  retry_commit(*again, now);
  return {.forget_coordinator = is_coordinator_gone(again->code())};
}

void GroupOffsets::poll_fetches(base::TimePoint now, bool has_coordinator,
                                const Committer& committer, Poll& poll) {
  std::vector<std::uint64_t> late;
  for (auto& [id, fetch] : fetches_) {
    if (fetch.deadline <= now) {
      late.push_back(id);
      continue;
    }
    poll.next = std::min(poll.next, fetch.deadline);
    if (fetch.under_way || !has_coordinator) continue;
    if (fetch.retry_at > now) {
      poll.next = std::min(poll.next, fetch.retry_at);
      continue;
    }
    fetch.under_way = true;
    poll.fetches.push_back({id, fetch.partitions, committer.member.group_id});
  }
  for (const auto id : late) {
    finish_fetch(id, too_late("the committed offsets were not told in the time given",
                              fetches_.at(id).last_error));
  }
}

void GroupOffsets::finish_fetch(std::uint64_t id, Result<CommittedOffsets> outcome) {
  const auto found = fetches_.find(id);
  if (found == fetches_.end()) return;
  auto done = std::move(found->second.done);
  fetches_.erase(found);
  done(std::move(outcome));
}

void GroupOffsets::retry_fetch(Fetch& fetch, const Error& error, base::TimePoint now) {
  fetch.under_way = false;
  fetch.last_error = error;
  fetch.retry_at = now + retry_.after(++fetch.failures, random_);
}

void GroupOffsets::on_fetch_failure(std::uint64_t id, const Error& error, base::TimePoint now) {
  const auto found = fetches_.find(id);
  if (found == fetches_.end()) return;
  if (error.retriable()) {
    retry_fetch(found->second, error, now);
  } else {
    finish_fetch(id, error);
  }
}

GroupOffsets::Outcome GroupOffsets::on_fetch(const FetchDraft& draft,
                                             const protocol::OffsetFetchResponse& response,
                                             base::TimePoint now) {
  auto code = response.error_code;
  const auto* topics = &response.topics;
  for (const auto& group : response.groups) {
    if (group.group_id != draft.group_id) continue;
    code = group.error_code;
    topics = &group.topics;
  }
  CommittedOffsets found;
  std::optional<Error> error;
  if (code != ErrorCode::none) error = Error(code, "the coordinator refused OffsetFetch");
  const std::set<TopicPartition> wanted(draft.partitions.begin(), draft.partitions.end());
  std::set<TopicPartition> answered;
  for (const auto& topic : *topics) {
    for (const auto& partition : topic.partitions) {
      const TopicPartition id{std::string(topic.name), partition.partition_index};
      if (!wanted.contains(id)) continue;
      answered.insert(id);
      if (partition.error_code != ErrorCode::none) {
        error = Error(partition.error_code, "the committed offset is not known", place_of(id));
      } else if (partition.committed_offset.value >= 0) {
        found[id] = {.offset = partition.committed_offset.value,
                     .leader_epoch = partition.committed_leader_epoch.value,
                     .metadata = std::string(partition.metadata.value_or(""))};
      }
    }
  }
  if (!error && answered.size() < wanted.size()) {
    error = Error(ErrorCode::network_exception, "the answer to OffsetFetch leaves partitions out");
  }
  if (!error) {
    finish_fetch(draft.id, std::move(found));
    return {};
  }
  on_fetch_failure(draft.id, *error, now);
  return {.forget_coordinator = is_coordinator_gone(error->code())};
}

void GroupOffsets::fail_commits(const Error& error) {
  auto commits = std::exchange(commits_, {});
  for (auto& commit : commits) commit.done(error);
}

void GroupOffsets::close(const Error& error) {
  fail_commits(error);
  auto fetches = std::exchange(fetches_, {});
  for (auto& [id, fetch] : fetches) fetch.done(error);
}

}  // namespace ottla::client
