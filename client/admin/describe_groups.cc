#include "client/admin/describe_groups.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "client/admin/answer_error.h"
#include "client/admin/groups.h"
#include "protocol/group/consumer_protocol.h"
#include "protocol/messages/consumer_group_describe.h"
#include "protocol/messages/describe_groups.h"

namespace ottla::client {
namespace {

using protocol::ConsumerGroupDescribeRequest;
using protocol::ConsumerGroupDescribeResponse;
using protocol::DescribeGroupsRequest;
using protocol::DescribeGroupsResponse;

Result<MemberDescription> description_of(const DescribeGroupsResponse::Member& told,
                                         bool consumer) {
  MemberDescription member{.member_id = std::string(told.member_id),
                           .client_id = std::string(told.client_id),
                           .client_host = std::string(told.client_host)};
  if (told.group_instance_id) member.group_instance_id = *told.group_instance_id;
  if (!consumer || told.member_assignment.view.empty()) return member;
  const auto assignment = protocol::parse_assignment(told.member_assignment.view);
  if (!assignment) {
    return Error(assignment.error().code(), "the assignment of member " + member.member_id +
                                                " cannot be read: " + assignment.error().message());
  }
  for (const auto& topic : assignment->assigned_partitions) {
    for (const auto partition : topic.partitions) {
      member.assignment.push_back({std::string(topic.topic), partition});
    }
  }
  std::sort(member.assignment.begin(), member.assignment.end());
  return member;
}

Result<GroupDescription> description_of(const DescribeGroupsResponse::Group& told,
                                        const Node& coordinator) {
  GroupDescription group{.group_id = std::string(told.group_id),
                         .state = parse_group_state(told.group_state),
                         .type = GroupType::classic,
                         .protocol_type = std::string(told.protocol_type),
                         .partition_assignor = std::string(told.protocol_data),
                         .coordinator = coordinator};
  const bool consumer = told.protocol_type == protocol::kConsumerProtocolType;
  for (const auto& each : told.members) {
    auto member = description_of(each, consumer);
    if (!member) return member.error();
    group.members.push_back(std::move(*member));
  }
  return group;
}

std::vector<TopicPartition> partitions_of(
    const ConsumerGroupDescribeResponse::Assignment& assignment) {
  std::vector<TopicPartition> partitions;
  for (const auto& topic : assignment.topic_partitions) {
    for (const auto partition : topic.partitions) {
      partitions.push_back({std::string(topic.topic_name), partition});
    }
  }
  std::sort(partitions.begin(), partitions.end());
  return partitions;
}

MemberDescription description_of(const ConsumerGroupDescribeResponse::Member& told) {
  MemberDescription member{.member_id = std::string(told.member_id),
                           .client_id = std::string(told.client_id),
                           .client_host = std::string(told.client_host),
                           .assignment = partitions_of(told.assignment),
                           .member_epoch = told.member_epoch,
                           .target_assignment = partitions_of(told.target_assignment)};
  if (told.instance_id) member.group_instance_id = *told.instance_id;
  return member;
}

GroupDescription description_of(const ConsumerGroupDescribeResponse::Group& told,
                                const Node& coordinator) {
  GroupDescription group{.group_id = std::string(told.group_id),
                         .state = parse_group_state(told.group_state),
                         .type = GroupType::consumer,
                         .protocol_type = std::string(protocol::kConsumerProtocolType),
                         .partition_assignor = std::string(told.assignor_name),
                         .coordinator = coordinator,
                         .group_epoch = told.group_epoch,
                         .target_assignment_epoch = told.assignment_epoch};
  for (const auto& each : told.members) group.members.push_back(description_of(each));
  return group;
}

constexpr auto kGroupOf = [](const auto& told) {
  return std::optional(std::string(told.group_id));
};

}  // namespace

DescribeGroupsCall::DescribeGroupsCall(Promise<GroupDescriptions> promise,
                                       const std::vector<std::string>& groups)
    : CoordinatorsCall(std::move(promise), protocol::CoordinatorType::group) {
  for (const auto& group : groups) add(group);
  answer_if_settled();
}

Request DescribeGroupsCall::ask(BrokerId broker, std::int32_t) {
  const auto asked = routed_to(broker);
  Keys classic;
  for (const auto& group : asked) {
    if (!others_.contains(group)) classic.insert(group);
  }
  return classic.empty() ? ask_others(broker, asked) : ask_classic(broker, classic);
}

Request DescribeGroupsCall::ask_classic(BrokerId broker, const Keys& asked) {
  auto make = [asked](std::int16_t) {
    DescribeGroupsRequest request;
    request.groups.assign(asked.begin(), asked.end());
    return request;
  };
  auto done = [this, asked, broker](Result<Response<DescribeGroupsResponse>> response) {
    if (!response) return on_broker_failure(response.error());
    const auto take = [&](const std::string& id,
                          const DescribeGroupsResponse::Group& told) -> std::optional<Error> {
      auto error = error_of(told);
      // How brokers older than Kafka 4.0 say that there is none (KIP-1043).
      if (told.error_code == ErrorCode::none &&
          parse_group_state(told.group_state) == GroupState::dead) {
        error = Error(ErrorCode::group_id_not_found);
      }
      if (error.code() == ErrorCode::group_id_not_found) {
        others_.emplace(id, std::move(error));
        set_progress();
        return std::nullopt;
      }
      if (error.code() != ErrorCode::none) {
        return take_error(id, error, coordinates_no_more(error.code()));
      }
      auto description = description_of(told, coordinator(broker));
      if (!description) return take_error(id, description.error(), false);
      settle(id, std::move(*description));
      return std::nullopt;
    };
    take_answers(asked, response->message.groups, kGroupOf, take);
  };
  return make_request<DescribeGroupsRequest>(broker, std::move(make), std::move(done));
}

Request DescribeGroupsCall::ask_others(BrokerId broker, const Keys& asked) {
  auto make = [asked](std::int16_t) {
    ConsumerGroupDescribeRequest request;
    request.group_ids.assign(asked.begin(), asked.end());
    return request;
  };
  auto done = [this, asked, broker](Result<Response<ConsumerGroupDescribeResponse>> response) {
    if (!response) {
      const auto& error = response.error();
      return error.code() == ErrorCode::unsupported_version ? settle_others(asked)
                                                            : on_broker_failure(error);
    }
    const auto take =
        [&](const std::string& id,
            const ConsumerGroupDescribeResponse::Group& told) -> std::optional<Error> {
      if (told.error_code != ErrorCode::none) {
        return take_error(id, error_of(told), coordinates_no_more(told.error_code));
      }
      settle(id, description_of(told, coordinator(broker)));
      return std::nullopt;
    };
    take_answers(asked, response->message.groups, kGroupOf, take);
  };
  return make_request<ConsumerGroupDescribeRequest>(broker, std::move(make), std::move(done));
}

// The broker knows of classic groups alone.
void DescribeGroupsCall::settle_others(const Keys& asked) {
  for (const auto& group : asked) settle(group, about(group, others_.at(group)));
  set_told();
  answer_if_settled();
  set_progress();
}

}  // namespace ottla::client
