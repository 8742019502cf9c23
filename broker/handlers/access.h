#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "broker/handlers/services.h"
#include "broker/security/authorizer.h"
#include "broker/security/client_host.h"

namespace ottla::broker {

// What the sender of one request may do, by the ACLs of now. Made where it is asked; costs nothing
// without an authorizer.
class Access {
 public:
  Access(const Services& services, const RequestContext& context)
      : authorizer_(services.authorizer), image_(services.image()) {
    if (!authorizer_.enabled()) return;
    principal_ = context.principal->to_string();
    host_ = client_host(context.peer.host);
  }

  bool topic(AclOperation operation, std::string_view name) const {
    return allows(operation, AclResourceType::topic, name);
  }
  bool group(AclOperation operation, std::string_view id) const {
    return allows(operation, AclResourceType::group, id);
  }
  bool transactional_id(AclOperation operation, std::string_view id) const {
    return allows(operation, AclResourceType::transactional_id, id);
  }
  bool cluster(AclOperation operation) const {
    return allows(operation, AclResourceType::cluster, kClusterResource);
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
    return cluster(AclOperation::describe) ? operations(AclResourceType::cluster, kClusterResource)
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

  const Authorizer& authorizer_;
  const MetadataImage& image_;
  std::string principal_;
  std::string host_;
};

}  // namespace ottla::broker
