#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "ottla/interceptors/audit.h"

namespace ottla::interceptors {

// Windows by what they are of, up to a number of them. Whoever owns it locks.
class AuditWindows {
 public:
  explicit AuditWindows(std::size_t most) : most_(most) {}

  // The window, made if there is room; null otherwise.
  AuditWindow* find(std::string_view source, std::string_view topic, Timestamp start);

  std::vector<AuditWindow> all() const;
  std::vector<AuditWindow> take_before(Timestamp time);

 private:
  using Key = std::tuple<std::string, std::string, Timestamp>;

  const std::size_t most_;
  std::map<Key, AuditWindow> windows_;
};

// What the header `ottla-audit` tells: "1 WINDOW HASH SOURCE", the window in decimal, the hash in
// hexadecimal digits.
struct AuditMark {
  Timestamp window{};
  std::uint64_t hash = 0;
  std::string_view source;

  std::string to_text() const;
  // Nothing if it is malformed.
  static std::optional<AuditMark> parse(std::string_view text);
};

inline constexpr std::string_view kAuditHeader = "ottla-audit";
inline constexpr std::size_t kMostSource = 100;

// FNV-1a of key and value, each behind a byte that says whether it is null.
std::uint64_t audit_hash(BytesView key, BytesView value);

}  // namespace ottla::interceptors
