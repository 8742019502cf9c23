#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "broker/config/broker_config.h"
#include "broker/metadata/metadata_image.h"
#include "broker/security/acl_index.h"
#include "ottla/acl.h"

namespace ottla::broker {

// Says who may do what, as Kafka's StandardAuthorizer does: super users everything, others what
// ACLs allow and none denies. Without `authorizer.class.name` everybody may do everything. One for
// a broker, on its loop; questions cost what AclIndex::ask costs and take no lock.
class Authorizer {
 public:
  // Of the settings: authorizer.class.name, super.users, allow.everyone.if.no.acl.found.
  explicit Authorizer(const BrokerConfig& config);

  bool enabled() const { return enabled_; }

  // What the metadata say from now on.
  void on_image(const MetadataChanges& changes);

  bool allows(const AclQuestion& question) const;

  // Whether there is some resource of the question's type of which it is true; the question has no
  // name (KIP-679). Costs what AclIndex::allows_some costs.
  bool allows_some(const AclQuestion& question) const;

  // The ACLs of now; any thread may keep them.
  const std::shared_ptr<const AclIndex>& acls() const { return acls_; }

 private:
  const bool enabled_;
  const bool allow_everyone_;
  const std::set<std::string, std::less<>> super_users_;
  std::shared_ptr<const AclIndex> acls_ = std::make_shared<const AclIndex>();
};

// A bit for each of Kafka's operations: what `authorized_operations` of an answer is made of.
constexpr std::int32_t bit_of(AclOperation operation) {
  return 1 << static_cast<int>(operation);
}

// The operations that there are for a type of resource, as bits.
std::int32_t operations_of(AclResourceType type);

}  // namespace ottla::broker
