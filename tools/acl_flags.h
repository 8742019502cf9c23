#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "ottla/acl_admin.h"
#include "tools/flags.h"

namespace ottla::tools {

// The flags of `ottla acls`, which are those of kafka-acls.sh.
struct AclFlags {
  ClusterFlags cluster;
  bool add = false;
  bool remove = false;
  bool list = false;
  bool force = false;

  std::vector<std::string> topics;
  std::vector<std::string> groups;
  std::vector<std::string> transactional_ids;
  std::vector<std::string> delegation_tokens;
  std::vector<std::string> user_principals;
  bool of_cluster = false;
  std::string pattern_type = "literal";

  std::vector<std::string> allow_principals;
  std::vector<std::string> deny_principals;
  std::vector<std::string> allow_hosts;
  std::vector<std::string> deny_hosts;
  std::vector<std::string> operations;
  std::vector<std::string> principals;  // for --list
  bool producer = false;
  bool consumer = false;
  bool idempotent = false;

  void add_to(CLI::App& app);
};

// What the flags come to. Errors (invalid_argument) say which flag is missing or does not go with
// another.
struct AclPlan {
  std::vector<AclBinding> bindings;         // to be added, or to be removed one by one
  std::vector<AclBindingFilter> resources;  // to be listed, or emptied if there are no bindings
};
Result<AclPlan> plan_of(const AclFlags& flags);

// "ResourcePattern(resourceType=TOPIC, name=t, patternType=LITERAL)", as Kafka's script prints it.
std::string pattern_text(const AclBinding& acl);
// "(principal=User:alice, host=*, operation=READ, permissionType=ALLOW)"
std::string entry_text(const AclBinding& acl);

}  // namespace ottla::tools
