#include "broker/handlers/guards.h"

namespace ottla::broker::guards {

using protocol::CoordinatorType;

ErrorCode OnCoordinatorKeys::check(const Access& access,
                                   Request<protocol::FindCoordinatorRequest>& request) {
  constexpr std::int16_t kManyKeysSince = 4;
  const auto type = request.message.key_type;
  const auto may = [&](std::string_view key) {
    switch (type) {
      case CoordinatorType::group:
        return access.group(AclOperation::describe, key);
      case CoordinatorType::transaction:
        return access.transactional_id(AclOperation::describe, key);
      case CoordinatorType::share:
        return access.cluster(AclOperation::cluster_action);
    }
    return true;  // refused for another reason
  };
  const auto code = type == CoordinatorType::group ? ErrorCode::group_authorization_failed
                    : type == CoordinatorType::transaction
                        ? ErrorCode::transactional_id_authorization_failed
                        : ErrorCode::cluster_authorization_failed;
  if (request.context.version() < kManyKeysSince) {
    return may(request.message.key) ? ErrorCode::none : code;
  }
  refuse_parts(
      request, [](auto& message) -> auto& { return message.coordinator_keys; }, may, code);
  return ErrorCode::none;
}

ErrorCode OnProducerId::check(const Access& access,
                              Request<protocol::InitProducerIdRequest>& request) {
  if (const auto& id = request.message.transactional_id) {
    return access.transactional_id(AclOperation::write, *id)
               ? ErrorCode::none
               : ErrorCode::transactional_id_authorization_failed;
  }
  const bool may =
      access.some_topic(AclOperation::write) || access.cluster(AclOperation::idempotent_write);
  return may ? ErrorCode::none : ErrorCode::cluster_authorization_failed;
}

ErrorCode OnDeletedTopics::check(const Access& access,
                                 Request<protocol::DeleteTopicsRequest>& request) {
  constexpr auto kDenied = ErrorCode::topic_authorization_failed;
  if (access.cluster(AclOperation::remove, Denial::quiet)) return ErrorCode::none;
  const auto may_delete = [&access](std::string_view name) {
    return access.topic(AclOperation::remove, name);
  };
  protocol::DeleteTopicsResponse refused;
  for (const auto& name : take_out(request.message.topic_names, may_delete)) {
    auto& topic = refused.responses.emplace_back();
    topic.name = name;
    topic.error_code = kDenied;
  }
  const auto may_pass = [&](const auto& asked) {
    // An id that comes with a name is refused later, and is no way around the right to it.
    if (asked.name && !may_delete(*asked.name)) return false;
    const auto* found = access.image().find_topic(asked.topic_id);
    return found == nullptr || may_delete(found->name);
  };
  for (const auto& asked : take_out(request.message.topics, may_pass)) {
    auto& topic = refused.responses.emplace_back();
    topic.name = asked.name;
    topic.topic_id = asked.topic_id;
    topic.error_code = kDenied;
    if (asked.name) continue;
    const auto& name = access.image().find_topic(asked.topic_id)->name;
    if (access.topic(AclOperation::describe, name, Denial::quiet)) topic.name = name;
  }
  if (!refused.responses.empty()) request.refuse_part(std::move(refused));
  return ErrorCode::none;
}

ErrorCode OnAddedPartitions::check(const Access& access,
                                   Request<protocol::AddPartitionsToTxnRequest>& request) {
  constexpr std::int16_t kOfBrokersSince = 4;
  if (request.context.version() >= kOfBrokersSince) {
    return OnCluster<AclOperation::cluster_action>::check(access, request);
  }
  return access.transactional_id(AclOperation::write, request.message.v3_and_below_transactional_id)
             ? ErrorCode::none
             : ErrorCode::transactional_id_authorization_failed;
}

}  // namespace ottla::broker::guards
