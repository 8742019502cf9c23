#include "tools/acl_flags.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace ottla::tools {
namespace {

using Operations = std::vector<AclOperation>;

Error usage(std::string why) {
  return {ErrorCode::invalid_argument, std::move(why)};
}

// "DescribeConfigs" as DESCRIBE_CONFIGS.
std::string shouted(std::string_view name) {
  std::string text;
  for (const char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper && !text.empty()) text += '_';
    text += upper ? c : static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

// What can be done with a resource of the type.
bool has_operation(AclResourceType type, AclOperation operation) {
  using enum AclOperation;
  const auto one_of = [operation](std::initializer_list<AclOperation> operations) {
    return std::find(operations.begin(), operations.end(), operation) != operations.end();
  };
  if (operation == all) return true;
  switch (type) {
    case AclResourceType::topic:
      return one_of(
          {read, write, create, remove, alter, describe, describe_configs, alter_configs});
    case AclResourceType::group:
      return one_of({read, describe, remove, describe_configs, alter_configs});
    case AclResourceType::cluster:
      return one_of({create, cluster_action, describe_configs, alter_configs, idempotent_write,
                     alter, describe});
    case AclResourceType::transactional_id:
      return one_of({write, describe});
    case AclResourceType::delegation_token:
      return one_of({describe});
    case AclResourceType::user:
      return one_of({create_tokens, describe_tokens});
    default:
      return false;
  }
}

// Makes the plan of one command.
class Planner {
 public:
  explicit Planner(const AclFlags& flags) : flags_(flags) {}

  Result<AclPlan> plan() {
    if (flags_.add + flags_.remove + flags_.list != 1) {
      return usage("expected one of --add, --remove and --list");
    }
    const auto pattern = parse_acl_pattern_type(flags_.pattern_type);
    if (!pattern) return usage("there is no --resource-pattern-type " + flags_.pattern_type);
    pattern_ = *pattern;
    const bool filters = pattern_ == AclPatternType::any || pattern_ == AclPatternType::match;
    if (flags_.add && filters) {
      return usage("--add takes literal and prefixed as --resource-pattern-type");
    }
    collect_resources();
    if (auto operations = read_operations(); !operations) return operations.error();
    if (auto bindings = collect_bindings(); !bindings) return bindings.error();
    if (flags_.list) return list();
    if (resources_.empty()) {
      return usage(
          "expected a resource: --topic, --group, --cluster, --transactional-id, "
          "--delegation-token or --user-principal");
    }
    if (flags_.add && bindings_.empty()) {
      return usage("expected --allow-principal or --deny-principal");
    }
    AclPlan plan{.bindings = {bindings_.begin(), bindings_.end()}, .resources = {}};
    for (const auto& [type, name] : resources_) plan.resources.push_back(filter_of(type, name));
    return plan;
  }

 private:
  AclBindingFilter filter_of(AclResourceType type, const std::string& name) const {
    return {.resource_type = type, .resource_name = name, .pattern_type = pattern_of(type)};
  }

  // There is one cluster: a prefix of its name is no name for it.
  AclPatternType pattern_of(AclResourceType type) const {
    const bool prefix = pattern_ == AclPatternType::prefixed;
    return prefix && type == AclResourceType::cluster ? AclPatternType::literal : pattern_;
  }

  void collect_resources() {
    const std::array<std::pair<AclResourceType, const std::vector<std::string>*>, 5> kNamed{{
        {AclResourceType::topic, &flags_.topics},
        {AclResourceType::group, &flags_.groups},
        {AclResourceType::transactional_id, &flags_.transactional_ids},
        {AclResourceType::delegation_token, &flags_.delegation_tokens},
        {AclResourceType::user, &flags_.user_principals},
    }};
    for (const auto& [type, names] : kNamed) {
      for (const auto& name : *names) resources_.emplace(type, name);
    }
    if (flags_.of_cluster || flags_.idempotent) {
      resources_.emplace(AclResourceType::cluster, kClusterResource);
    }
  }

  Result<void> read_operations() {
    for (const auto& text : flags_.operations) {
      const auto operation = parse_acl_operation(text);
      if (!operation || *operation == AclOperation::any) {
        return usage("there is no --operation " + text);
      }
      operations_.push_back(*operation);
    }
    if (operations_.empty()) operations_ = {AclOperation::all};
    return {};
  }

  // What --producer and --consumer stand for; nothing for other resources.
  Operations operations_for(AclResourceType type) const {
    using enum AclOperation;
    if (!flags_.producer && !flags_.consumer) return operations_;
    std::set<AclOperation> found;
    if (flags_.producer && type == AclResourceType::topic) found = {write, describe, create};
    if (flags_.producer && type == AclResourceType::transactional_id) found = {write, describe};
    if (flags_.idempotent && type == AclResourceType::cluster) found = {idempotent_write};
    if (flags_.consumer && type == AclResourceType::topic) found.insert({read, describe});
    if (flags_.consumer && type == AclResourceType::group) found.insert(read);
    return {found.begin(), found.end()};
  }

  Result<void> check_conveniences() const {
    if (!flags_.producer && !flags_.consumer) {
      if (flags_.idempotent) return usage("--idempotent goes with --producer");
      return {};
    }
    if (!flags_.operations.empty() || !flags_.deny_principals.empty()) {
      return usage(
          "--producer and --consumer allow what they need: no --operation and no "
          "--deny-principal goes with them");
    }
    if (flags_.topics.empty()) return usage("--producer and --consumer need a --topic");
    if (flags_.consumer && flags_.groups.empty()) return usage("--consumer needs a --group");
    return {};
  }

  Result<void> collect_bindings() {
    if (auto checked = check_conveniences(); !checked) return checked;
    for (const auto& [type, name] : resources_) {
      for (const auto operation : operations_for(type)) {
        if (!has_operation(type, operation)) {
          return usage("the operation " + std::string(to_string(operation)) + " is none of a " +
                       std::string(to_string(type)));
        }
        add(type, name, operation, flags_.allow_principals, flags_.allow_hosts,
            AclPermission::allow);
        add(type, name, operation, flags_.deny_principals, flags_.deny_hosts, AclPermission::deny);
      }
    }
    return {};
  }

  void add(AclResourceType type, const std::string& name, AclOperation operation,
           const std::vector<std::string>& principals, std::vector<std::string> hosts,
           AclPermission permission) {
    if (hosts.empty()) hosts = {"*"};
    for (const auto& principal : principals) {
      for (const auto& host : hosts) {
        bindings_.insert({.resource_type = type,
                          .resource_name = name,
                          .pattern_type = pattern_of(type),
                          .principal = principal,
                          .host = host,
                          .operation = operation,
                          .permission = permission});
      }
    }
  }

  AclPlan list() const {
    std::vector<AclBindingFilter> resources;
    for (const auto& [type, name] : resources_) resources.push_back(filter_of(type, name));
    if (resources.empty()) resources.emplace_back();
    if (flags_.principals.empty()) return {.bindings = {}, .resources = std::move(resources)};
    AclPlan plan;
    for (const auto& resource : resources) {
      for (const auto& principal : flags_.principals) {
        plan.resources.push_back(resource);
        plan.resources.back().principal = principal;
      }
    }
    return plan;
  }

  const AclFlags& flags_;
  AclPatternType pattern_ = AclPatternType::literal;
  std::set<std::pair<AclResourceType, std::string>> resources_;
  Operations operations_;
  std::set<AclBinding> bindings_;
};

}  // namespace

void AclFlags::add_to(CLI::App& app) {
  cluster.add_to(app, ClusterFlags::Names::without_broker_list);
  app.add_flag("--add", add, "add ACLs");
  app.add_flag("--remove", remove, "remove ACLs");
  app.add_flag("--list", list, "print the ACLs of the resources, or all");
  app.add_flag("--force", force, "remove without asking");
  app.add_option("--topic", topics, "a topic; '*': every one");
  app.add_option("--group", groups, "a consumer group; '*': every one");
  app.add_option("--transactional-id", transactional_ids, "a transactional id; '*': every one");
  app.add_option("--delegation-token", delegation_tokens, "a delegation token");
  app.add_option("--user-principal", user_principals, "a user, for its tokens");
  app.add_flag("--cluster", of_cluster, "the cluster");
  app.add_option("--resource-pattern-type", pattern_type,
                 "literal, prefixed; to list and remove also match and any");
  app.add_option("--allow-principal", allow_principals, "who may: User:alice; User:*: everybody");
  app.add_option("--deny-principal", deny_principals, "who must not, whatever else allows it");
  app.add_option("--allow-host", allow_hosts, "from where --allow-principal may; default: *");
  app.add_option("--deny-host", deny_hosts, "from where --deny-principal must not; default: *");
  app.add_option("--operation", operations, "Read, Write, Describe ...; default: All");
  app.add_option("--principal", principals, "list only the ACLs of this principal");
  app.add_flag("--producer", producer, "what a producer needs of --topic and --transactional-id");
  app.add_flag("--consumer", consumer, "what a consumer needs of --topic and --group");
  app.add_flag("--idempotent", idempotent, "with --producer: what older brokers want besides");
}

Result<AclPlan> plan_of(const AclFlags& flags) {
  return Planner(flags).plan();
}

std::string pattern_text(const AclBinding& acl) {
  return "ResourcePattern(resourceType=" + shouted(to_string(acl.resource_type)) +
         ", name=" + acl.resource_name + ", patternType=" + shouted(to_string(acl.pattern_type)) +
         ")";
}

std::string entry_text(const AclBinding& acl) {
  return "(principal=" + acl.principal + ", host=" + acl.host +
         ", operation=" + shouted(to_string(acl.operation)) +
         ", permissionType=" + shouted(to_string(acl.permission)) + ")";
}

}  // namespace ottla::tools
