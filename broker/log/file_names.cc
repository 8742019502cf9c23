#include "broker/log/file_names.h"

#include <algorithm>
#include <charconv>

namespace ottla::broker {
namespace {

constexpr std::size_t kOffsetDigits = 20;
constexpr std::size_t kMaxNameLength = 255;

std::string hex(std::uint64_t value) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text(16, '0');
  for (auto at = text.rbegin(); at != text.rend(); ++at, value >>= 4) *at = digits[value & 15];
  return text;
}

std::string renamed(const TopicPartition& partition, const protocol::Uuid& unique,
                    std::string_view suffix) {
  std::string end = "-" + std::to_string(partition.partition) + "." + hex(unique.high) +
                    hex(unique.low) + std::string(suffix);
  return partition.topic.substr(0, kMaxNameLength - end.size()) + end;
}

}  // namespace

std::string segment_file_name(Offset base_offset, std::string_view suffix) {
  std::string digits = std::to_string(base_offset.value);
  std::string name(kOffsetDigits - std::min(kOffsetDigits, digits.size()), '0');
  return name.append(digits).append(suffix);
}

std::optional<Offset> parse_segment_file_name(std::string_view name, std::string_view suffix) {
  if (name.size() != kOffsetDigits + suffix.size() || !name.ends_with(suffix)) return {};
  const char* end = name.data() + kOffsetDigits;
  if (!std::all_of(name.data(), end, [](char c) { return c >= '0' && c <= '9'; })) return {};
  std::int64_t offset = 0;
  const auto [rest, error] = std::from_chars(name.data(), end, offset);
  if (error != std::errc() || rest != end) return {};
  return Offset(offset);
}

LogDirectoryName parse_log_directory_name(std::string_view name) {
  using Kind = LogDirectoryName::Kind;
  const bool unique = name.find('.') != std::string_view::npos;
  if (unique && name.ends_with("-delete")) return {Kind::deleted, {}};
  if (unique && name.ends_with("-future")) return {Kind::future, {}};
  if (unique && name.ends_with("-stray")) return {Kind::stray, {}};
  const auto dash = name.rfind('-');
  if (dash == std::string_view::npos || dash == 0 || dash + 1 == name.size()) return {};
  std::int32_t partition = 0;
  const char* end = name.data() + name.size();
  const auto [rest, error] = std::from_chars(name.data() + dash + 1, end, partition);
  if (error != std::errc() || rest != end || partition < 0) return {};
  return {Kind::log, {std::string(name.substr(0, dash)), partition}};
}

std::string log_directory_name(const TopicPartition& partition) {
  return partition.topic + "-" + std::to_string(partition.partition);
}

std::string deleted_directory_name(const TopicPartition& partition, const protocol::Uuid& unique) {
  return renamed(partition, unique, "-delete");
}

std::string stray_directory_name(const TopicPartition& partition, const protocol::Uuid& unique) {
  return renamed(partition, unique, "-stray");
}

}  // namespace ottla::broker
