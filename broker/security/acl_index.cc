#include "broker/security/acl_index.h"

#include <algorithm>
#include <map>
#include <utility>

namespace ottla::broker {
namespace {

constexpr std::string_view kEverybody = "User:*";
constexpr std::string_view kEverything = "*";

// Whether being allowed the one allows the other.
bool implies(AclOperation allowed, AclOperation asked) {
  switch (asked) {
    case AclOperation::describe:
      return allowed == AclOperation::read || allowed == AclOperation::write ||
             allowed == AclOperation::remove || allowed == AclOperation::alter;
    case AclOperation::describe_configs:
      return allowed == AclOperation::alter_configs;
    default:
      return false;
  }
}

std::size_t place_of(AclResourceType type) {
  return static_cast<std::size_t>(static_cast<std::uint8_t>(type));
}

// Calls f with every prefix that `name` begins with; `f` returns false to end it.
template <class Prefixes, class F>
void for_each_prefix_of(std::string_view name, const Prefixes& prefixes, F f) {
  // The last one that is not behind the name begins with all that the name begins with.
  const auto behind = std::upper_bound(
      prefixes.begin(), prefixes.end(), name,
      [](std::string_view text, const auto& prefix) { return text < prefix.text; });
  auto place = static_cast<std::size_t>(behind - prefixes.begin());
  while (place != 0) {
    const auto& prefix = prefixes[place - 1];
    if (name.starts_with(prefix.text) && !f(prefix)) return;
    place = prefix.shorter;
  }
}

}  // namespace

// What was heard so far.
struct AclIndex::Answer {
  bool any_acl = false;
  bool allowed = false;
  bool denied = false;

  AclVerdict verdict() const {
    if (denied) return AclVerdict::denied;
    if (allowed) return AclVerdict::allowed;
    return any_acl ? AclVerdict::denied : AclVerdict::no_acls;
  }
};

bool AclIndex::Rule::holds_for(const AclQuestion& question) const {
  if (host != "*" && host != question.host) return false;
  if (operation == AclOperation::all || operation == question.operation) return true;
  return permission == AclPermission::allow && implies(operation, question.operation);
}

const AclIndex::OfType* AclIndex::of(AclResourceType type) const {
  const auto place = place_of(type);
  return place < types_.size() ? &types_[place] : nullptr;
}

void AclIndex::hear(const Rules& rules, const AclQuestion& question, Answer& answer) {
  answer.any_acl = true;
  const auto hear_of = [&](std::string_view principal) {
    const auto found = rules.find(principal);
    if (found == rules.end()) return;
    for (const auto& rule : found->second) {
      if (!rule.holds_for(question)) continue;
      (rule.permission == AclPermission::allow ? answer.allowed : answer.denied) = true;
    }
  };
  hear_of(question.principal);
  if (question.principal != kEverybody) hear_of(kEverybody);
}

AclVerdict AclIndex::ask(const AclQuestion& question) const {
  const auto* type = of(question.resource_type);
  if (type == nullptr) return AclVerdict::no_acls;
  Answer answer;
  if (const auto* rules = type->literal.find(question.resource_name)) {
    hear(**rules, question, answer);
  }
  if (question.resource_name != kEverything) {
    if (const auto* rules = type->literal.find(kEverything)) hear(**rules, question, answer);
  }
  if (type->prefixes) {
    for_each_prefix_of(question.resource_name, *type->prefixes, [&](const Prefix& prefix) {
      hear(*prefix.rules, question, answer);
      return !answer.denied;
    });
  }
  return answer.verdict();
}

AclIndex::Answer AclIndex::heard(const Rules& rules, const AclQuestion& question) {
  Answer answer;
  hear(rules, question, answer);
  return answer;
}

// Whether all names that begin with `name`, or are it, are denied by a prefix.
bool AclIndex::denied_by_prefix(const OfType& type, const AclQuestion& question,
                                std::string_view name) {
  if (!type.prefixes) return false;
  bool denied = false;
  for_each_prefix_of(name, *type.prefixes, [&](const Prefix& prefix) {
    denied = heard(*prefix.rules, question).denied;
    return !denied;
  });
  return denied;
}

bool AclIndex::allows_some(const AclQuestion& question) const {
  const auto* type = of(question.resource_type);
  if (type == nullptr) return false;
  if (const auto* rules = type->literal.find(kEverything)) {
    const auto of_all = heard(**rules, question);
    // Of all names but some that are denied, there are always more.
    if (of_all.denied || of_all.allowed) return !of_all.denied;
  }
  const auto is_open = [&](std::string_view name, const std::shared_ptr<const Rules>& rules) {
    const auto answer = heard(*rules, question);
    return answer.allowed && !answer.denied && !denied_by_prefix(*type, question, name);
  };
  if (type->literal.any_of(is_open)) return true;
  return type->prefixes &&
         std::any_of(type->prefixes->begin(), type->prefixes->end(),
                     [&](const auto& prefix) { return is_open(prefix.text, prefix.rules); });
}

// The changes of one type of resource, by the names of the patterns.
struct AclIndex::Changes {
  struct OfName {
    std::vector<const AclBinding*> removed;
    std::vector<const AclBinding*> added;

    // What the rules of a pattern are afterwards; null: there are none.
    std::shared_ptr<const Rules> apply_to(const Rules* before) const {
      auto rules = before != nullptr ? std::make_shared<Rules>(*before) : std::make_shared<Rules>();
      for (const auto* acl : removed) {
        const auto of_principal = rules->find(acl->principal);
        if (of_principal == rules->end()) continue;
        auto& all = of_principal->second;
        const auto gone =
            std::find(all.begin(), all.end(), Rule{acl->host, acl->operation, acl->permission});
        if (gone != all.end()) all.erase(gone);
        if (all.empty()) rules->erase(of_principal);
      }
      for (const auto* acl : added) {
        (*rules)[acl->principal].push_back({acl->host, acl->operation, acl->permission});
      }
      if (rules->empty()) return nullptr;
      return rules;
    }
  };
  using ByName = std::map<std::string_view, OfName>;

  ByName literal;
  ByName prefixed;
};

void AclIndex::change(Changes& changes, OfType& type) {
  for (const auto& [name, of_name] : changes.literal) {
    const auto* before = type.literal.find(name);
    auto rules = of_name.apply_to(before != nullptr ? before->get() : nullptr);
    if (rules) {
      type.literal.set(std::string(name), std::move(rules));
    } else {
      type.literal.erase(std::string(name));
    }
  }
  if (!changes.prefixed.empty()) change_prefixes(changes, type);
}

void AclIndex::change_prefixes(Changes& changes, OfType& type) {
  auto after = std::make_shared<std::vector<Prefix>>();
  const auto add = [&after](std::string text, std::shared_ptr<const Rules> rules) {
    if (rules) after->push_back({std::move(text), 0, std::move(rules)});
  };
  if (type.prefixes) {
    for (const auto& prefix : *type.prefixes) {
      const auto changed = changes.prefixed.find(prefix.text);
      if (changed == changes.prefixed.end()) {
        after->push_back(prefix);
        continue;
      }
      add(prefix.text, changed->second.apply_to(prefix.rules.get()));
      changes.prefixed.erase(changed);
    }
  }
  for (const auto& [name, of_name] : changes.prefixed) {
    add(std::string(name), of_name.apply_to(nullptr));
  }
  std::sort(after->begin(), after->end(),
            [](const Prefix& a, const Prefix& b) { return a.text < b.text; });
  for (std::size_t i = 0; i < after->size(); ++i) {
    auto& prefix = (*after)[i];
    auto shorter = i;  // 1 + the place of the one before
    while (shorter != 0 && !prefix.text.starts_with((*after)[shorter - 1].text)) {
      shorter = (*after)[shorter - 1].shorter;
    }
    prefix.shorter = shorter;
  }
  type.prefixes = after->empty() ? nullptr : std::move(after);
}

std::shared_ptr<const AclIndex> AclIndex::with(Acls removed, Acls added) const {
  std::map<std::size_t, Changes> by_type;
  const auto changes_of = [&](const AclBinding& acl) -> Changes::OfName* {
    const auto place = place_of(acl.resource_type);
    if (place >= types_.size()) return nullptr;
    auto& changes = by_type[place];
    auto& names = acl.pattern_type == AclPatternType::prefixed ? changes.prefixed : changes.literal;
    return &names[acl.resource_name];
  };
  for (const auto& acl : removed) {
    if (auto* changes = changes_of(*acl)) changes->removed.push_back(acl.get());
  }
  for (const auto& acl : added) {
    if (auto* changes = changes_of(*acl)) changes->added.push_back(acl.get());
  }
  auto after = std::make_shared<AclIndex>(*this);
  for (auto& [place, changes] : by_type) change(changes, after->types_[place]);
  return after;
}

}  // namespace ottla::broker
