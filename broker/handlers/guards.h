#pragma once

#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/handlers/access.h"
#include "broker/handlers/all.h"

// The rules of who may do what with an API. The dispatcher's table names one for every API, so that
// none can be without; it is applied before the handler sees the request. What the sender may not
// do is refused whole, or, where a request speaks of several things, taken out of it: the handler
// carries out the rest, and `Request::answer` puts both together. Codes and what is hidden are
// Apache Kafka's; docs/guide/acls.md has the table.
namespace ottla::broker::guards {

// --- The parts of requests and answers

template <class M>
auto& topics_of(M& message) {
  if constexpr (requires { message.topic_data; }) {
    return message.topic_data;
  } else {
    return message.topics;
  }
}

// The name a topic of a request goes by; empty for an id that no topic has.
template <class Topic>
std::string_view name_of(const Topic& topic, const MetadataImage& image) {
  if constexpr (requires { topic.topic; }) {
    return topic.topic;
  } else {
    if constexpr (requires { topic.topic_id; }) {
      if (topic.name.empty()) {
        const auto* found = image.find_topic(topic.topic_id);
        return found == nullptr ? std::string_view() : std::string_view(found->name);
      }
    }
    return topic.name;
  }
}

template <class Part, class MayPass>
std::vector<Part> take_out(std::vector<Part>& parts, MayPass may_pass) {
  std::vector<Part> taken;
  std::vector<Part> left;
  for (auto& part : parts) (may_pass(part) ? left : taken).push_back(std::move(part));
  parts = std::move(left);
  return taken;
}

// Has the answer refuse the parts of the request that `may_pass` does not let pass. `parts_of`
// finds the parts in a message.
template <class M, class PartsOf, class MayPass>
void refuse_parts(Request<M>& request, PartsOf parts_of, MayPass may_pass, ErrorCode code) {
  auto taken = take_out(parts_of(request.message), may_pass);
  if (taken.empty()) return;
  M refused;
  parts_of(refused) = std::move(taken);
  request.refuse_part(refusal(refused, code));
}

// --- The rules

// Nobody is asked: what comes before one can know who asks.
struct Open {
  template <class M>
  static ErrorCode check(const Access&, Request<M>&) {
    return ErrorCode::none;
  }
};

// The handler asks, since what is allowed shows only on the way.
struct InHandler : Open {};

template <AclOperation operation>
struct OnGroup {
  template <class M>
  static ErrorCode check(const Access& access, Request<M>& request) {
    return access.group(operation, request.message.group_id)
               ? ErrorCode::none
               : ErrorCode::group_authorization_failed;
  }
};

template <AclOperation operation>
struct OnTransactionalId {
  template <class M>
  static ErrorCode check(const Access& access, Request<M>& request) {
    return access.transactional_id(operation, request.message.transactional_id)
               ? ErrorCode::none
               : ErrorCode::transactional_id_authorization_failed;
  }
};

// One of the operations is enough.
template <AclOperation... operations>
struct OnCluster {
  template <class M>
  static ErrorCode check(const Access& access, Request<M>&) {
    if ((access.cluster(operations, Denial::quiet) || ...)) return ErrorCode::none;
    static_cast<void>((access.cluster(operations) || ...));  // for the audit log
    return ErrorCode::cluster_authorization_failed;
  }
};

// Each topic on its own.
template <AclOperation operation>
struct OnTopics {
  template <class M>
  static ErrorCode check(const Access& access, Request<M>& request) {
    refuse_parts(
        request, [](auto& message) -> auto& { return topics_of(message); },
        [&access](const auto& topic) {
          const auto name = name_of(topic, access.image());
          return name.empty() || access.topic(operation, name);
        },
        ErrorCode::topic_authorization_failed);
    return ErrorCode::none;
  }
};

// Who may do it with the cluster may with every topic.
template <AclOperation of_cluster, AclOperation of_topic>
struct OnClusterOrTopics {
  template <class M>
  static ErrorCode check(const Access& access, Request<M>& request) {
    if (access.cluster(of_cluster, Denial::quiet)) return ErrorCode::none;
    return OnTopics<of_topic>::check(access, request);
  }
};

// Each group on its own.
template <AclOperation operation>
struct OnGroups {
  template <class M>
  static ErrorCode check(const Access& access, Request<M>& request) {
    const auto groups_of = [](auto& message) -> auto& {
      if constexpr (requires { message.groups_names; }) {
        return message.groups_names;
      } else {
        return message.groups;
      }
    };
    refuse_parts(
        request, groups_of, [&access](std::string_view id) { return access.group(operation, id); },
        ErrorCode::group_authorization_failed);
    return ErrorCode::none;
  }
};

// Each transactional id on its own.
template <AclOperation operation>
struct OnTransactionalIds {
  template <class M>
  static ErrorCode check(const Access& access, Request<M>& request) {
    refuse_parts(
        request, [](auto& message) -> auto& { return message.transactional_ids; },
        [&access](std::string_view id) { return access.transactional_id(operation, id); },
        ErrorCode::transactional_id_authorization_failed);
    return ErrorCode::none;
  }
};

// Settings: each resource on its own, those of brokers and clients as the cluster's.
template <AclOperation operation>
struct OnConfigs {
  template <class M>
  static ErrorCode check(const Access& access, Request<M>& request) {
    using enum protocol::ConfigResourceType;
    const auto resources_of = [](auto& message) -> auto& {
      return message.resources;
    };
    const auto refuse = [&](auto may_pass, ErrorCode code) {
      refuse_parts(request, resources_of, may_pass, code);
    };
    refuse(
        [&access](const auto& resource) {
          return resource.resource_type != topic || access.topic(operation, resource.resource_name);
        },
        ErrorCode::topic_authorization_failed);
    refuse(
        [&access](const auto& resource) {
          return resource.resource_type != group || access.group(operation, resource.resource_name);
        },
        ErrorCode::group_authorization_failed);
    refuse(
        [&access](const auto& resource) {
          return resource.resource_type == topic || resource.resource_type == group ||
                 access.cluster(operation);
        },
        ErrorCode::cluster_authorization_failed);
    return ErrorCode::none;
  }
};

// One after the other, up to the first that refuses the whole.
template <class... Rules>
struct All {
  template <class M>
  static ErrorCode check(const Access& access, Request<M>& request) {
    ErrorCode code = ErrorCode::none;
    const bool all = (((code = Rules::check(access, request)) == ErrorCode::none) && ...);
    return all ? ErrorCode::none : code;
  }
};

// --- Rules of one API

// Each key on its own, as the kind of coordinator has it.
struct OnCoordinatorKeys {
  static ErrorCode check(const Access& access, Request<protocol::FindCoordinatorRequest>& request);
};

// A transactional id, or the right to write somewhere at all (KIP-679).
struct OnProducerId {
  static ErrorCode check(const Access& access, Request<protocol::InitProducerIdRequest>& request);
};

// Each topic on its own: who may not describe one that is named by its id is not told its name.
struct OnDeletedTopics {
  static ErrorCode check(const Access& access, Request<protocol::DeleteTopicsRequest>& request);
};

// A client's transactional id; of brokers, which ask for several, the cluster. The handler asks for
// the topics.
struct OnAddedPartitions {
  static ErrorCode check(const Access& access,
                         Request<protocol::AddPartitionsToTxnRequest>& request);
};

}  // namespace ottla::broker::guards
