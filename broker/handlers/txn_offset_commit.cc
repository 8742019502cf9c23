#include "broker/handlers/txn_offset_commit.h"
#include "broker/handlers/commit_error.h"
#include "broker/handlers/wire_code.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ottla::broker {
namespace {

using protocol::TxnOffsetCommitRequest;
using protocol::TxnOffsetCommitResponse;

// A commit while its offsets become durable.
struct TxnCommit {
  Request<TxnOffsetCommitRequest> request;
  TxnOffsetCommitResponse response;
  std::vector<ErrorCode*> committed;  // the places in the response of what is committed
};

CommittedOffset committed_offset(const TxnOffsetCommitRequest::Partition& partition,
                                 base::WallMillis now) {
  return {.offset = partition.committed_offset,
          .leader_epoch = partition.committed_leader_epoch,
          .metadata = std::string(partition.committed_metadata.value_or("")),
          .commit_timestamp = now};
}

constexpr std::int16_t kTxnCommitAbortableSince = 4;
constexpr std::int16_t kAddsGroupSince = 5;

// Fills the response, and returns what can be committed.
std::vector<OffsetToCommit> collect(const Services& services, TxnCommit& commit) {
  std::vector<OffsetToCommit> offsets;
  const auto& message = commit.request.message;
  for (std::size_t t = 0; t < message.topics.size(); ++t) {
    const auto& topic = message.topics[t];
    for (std::size_t p = 0; p < topic.partitions.size(); ++p) {
      const auto& asked = topic.partitions[p];
      auto& error = commit.response.topics[t].partitions[p].error_code;
      if (services.image().find_partition(topic.name, asked.partition_index) == nullptr) {
        error = ErrorCode::unknown_topic_or_partition;
      } else if (!services.groups.takes_metadata(asked.committed_metadata.value_or(""))) {
        error = ErrorCode::offset_metadata_too_large;
      } else {
        offsets.push_back(
            {topic.name, asked.partition_index, committed_offset(asked, services.loop.wall_now())});
        commit.committed.push_back(&error);
      }
    }
  }
  return offsets;
}

void finish(TxnCommit& commit, ErrorCode outcome) {
  for (auto* error : commit.committed) *error = commit_error(wire_code(outcome));
  commit.request.answer(commit.response);
}

void store(Services& services, const std::shared_ptr<TxnCommit>& commit,
           std::vector<OffsetToCommit> offsets) {
  const auto& message = commit->request.message;
  const GroupCoordinator::Committer committer{
      .member = {message.member_id, message.group_instance_id},
      .generation = message.generation_id,
      .producer_id = message.producer_id,
      .producer_epoch = message.producer_epoch};
  services.groups.commit(message.group_id, committer, std::move(offsets),
                         [commit](ErrorCode outcome) { finish(*commit, outcome); });
}

TransactionCoordinator::Admission::Kind commit_admission(std::int16_t version) {
  using Kind = TransactionCoordinator::Admission::Kind;
  if (version >= kAddsGroupSince) return Kind::add;
  return version >= kTxnCommitAbortableSince ? Kind::check_abortable : Kind::check_only;
}

// The group's partition must be in the transaction first.
void admit(Services& services, const std::shared_ptr<TxnCommit>& commit,
           std::vector<OffsetToCommit> offsets) {
  const auto& message = commit->request.message;
  const auto partition = services.groups.partition_of(message.group_id);
  if (partition < 0) return finish(*commit, ErrorCode::not_coordinator);
  services.transactions.admit({.kind = commit_admission(commit->request.context.version()),
                               .id = std::string(message.transactional_id),
                               .who = {message.producer_id, message.producer_epoch},
                               .partitions = {{std::string(kOffsetsTopic), partition}}},
                              [&services, commit, offsets = std::move(offsets)](
                                  const std::vector<ErrorCode>& outcomes) mutable {
                                if (outcomes.front() != ErrorCode::none)
                                  return finish(*commit, outcomes.front());
                                store(services, commit, std::move(offsets));
                              });
}

}  // namespace

TxnOffsetCommitResponse refusal(const TxnOffsetCommitRequest& request, ErrorCode error) {
  TxnOffsetCommitResponse response;
  for (const auto& asked : request.topics) {
    auto& topic = response.topics.emplace_back();
    topic.name = asked.name;
    for (const auto& partition : asked.partitions) {
      topic.partitions.push_back({partition.partition_index, error});
    }
  }
  return response;
}

void handle_txn_offset_commit(Services& services, Request<TxnOffsetCommitRequest> request) {
  if (request.message.group_id.empty()) {
    return request.answer(refusal(request.message, ErrorCode::invalid_group_id));
  }
  auto response = refusal(request.message, ErrorCode::none);
  auto commit = std::make_shared<TxnCommit>(TxnCommit{std::move(request), std::move(response), {}});
  auto offsets = collect(services, *commit);
  if (offsets.empty()) return commit->request.answer(commit->response);
  admit(services, commit, std::move(offsets));
}

}  // namespace ottla::broker
