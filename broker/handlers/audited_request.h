#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "broker/handlers/all.h"
#include "broker/handlers/audited_denials.h"
#include "broker/handlers/request.h"
#include "broker/handlers/services.h"

namespace ottla::broker {

// An administrative request on its way to its line in the audit log: what it asks for, part by
// part, from before any part is taken out of it; then what became of each, by the answer. Of a
// request with very many parts some are left out, and counted.
class AuditedRequest {
 public:
  // Whether there is no room for another part, which is counted then; to be asked before one is
  // made.
  bool skip() {
    left_out_ += full() ? 1 : 0;
    return full();
  }
  bool full() const { return left_out_ > 0; }
  // A part that the answer calls by `key`.
  void add(std::string key, AuditMembers part);
  bool names_its_parts() const { return !parts_.empty() && parts_.front().by_request; }
  bool names(std::string_view key) const { return by_key_.contains(key); }
  // Of the request as a whole.
  AuditMembers& members() { return members_; }

  // What became of the parts of that key; where the request did not name any, as of "all topics",
  // of what the answer names.
  void on_outcome(const std::string& key, ErrorCode code, const AuditMembers& named);
  // And of the parts that the answer does not name.
  void on_whole(ErrorCode code);

  AuditLine line(const RequestContext& context) const;

 private:
  struct Part {
    AuditMembers members;
    std::optional<ErrorCode> outcome;
    bool by_request = true;  // else by the answer
  };

  void count(ErrorCode code);
  std::string_view outcome() const;

  AuditMembers members_;
  std::vector<Part> parts_;
  std::multimap<std::string, std::size_t, std::less<>> by_key_;
  std::size_t bytes_ = 0;
  std::size_t left_out_ = 0;
  ErrorCode whole_ = ErrorCode::none;
  std::size_t succeeded_ = 0;
  std::size_t denied_ = 0;
  std::size_t failed_ = 0;
};

// What an answer calls a part by.
std::string audit_key(std::string_view name, std::optional<std::int32_t> partition = std::nullopt);

// What each administrative request asks for. Nothing of it is secret: of credentials there is only
// whose they are, and of settings that may be passwords only the names.
void describe(const protocol::CreateTopicsRequest& request, const MetadataImage& image,
              AuditedRequest& to);
void describe(const protocol::DeleteTopicsRequest& request, const MetadataImage& image,
              AuditedRequest& to);
void describe(const protocol::CreatePartitionsRequest& request, const MetadataImage& image,
              AuditedRequest& to);
void describe(const protocol::DeleteRecordsRequest& request, const MetadataImage& image,
              AuditedRequest& to);
void describe(const protocol::AlterConfigsRequest& request, const MetadataImage& image,
              AuditedRequest& to);
void describe(const protocol::IncrementalAlterConfigsRequest& request, const MetadataImage& image,
              AuditedRequest& to);
void describe(const protocol::CreateAclsRequest& request, const MetadataImage& image,
              AuditedRequest& to);
void describe(const protocol::DeleteAclsRequest& request, const MetadataImage& image,
              AuditedRequest& to);
void describe(const protocol::AlterUserScramCredentialsRequest& request, const MetadataImage& image,
              AuditedRequest& to);
void describe(const protocol::AlterClientQuotasRequest& request, const MetadataImage& image,
              AuditedRequest& to);
void describe(const protocol::DeleteGroupsRequest& request, const MetadataImage& image,
              AuditedRequest& to);
void describe(const protocol::OffsetDeleteRequest& request, const MetadataImage& image,
              AuditedRequest& to);
void describe(const protocol::AlterPartitionReassignmentsRequest& request,
              const MetadataImage& image, AuditedRequest& to);
void describe(const protocol::AlterReplicaLogDirsRequest& request, const MetadataImage& image,
              AuditedRequest& to);
void describe(const protocol::ElectLeadersRequest& request, const MetadataImage& image,
              AuditedRequest& to);
void describe(const protocol::UpdateFeaturesRequest& request, const MetadataImage& image,
              AuditedRequest& to);
void describe(const protocol::UnregisterBrokerRequest& request, const MetadataImage& image,
              AuditedRequest& to);

// The answers that do not go by the name of each part.
void tell_outcomes(const protocol::CreateAclsResponse& response, AuditedRequest& to);
void tell_outcomes(const protocol::DeleteAclsResponse& response, AuditedRequest& to);
void tell_outcomes(const protocol::DeleteTopicsResponse& response, AuditedRequest& to);
void tell_outcomes(const protocol::AlterConfigsResponse& response, AuditedRequest& to);
void tell_outcomes(const protocol::AlterClientQuotasResponse& response, AuditedRequest& to);
void tell_outcomes(const protocol::IncrementalAlterConfigsResponse& response, AuditedRequest& to);

template <class Part>
std::string_view name_of_part(const Part& part) {
  if constexpr (requires { part.topic; }) {
    return part.topic;
  } else if constexpr (requires { part.topic_name; }) {
    return part.topic_name;
  } else if constexpr (requires { part.user; }) {
    return part.user;
  } else if constexpr (requires { part.group_id; }) {
    return part.group_id;
  } else if constexpr (requires { part.feature; }) {
    return part.feature;
  } else {
    return part.name;
  }
}

template <class Partition>
void tell_partition(std::string_view topic, const Partition& partition, AuditedRequest& to) {
  std::int32_t number = 0;
  if constexpr (requires { partition.partition_id; }) {
    number = partition.partition_id;
  } else {
    number = partition.partition_index;
  }
  AuditMembers named;
  if (!to.names_its_parts()) {
    named.add("type", "Partition").add("name", topic).add_number("partition", number);
  }
  to.on_outcome(audit_key(topic, number), partition.error_code, named);
}

template <class Response>
void tell_outcomes(const Response& response, AuditedRequest& to) {
  if constexpr (requires { response.error_code; }) to.on_whole(response.error_code);
  const auto parts = parts_of(response);
  if constexpr (!std::is_null_pointer_v<decltype(parts)>) {
    for (const auto& part : *parts) {
      const auto name = name_of_part(part);
      if constexpr (requires { part.partitions; }) {
        for (const auto& each : part.partitions) tell_partition(name, each, to);
      } else if constexpr (requires { part.partition_result; }) {
        for (const auto& each : part.partition_result) tell_partition(name, each, to);
      } else {
        to.on_outcome(audit_key(name), part.error_code, {});
      }
    }
  }
}

// A request that is a line of the audit log when it is answered.
template <class M>
concept Audited = requires(const M& message, const MetadataImage& image, AuditedRequest& to) {
  describe(message, image, to);
};

// What the answer to an audited request is shown; null without an audit log.
template <class M>
base::UniqueFunction<void(const RequestContext&, const typename M::Response&)> audit_of(
    const Services& services, const M& message) {
  if (services.audit == nullptr) return nullptr;
  AuditedRequest audited;
  describe(message, services.image(), audited);
  return [log = services.audit, audited = std::move(audited)](
             const RequestContext& context, const typename M::Response& response) mutable {
    tell_outcomes(response, audited);
    log->write(audited.line(context));
  };
}

}  // namespace ottla::broker
