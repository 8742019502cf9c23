#include "interceptors/audit_windows.h"

#include <algorithm>
#include <utility>

#include "interceptors/numbers.h"
#include "ottla/headers.h"

namespace ottla::interceptors {
namespace {

constexpr std::uint64_t kFnvBasis = 14695981039346656037U;
constexpr std::uint64_t kFnvPrime = 1099511628211U;

void hash_byte(std::uint64_t& hash, std::uint8_t byte) {
  hash = (hash ^ byte) * kFnvPrime;
}

// With its length, so that what moves from the key to the value is another record.
void hash_field(std::uint64_t& hash, BytesView bytes) {
  hash_byte(hash, is_null(bytes) ? 0 : 1);
  for (std::uint64_t size = bytes.size(), i = 0; i < 8; ++i, size >>= 8) {
    hash_byte(hash, static_cast<std::uint8_t>(size));
  }
  for (const char c : bytes) hash_byte(hash, static_cast<std::uint8_t>(c));
}

std::optional<Timestamp> parse_time(std::string_view text) {
  const auto ms = parse_number<std::int64_t>(text);
  if (!ms || *ms < 0) return std::nullopt;
  return Timestamp(std::chrono::milliseconds(*ms));
}

Error malformed() {
  return Error(ErrorCode::invalid_argument, "this is no line of an AuditWindow");
}

}  // namespace

std::uint64_t audit_hash(BytesView key, BytesView value) {
  auto hash = kFnvBasis;
  hash_field(hash, key);
  hash_field(hash, value);
  return hash;
}

AuditWindow* AuditWindows::find(std::string_view source, std::string_view topic, Timestamp start) {
  Key key(source, topic, start);
  const auto found = windows_.find(key);
  if (found != windows_.end()) return &found->second;
  if (windows_.size() >= most_) return nullptr;
  AuditWindow window{.source = std::string(source), .topic = std::string(topic), .start = start};
  return &windows_.emplace(std::move(key), std::move(window)).first->second;
}

std::vector<AuditWindow> AuditWindows::all() const {
  std::vector<AuditWindow> all;
  all.reserve(windows_.size());
  for (const auto& [key, window] : windows_) all.push_back(window);
  return all;
}

std::vector<AuditWindow> AuditWindows::take_before(Timestamp time) {
  std::vector<AuditWindow> taken;
  for (auto at = windows_.begin(); at != windows_.end();) {
    if (at->second.start >= time) {
      ++at;
      continue;
    }
    taken.push_back(std::move(at->second));
    at = windows_.erase(at);
  }
  return taken;
}

std::string AuditMark::to_text() const {
  std::string text = "1 " + std::to_string(window.time_since_epoch().count()) + ' ';
  text += to_hex(hash);
  text += ' ';
  text += source;
  return text;
}

std::optional<AuditMark> AuditMark::parse(std::string_view text) {
  if (take_word(text) != "1") return std::nullopt;
  const auto window = parse_time(take_word(text));
  const auto digits = take_word(text);
  const auto hash = parse_number<std::uint64_t>(digits, 16);
  if (!window || !hash || digits.size() != 16) return std::nullopt;
  if (text.empty() || text.size() > kMostSource) return std::nullopt;
  return AuditMark{*window, *hash, text};
}

std::vector<AuditDifference> compare(const std::vector<AuditWindow>& sent,
                                     const std::vector<AuditWindow>& received) {
  using Key = std::tuple<std::string, std::string, Timestamp>;
  std::map<Key, std::pair<AuditWindow, AuditWindow>> pairs;
  const auto add = [](AuditWindow& sum, const AuditWindow& window) {
    sum.count += window.count;
    sum.checksum += window.checksum;
    sum.uncertain += window.uncertain;
    sum.altered += window.altered;
  };
  for (const auto& window : sent)
    add(pairs[{window.source, window.topic, window.start}].first, window);
  for (const auto& window : received) {
    add(pairs[{window.source, window.topic, window.start}].second, window);
  }
  std::vector<AuditDifference> differences;
  for (const auto& [key, pair] : pairs) {
    const auto& [there, here] = pair;
    AuditDifference difference{.source = std::get<0>(key),
                               .topic = std::get<1>(key),
                               .start = std::get<2>(key),
                               .altered = here.altered};
    const auto most = there.count + there.uncertain;
    if (here.count < there.count) difference.lost = there.count - here.count;
    if (here.count > most) difference.surplus = here.count - most;
    difference.other_records =
        here.count == there.count && there.uncertain == 0 && here.checksum != there.checksum;
    if (difference.lost + difference.surplus + difference.altered > 0 || difference.other_records) {
      differences.push_back(std::move(difference));
    }
  }
  return differences;
}

}  // namespace ottla::interceptors

namespace ottla {

void Serde<interceptors::AuditWindow>::write(const interceptors::AuditWindow& window, Bytes& out) {
  out += "1 " + std::to_string(window.start.time_since_epoch().count());
  for (const auto number : {window.count, window.checksum, window.uncertain, window.altered}) {
    out += ' ' + std::to_string(number);
  }
  out += ' ' + window.topic + ' ' + window.source;
}

Result<interceptors::AuditWindow> Serde<interceptors::AuditWindow>::read(BytesView in) {
  using interceptors::parse_number;
  using interceptors::take_word;
  if (take_word(in) != "1") return interceptors::malformed();
  interceptors::AuditWindow window;
  const auto start = interceptors::parse_time(take_word(in));
  if (!start) return interceptors::malformed();
  window.start = *start;
  for (auto* number : {&window.count, &window.checksum, &window.uncertain, &window.altered}) {
    const auto read = parse_number<std::uint64_t>(take_word(in));
    if (!read) return interceptors::malformed();
    *number = *read;
  }
  window.topic = take_word(in);
  window.source = in;
  if (window.topic.empty() || window.source.empty()) return interceptors::malformed();
  return window;
}

}  // namespace ottla
