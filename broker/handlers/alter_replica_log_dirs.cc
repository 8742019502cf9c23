#include "broker/handlers/alter_replica_log_dirs.h"

#include <map>
#include <string>

#include "broker/handlers/wire_code.h"

namespace ottla::broker {
namespace {

using protocol::AlterReplicaLogDirsRequest;
using protocol::AlterReplicaLogDirsResponse;

// Where partitions are wanted; a partition that is named twice keeps its place in the answer.
class Alteration {
 public:
  // Calls `answer` with path, topic and partition of each that is named.
  template <class F>
  AlterReplicaLogDirsResponse respond(const AlterReplicaLogDirsRequest& request, F answer) {
    for (const auto& dir : request.dirs) {
      for (const auto& topic : dir.topics) {
        for (const auto partition : topic.partitions) {
          auto [known, added] =
              codes_[topic.name].emplace(partition, answer(dir.path, topic.name, partition));
          if (!added) known->second = ErrorCode::invalid_request;
        }
      }
    }
    AlterReplicaLogDirsResponse response;
    for (const auto& [name, partitions] : codes_) {
      auto& topic = response.results.emplace_back();
      topic.topic_name = name;
      for (const auto& [number, code] : partitions) topic.partitions.push_back({number, code});
    }
    return response;
  }

 private:
  std::map<std::string_view, std::map<std::int32_t, ErrorCode>> codes_;
};

ErrorCode alter(Services& services, std::string_view path, const TopicPartition& id) {
  const auto directory = services.log_dirs.id_of(path);
  if (!directory) return wire_code(directory.error());
  const auto* partition = services.replicas.find(id);
  if (partition == nullptr) {
    const auto code = wire_code(services.replicas.why_missing(id));
    return code == ErrorCode::kafka_storage_error ? code : ErrorCode::replica_not_available;
  }
  if (partition->log().offline()) return ErrorCode::kafka_storage_error;
  return services.log_dirs.directory_of(id) == *directory ? ErrorCode::none
                                                          : ErrorCode::policy_violation;
}

}  // namespace

AlterReplicaLogDirsResponse refusal(const AlterReplicaLogDirsRequest& request, ErrorCode error) {
  return Alteration().respond(request,
                              [error](std::string_view, std::string_view, auto) { return error; });
}

void handle_alter_replica_log_dirs(Services& services,
                                   Request<AlterReplicaLogDirsRequest> request) {
  const auto answer = [&](std::string_view path, std::string_view topic, std::int32_t partition) {
    return alter(services, path, {std::string(topic), partition});
  };
  request.answer(Alteration().respond(request.message, answer));
}

}  // namespace ottla::broker
