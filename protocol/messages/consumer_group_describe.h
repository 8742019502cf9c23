#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ottla/error_code.h"
#include "protocol/types.h"
#include "protocol/uuid.h"
#include "protocol/wire/codec.h"

// ConsumerGroupDescribe (key 69): the state and the members of groups whose brokers assign
// (KIP-848). v0 flexible · v1 what kind a member is of (KIP-1099)
namespace ottla::protocol {

struct ConsumerGroupDescribeResponse {
  static constexpr Api api = *find_api(ApiKey::consumer_group_describe);
  static constexpr Side side = Side::response;

  struct TopicPartitions {
    Uuid topic_id;
    std::string_view topic_name;
    std::vector<std::int32_t> partitions;

    bool operator==(const TopicPartitions&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("topicId", m.topic_id);
      w("topicName", m.topic_name);
      w("partitions", m.partitions);
    }
  };
  struct Assignment {
    std::vector<TopicPartitions> topic_partitions;

    bool operator==(const Assignment&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("topicPartitions", m.topic_partitions);
    }
  };
  struct Member {
    std::string_view member_id;
    std::optional<std::string_view> instance_id;
    std::optional<std::string_view> rack_id;
    std::int32_t member_epoch = 0;
    std::string_view client_id;
    std::string_view client_host;
    std::vector<std::string_view> subscribed_topic_names;
    std::optional<std::string_view> subscribed_topic_regex;
    Assignment assignment;         // what it has
    Assignment target_assignment;  // what it is to have
    // 0: it speaks the classic protocol; 1: the new one.
    std::int8_t member_type = -1;

    bool operator==(const Member&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("memberId", m.member_id);
      w("instanceId", m.instance_id);
      w("rackId", m.rack_id);
      w("memberEpoch", m.member_epoch);
      w("clientId", m.client_id);
      w("clientHost", m.client_host);
      w("subscribedTopicNames", m.subscribed_topic_names);
      w("subscribedTopicRegex", m.subscribed_topic_regex);
      w("assignment", m.assignment);
      w("targetAssignment", m.target_assignment);
      w.since(1)("memberType", m.member_type);
    }
  };
  struct Group {
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string_view> error_message;
    std::string_view group_id;
    std::string_view group_state;
    std::int32_t group_epoch = 0;
    std::int32_t assignment_epoch = 0;
    std::string_view assignor_name;
    std::vector<Member> members;
    std::int32_t authorized_operations = kNoAuthorizedOperations;

    bool operator==(const Group&) const = default;
    template <class Self, class Wire>
    static constexpr void fields(Self& m, Wire& w) {
      w("errorCode", m.error_code);
      w("errorMessage", m.error_message);
      w("groupId", m.group_id);
      w("groupState", m.group_state);
      w("groupEpoch", m.group_epoch);
      w("assignmentEpoch", m.assignment_epoch);
      w("assignorName", m.assignor_name);
      w("members", m.members);
      w("authorizedOperations", m.authorized_operations);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Group> groups;

  bool operator==(const ConsumerGroupDescribeResponse&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("throttleTimeMs", m.throttle_time_ms);
    w("groups", m.groups);
  }
};

struct ConsumerGroupDescribeRequest {
  static constexpr Api api = *find_api(ApiKey::consumer_group_describe);
  static constexpr Side side = Side::request;
  using Response = ConsumerGroupDescribeResponse;

  std::vector<std::string_view> group_ids;
  bool include_authorized_operations = false;

  bool operator==(const ConsumerGroupDescribeRequest&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("groupIds", m.group_ids);
    w("includeAuthorizedOperations", m.include_authorized_operations);
  }
};

extern template struct Codec<ConsumerGroupDescribeRequest>;
extern template struct Codec<ConsumerGroupDescribeResponse>;

}  // namespace ottla::protocol
