#include "broker/handlers/offset_commit.h"
#include "broker/handlers/commit_error.h"
#include "broker/handlers/wire_code.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

namespace ottla::broker {
namespace {

using protocol::OffsetCommitRequest;
using protocol::OffsetCommitResponse;

constexpr std::int16_t kOffsetCommitTopicIdsSince = 10;
constexpr std::int16_t kGroupIdNotFoundSince = 9;

// A commit while its offsets become durable.
struct Commit {
  Request<OffsetCommitRequest> request;
  OffsetCommitResponse response;
  std::vector<ErrorCode*> committed;  // the places in the response of what is committed
};

CommittedOffset committed_offset(const OffsetCommitRequest& request,
                                 const OffsetCommitRequest::Partition& partition,
                                 base::WallMillis now) {
  CommittedOffset committed;
  committed.offset = partition.committed_offset;
  committed.leader_epoch = partition.committed_leader_epoch;
  committed.metadata = partition.committed_metadata.value_or("");
  committed.commit_timestamp = now;
  // Old clients say how long; it is a number of theirs, which may be anything.
  const auto room = std::numeric_limits<std::int64_t>::max() - now;
  if (request.retention_time_ms >= 0) {
    committed.expire_timestamp = now + std::min(request.retention_time_ms, room);
  }
  return committed;
}

const TopicImage* find_topic(const Services& services, const OffsetCommitRequest::Topic& topic,
                             std::int16_t version) {
  return version >= kOffsetCommitTopicIdsSince ? services.image().find_topic(topic.topic_id)
                                               : services.image().find_topic(topic.name);
}

// Fills the response, and returns what can be committed.
std::vector<OffsetToCommit> collect(const Services& services, Commit& commit) {
  std::vector<OffsetToCommit> offsets;
  const auto& message = commit.request.message;
  const auto version = commit.request.context.version();
  const bool by_id = version >= kOffsetCommitTopicIdsSince;
  for (const auto& asked : message.topics) {
    auto& topic = commit.response.topics.emplace_back();
    topic.name = asked.name;
    topic.topic_id = asked.topic_id;
    for (const auto& partition : asked.partitions) {
      topic.partitions.push_back({partition.partition_index, ErrorCode::none});
    }
  }
  for (std::size_t t = 0; t < message.topics.size(); ++t) {
    const auto* topic = find_topic(services, message.topics[t], version);
    for (std::size_t p = 0; p < message.topics[t].partitions.size(); ++p) {
      const auto& asked = message.topics[t].partitions[p];
      auto& error = commit.response.topics[t].partitions[p].error_code;
      if (topic == nullptr && by_id) {
        error = ErrorCode::unknown_topic_id;
      } else if (topic == nullptr || topic->find(asked.partition_index) == nullptr) {
        error = ErrorCode::unknown_topic_or_partition;
      } else if (!services.groups.takes_metadata(asked.committed_metadata.value_or(""))) {
        error = ErrorCode::offset_metadata_too_large;
      } else {
        offsets.push_back({topic->name, asked.partition_index,
                           committed_offset(message, asked, services.loop.wall_now())});
        commit.committed.push_back(&error);
      }
    }
  }
  return offsets;
}

}  // namespace

OffsetCommitResponse refusal(const OffsetCommitRequest& request, ErrorCode error) {
  OffsetCommitResponse response;
  for (const auto& asked : request.topics) {
    auto& topic = response.topics.emplace_back();
    topic.name = asked.name;
    topic.topic_id = asked.topic_id;
    for (const auto& partition : asked.partitions) {
      topic.partitions.push_back({partition.partition_index, error});
    }
  }
  return response;
}

void handle_offset_commit(Services& services, Request<OffsetCommitRequest> request) {
  auto commit = std::make_shared<Commit>(Commit{std::move(request), {}, {}});
  auto offsets = collect(services, *commit);
  const auto& message = commit->request.message;
  const bool too_large = std::any_of(
      commit->response.topics.begin(), commit->response.topics.end(), [](const auto& topic) {
        return std::any_of(topic.partitions.begin(), topic.partitions.end(), [](const auto& p) {
          return p.error_code == ErrorCode::offset_metadata_too_large;
        });
      });
  // Nothing that exists: then nobody asks whether the member may.
  if (offsets.empty() && !too_large) return commit->request.answer(commit->response);
  const GroupCoordinator::Committer committer{
      .member = {message.member_id, message.group_instance_id},
      .generation = message.generation_id_or_member_epoch,
      .knows_group_id_not_found = commit->request.context.version() >= kGroupIdNotFoundSince};
  services.groups.commit(message.group_id, committer, std::move(offsets),
                         [commit](ErrorCode outcome) {
                           for (auto* error : commit->committed)
                             *error = commit_error(wire_code(outcome));
                           commit->request.answer(commit->response);
                         });
}

}  // namespace ottla::broker
