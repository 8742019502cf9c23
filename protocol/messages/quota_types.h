#pragma once

#include <optional>
#include <string_view>

namespace ottla::protocol {

// A part of whom a quota is for: a user, a client-id or an ip. Without a name it is the default of
// its type.
struct QuotaEntityPart {
  std::string_view entity_type;
  std::optional<std::string_view> entity_name;

  bool operator==(const QuotaEntityPart&) const = default;
  template <class Self, class Wire>
  static constexpr void fields(Self& m, Wire& w) {
    w("entityType", m.entity_type);
    w("entityName", m.entity_name);
  }
};

}  // namespace ottla::protocol
