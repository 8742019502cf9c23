#include "tests/simulation/scripted/fetch_sessions.h"

#include <algorithm>

namespace ottla::simulation {
namespace {

constexpr std::int32_t kFinalEpoch = -1;

bool same_topic(const WantedPartition& wanted, std::string_view topic, const protocol::Uuid& id) {
  return wanted.topic == topic && wanted.topic_id == id;
}

void add(FetchSession& session, const protocol::FetchRequest& request) {
  for (const auto& topic : request.topics) {
    for (const auto& partition : topic.partitions) {
      const auto found = std::find_if(session.partitions.begin(), session.partitions.end(),
                                      [&](const auto& wanted) {
                                        return same_topic(wanted, topic.topic, topic.topic_id) &&
                                               wanted.asked.partition == partition.partition;
                                      });
      if (found != session.partitions.end()) {
        found->asked = partition;
      } else {
        session.partitions.push_back({std::string(topic.topic), topic.topic_id, partition});
      }
    }
  }
}

void forget(FetchSession& session, const protocol::FetchRequest& request) {
  for (const auto& topic : request.forgotten_topics_data) {
    std::erase_if(session.partitions, [&](const auto& wanted) {
      return same_topic(wanted, topic.topic, topic.topic_id) &&
             std::find(topic.partitions.begin(), topic.partitions.end(), wanted.asked.partition) !=
                 topic.partitions.end();
    });
  }
}

}  // namespace

FetchSessions::Opened FetchSessions::open(const protocol::FetchRequest& request, bool sessions,
                                          base::Random& random) {
  if (request.session_epoch == kFinalEpoch || request.session_epoch == 0) {
    auto fresh = std::make_shared<FetchSession>();
    add(*fresh, request);
    current_ = nullptr;
    if (request.session_epoch == 0 && sessions && !fresh->partitions.empty()) {
      fresh->id = static_cast<std::int32_t>(random.between(1, 0x7fffffff));
      current_ = fresh;
    }
    return {ErrorCode::none, fresh};
  }
  if (!current_ || current_->id != request.session_id) {
    return {ErrorCode::fetch_session_id_not_found, nullptr};
  }
  if (current_->next_epoch != request.session_epoch) {
    return {ErrorCode::invalid_fetch_session_epoch, nullptr};
  }
  ++current_->next_epoch;
  forget(*current_, request);
  add(*current_, request);
  return {ErrorCode::none, current_};
}

}  // namespace ottla::simulation
