#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "broker/metadata/cow_map.h"
#include "ottla/acl.h"

namespace ottla::broker {

// One question: may this principal, from this host, do that?
struct AclQuestion {
  std::string_view principal;  // "User:alice"
  std::string_view host;
  AclOperation operation = AclOperation::unknown;
  AclResourceType resource_type = AclResourceType::unknown;
  std::string_view resource_name;
};

enum class AclVerdict {
  allowed,
  denied,   // or not allowed where there are ACLs of the resource
  no_acls,  // none is of this resource
};

// All ACLs, in a form that answers in less than a microsecond however many there are. Never
// changes: any thread may read one while the next is made, which shares what is the same.
class AclIndex {
 public:
  using Acls = std::span<const std::shared_ptr<const AclBinding>>;

  // This one without `removed` and with `added`. Costs as much as there are ACLs of the resources
  // they are of, and a look at every prefix if one of them is of a prefix.
  std::shared_ptr<const AclIndex> with(Acls removed, Acls added) const;

  // A hash look-up, a binary search among the prefixes, and a look at each ACL of the principal and
  // of everybody that is of the resource. A denial wins.
  AclVerdict ask(const AclQuestion& question) const;

  // Whether there is a name of the resource type that the question, which has none, is answered
  // with yes for (KIP-679). Two hash look-ups for each pattern of the type until there is one, and
  // a binary search among the prefixes for each pattern that allows it.
  bool allows_some(const AclQuestion& question) const;

 private:
  struct Rule {
    std::string host;
    AclOperation operation;
    AclPermission permission;

    bool operator==(const Rule&) const = default;
    bool holds_for(const AclQuestion& question) const;
  };
  // The ACLs of one resource pattern, by principal.
  using Rules = std::unordered_map<std::string, std::vector<Rule>, StringHash, std::equal_to<>>;
  struct Prefix {
    std::string text;
    std::size_t shorter;  // the longest other one that this begins with: 1 + its place; 0: none
    std::shared_ptr<const Rules> rules;
  };
  struct OfType {
    CowMap<std::string, Rules, StringHash> literal;
    std::shared_ptr<const std::vector<Prefix>> prefixes;  // sorted; null: none
  };
  struct Answer;
  struct Changes;

  static void hear(const Rules& rules, const AclQuestion& question, Answer& answer);
  static Answer heard(const Rules& rules, const AclQuestion& question);
  static bool denied_by_prefix(const OfType& type, const AclQuestion& question,
                               std::string_view name);
  static void change(Changes& changes, OfType& type);
  static void change_prefixes(Changes& changes, OfType& type);
  const OfType* of(AclResourceType type) const;

  std::array<OfType, 8> types_;  // by number
};

}  // namespace ottla::broker
