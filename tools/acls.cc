#include <iostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tools/acl_flags.h"
#include "tools/command.h"

namespace ottla::tools {
namespace {

constexpr const char* kName = "acls";

// As Kafka's script prints them: the resource, and its ACLs below it. They are sorted.
template <class Acls>
void print(std::string_view title, const Acls& acls) {
  const AclBinding* last = nullptr;
  for (const AclBinding& acl : acls) {
    if (last == nullptr || pattern_text(*last) != pattern_text(acl)) {
      if (last != nullptr) std::cout << '\n';
      std::cout << title << " for resource `" << pattern_text(acl) << "`:\n";
    }
    std::cout << " \t" << entry_text(acl) << '\n';
    last = &acl;
  }
  if (last != nullptr) std::cout << '\n';
}

int list(Admin& admin, const std::vector<AclBindingFilter>& resources) {
  std::set<AclBinding> found;
  for (const auto& resource : resources) {
    const auto acls = admin.describe_acls(resource).get();
    if (!acls) return fail(kName, acls.error());
    found.insert(acls->begin(), acls->end());
  }
  print("Current ACLs", found);
  return kSuccess;
}

int add(Admin& admin, const AclPlan& plan) {
  const auto outcomes = admin.create_acls(plan.bindings).get();
  if (!outcomes) return fail(kName, outcomes.error());
  int code = kSuccess;
  std::vector<AclBinding> added;
  for (const auto& [acl, error] : *outcomes) {
    if (error) {
      code = fail(kName, pattern_text(acl) + ": " + entry_text(acl) + ": " + error->to_string());
    } else {
      added.push_back(acl);
    }
  }
  print("Added ACLs", added);
  return code;
}

bool confirmed(const std::string& question) {
  std::cout << question << " (y/n)\n" << std::flush;
  std::string answer;
  return std::getline(std::cin, answer) && (answer == "y" || answer == "Y");
}

int remove(Admin& admin, const AclPlan& plan, bool force) {
  std::vector<AclBindingFilter> filters = plan.resources;
  if (!plan.bindings.empty()) {
    filters.clear();
    for (const auto& acl : plan.bindings) {
      filters.push_back({.resource_type = acl.resource_type,
                         .resource_name = acl.resource_name,
                         .pattern_type = acl.pattern_type,
                         .principal = acl.principal,
                         .host = acl.host,
                         .operation = acl.operation,
                         .permission = acl.permission});
    }
  }
  const auto question = plan.bindings.empty()
                            ? std::string("Remove all ACLs of these resources?")
                            : "Remove these " + std::to_string(filters.size()) + " ACLs?";
  if (!force && !confirmed(question)) return kSuccess;
  const auto deleted = admin.delete_acls(std::move(filters)).get();
  if (!deleted) return fail(kName, deleted.error());
  int code = kSuccess;
  std::set<AclBinding> removed;
  for (const auto& outcome : *deleted) {
    if (outcome) {
      removed.insert(outcome->begin(), outcome->end());
    } else {
      code = fail(kName, outcome.error());
    }
  }
  print("Removed ACLs", removed);
  return code;
}

}  // namespace

int run_acls(const Arguments& arguments) {
  AclFlags flags;
  CLI::App app("Says who may do what.", "ottla acls");
  flags.add_to(app);
  if (const auto code = parse_flags(app, arguments)) return *code;
  const auto plan = plan_of(flags);
  if (!plan) {
    fail(kName, plan.error());
    return kUsage;
  }
  auto admin = open_admin(flags.cluster);
  if (!admin) return fail(kName, admin.error());
  if (flags.list) return list(*admin, plan->resources);
  return flags.add ? add(*admin, *plan) : remove(*admin, *plan, flags.force);
}

}  // namespace ottla::tools
