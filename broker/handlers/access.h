#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "broker/handlers/audited_denials.h"
#include "broker/handlers/services.h"
#include "broker/security/authorizer.h"
#include "broker/security/client_host.h"

namespace ottla::broker {

// Whether the audit log is told that something is denied: not where that only leaves something out
// of a list, or where another right will do as well.
enum class Denial { logged, quiet };

// What the sender of one request may do, by the ACLs of now. Made where it is asked, while
// `context` stays; costs nothing without an authorizer. Whatever was denied is a line of the audit
// log when this goes.
class Access {
 public:
  Access(const Services& services, const RequestContext& context)
      : authorizer_(services.authorizer), image_(services.image()) {
    if (!authorizer_.enabled()) return;
    principal_ = context.principal->to_string();
    host_ = client_host(context.peer.host);
    if (services.audit != nullptr) denials_.emplace(*services.audit, context);
  }

  bool topic(AclOperation operation, std::string_view name, Denial denial = Denial::logged) const {
    return asked(operation, AclResourceType::topic, name, denial);
  }
  bool group(AclOperation operation, std::string_view id, Denial denial = Denial::logged) const {
    return asked(operation, AclResourceType::group, id, denial);
  }
  bool transactional_id(AclOperation operation, std::string_view id,
                        Denial denial = Denial::logged) const {
    return asked(operation, AclResourceType::transactional_id, id, denial);
  }
  bool cluster(AclOperation operation, Denial denial = Denial::logged) const {
    return asked(operation, AclResourceType::cluster, kClusterResource, denial);
  }
  // Whether there can be a topic with which that may be done.
  bool some_topic(AclOperation operation) const {
    return authorizer_.allows_some(question(operation, AclResourceType::topic, {}));
  }

  // The bits of all that may be done.
  std::int32_t operations(AclResourceType type, std::string_view name) const {
    auto bits = operations_of(type);
    if (!authorizer_.enabled()) return bits;
    for (int number = 0; number < 32; ++number) {
      const auto operation = static_cast<AclOperation>(number);
      const auto bit = 1U << number;
      if ((static_cast<std::uint32_t>(bits) & bit) == 0) continue;
      if (!allows(operation, type, name)) bits &= ~static_cast<std::int32_t>(bit);
    }
    return bits;
  }

  // Who may not describe the cluster is told of nothing that may be done to it.
  std::int32_t cluster_operations() const {
    return cluster(AclOperation::describe, Denial::quiet)
               ? operations(AclResourceType::cluster, kClusterResource)
               : 0;
  }

  // The topics that there are.
  const MetadataImage& image() const { return image_; }

 private:
  AclQuestion question(AclOperation operation, AclResourceType type, std::string_view name) const {
    return {.principal = principal_,
            .host = host_,
            .operation = operation,
            .resource_type = type,
            .resource_name = name};
  }
  bool allows(AclOperation operation, AclResourceType type, std::string_view name) const {
    return authorizer_.allows(question(operation, type, name));
  }
  bool asked(AclOperation operation, AclResourceType type, std::string_view name,
             Denial denial) const {
    if (allows(operation, type, name)) return true;
    if (denials_ && denial == Denial::logged) denials_->add(question(operation, type, name));
    return false;
  }

  const Authorizer& authorizer_;
  const MetadataImage& image_;
  std::string principal_;
  std::string host_;
  mutable std::optional<AuditedDenials> denials_;  // none without an audit log
};

}  // namespace ottla::broker
