#include "broker/security/authorizer.h"

#include "broker/config/authorization.h"

namespace ottla::broker {
namespace {

template <class... Operations>
constexpr std::int32_t bits_of(Operations... operations) {
  return (bit_of(operations) | ...);
}

std::set<std::string, std::less<>> super_users_of(const BrokerConfig& config) {
  const auto users = split_principals(config.super_users);
  return {users.begin(), users.end()};
}

}  // namespace

Authorizer::Authorizer(const BrokerConfig& config)
    : enabled_(!config.authorizer_class_name.empty()),
      allow_everyone_(config.allow_everyone_if_no_acl_found),
      super_users_(super_users_of(config)) {}

void Authorizer::on_image(const MetadataChanges& changes) {
  if (changes.removed_acls.empty() && changes.added_acls.empty()) return;
  acls_ = acls_->with(changes.removed_acls, changes.added_acls);
}

bool Authorizer::allows(const AclQuestion& question) const {
  if (!enabled_ || super_users_.contains(question.principal)) return true;
  switch (acls_->ask(question)) {
    case AclVerdict::allowed:
      return true;
    case AclVerdict::denied:
      return false;
    case AclVerdict::no_acls:
      return allow_everyone_;
  }
  return false;
}

bool Authorizer::allows_some(const AclQuestion& question) const {
  if (!enabled_ || super_users_.contains(question.principal)) return true;
  if (acls_->allows_some(question)) return true;
  // A name that no ACL speaks of, which is longer than any resource's.
  if (!allow_everyone_) return false;
  auto unspoken = question;
  const std::string name(256, '\1');
  unspoken.resource_name = name;
  return acls_->ask(unspoken) == AclVerdict::no_acls;
}

std::int32_t operations_of(AclResourceType type) {
  using enum AclOperation;
  switch (type) {
    case AclResourceType::topic:
      return bits_of(read, write, create, remove, alter, describe, describe_configs, alter_configs);
    case AclResourceType::group:
      return bits_of(read, remove, describe, describe_configs, alter_configs);
    case AclResourceType::cluster:
      return bits_of(create, alter, describe, cluster_action, describe_configs, alter_configs,
                     idempotent_write);
    case AclResourceType::transactional_id:
      return bits_of(write, describe);
    case AclResourceType::delegation_token:
      return bits_of(describe);
    case AclResourceType::user:
      return bits_of(create_tokens, describe_tokens);
    default:
      return 0;
  }
}

}  // namespace ottla::broker
