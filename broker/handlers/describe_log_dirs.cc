#include "broker/handlers/describe_log_dirs.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <set>
#include <utility>
#include <vector>

namespace ottla::broker {
namespace {

using protocol::DescribeLogDirsRequest;
using protocol::DescribeLogDirsResponse;

using Wanted = std::set<std::pair<std::string_view, std::int32_t>>;

Wanted wanted_of(const std::vector<DescribeLogDirsRequest::Topic>& topics) {
  Wanted wanted;
  for (const auto& topic : topics) {
    for (const auto partition : topic.partitions) wanted.emplace(topic.topic, partition);
  }
  return wanted;
}

std::int64_t on_wire(std::uint64_t bytes) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::min<std::uint64_t>(bytes, kMost));
}

void add(const UnifiedLog& log, DescribeLogDirsResponse::LogDir& answer) {
  const auto& id = log.partition();
  if (answer.topics.empty() || answer.topics.back().name != id.topic) {
    answer.topics.emplace_back().name = id.topic;
  }
  answer.topics.back().partitions.push_back(
      {.partition_index = id.partition, .partition_size = on_wire(log.size_in_bytes())});
}

DescribeLogDirsResponse::LogDir described(const LogDirDescription& directory,
                                          const std::optional<Wanted>& wanted) {
  DescribeLogDirsResponse::LogDir answer;
  answer.log_dir = directory.path;
  if (directory.offline) answer.error_code = ErrorCode::kafka_storage_error;
  for (const auto* log : directory.logs) {
    const auto& id = log->partition();
    if (!wanted || wanted->contains({id.topic, id.partition})) add(*log, answer);
  }
  if (directory.space) {
    answer.total_bytes = on_wire(directory.space->total);
    answer.usable_bytes = on_wire(directory.space->usable);
  }
  return answer;
}

}  // namespace

DescribeLogDirsResponse refusal(const DescribeLogDirsRequest&, ErrorCode error) {
  return {.error_code = error};
}

void handle_describe_log_dirs(Services& services, Request<DescribeLogDirsRequest> request) {
  auto shared = std::make_shared<Request<DescribeLogDirsRequest>>(std::move(request));
  services.log_dirs.describe([shared](const std::vector<LogDirDescription>& directories) {
    std::optional<Wanted> wanted;
    if (shared->message.topics) wanted = wanted_of(*shared->message.topics);
    DescribeLogDirsResponse response;
    for (const auto& each : directories) response.results.push_back(described(each, wanted));
    shared->answer(response);
  });
}

}  // namespace ottla::broker
