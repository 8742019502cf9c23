#include "tools/partition_filter.h"

#include <re2/re2.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include "tools/words.h"

namespace ottla::tools {
namespace {

// Behind all partitions.
constexpr std::int64_t kEnd = std::int64_t{std::numeric_limits<std::int32_t>::max()} + 1;

Result<std::shared_ptr<const re2::RE2>> pattern_of(std::string_view topic) {
  if (topic.empty()) topic = ".*";
  auto pattern = std::make_shared<const re2::RE2>(re2::StringPiece(topic.data(), topic.size()),
                                                  re2::RE2::Quiet);
  if (pattern->ok()) return pattern;
  return Error(ErrorCode::invalid_argument, "the pattern of topics '" + std::string(topic) +
                                                "' is not well-formed: " + pattern->error());
}

std::optional<std::int64_t> number_in(std::string_view text) {
  std::int32_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || at != end || number < 0) return std::nullopt;
  return number;
}

bool matches(const re2::RE2& pattern, std::string_view topic) {
  return re2::RE2::FullMatch(re2::StringPiece(topic.data(), topic.size()), pattern);
}

}  // namespace

Result<PartitionFilter> PartitionFilter::parse(std::string_view list) {
  PartitionFilter filter;
  for (const auto& part : split(list, ',')) {
    auto rule = rule_of(part);
    if (!rule) return rule.error();
    filter.rules_.push_back(std::move(*rule));
  }
  return filter;
}

Result<PartitionFilter::Rule> PartitionFilter::rule_of(std::string_view part) {
  const auto malformed = [&part] {
    return Error(ErrorCode::invalid_argument,
                 "'" + std::string(part) +
                     "' is not of the form TOPIC:PARTITIONS, where PARTITIONS is a number, FROM-, "
                     "-END or FROM-END");
  };
  const auto colon = std::min(part.find(':'), part.size());
  const auto partitions = part.substr(std::min(colon + 1, part.size()));
  const auto dash = partitions.find('-');
  Range range{0, kEnd};
  const auto read = [](std::string_view text, std::int64_t& into) {
    if (text.empty()) return true;
    const auto number = number_in(text);
    if (number) into = *number;
    return number.has_value();
  };
  if (dash == std::string_view::npos) {
    if (!read(partitions, range.from)) return malformed();
    if (!partitions.empty()) range.end = range.from + 1;
  } else if (!read(partitions.substr(0, dash), range.from) ||
             !read(partitions.substr(dash + 1), range.end)) {
    return malformed();
  }
  auto topic = pattern_of(part.substr(0, colon));
  if (!topic) return topic.error();
  return Rule{std::move(*topic), {range}};
}

Result<PartitionFilter> PartitionFilter::parse(std::string_view topics, std::string_view numbers) {
  std::string either(topics);
  std::replace(either.begin(), either.end(), ',', '|');
  auto topic = pattern_of(either);
  if (!topic) return topic.error();
  Rule rule{std::move(*topic), {}};
  for (const auto& text : split(numbers, ',')) {
    if (text.empty()) continue;
    const auto number = number_in(text);
    if (!number) {
      return Error(ErrorCode::invalid_argument, "'" + std::string(text) + "' in '" +
                                                    std::string(numbers) +
                                                    "' is no number of a partition");
    }
    rule.ranges.push_back({*number, *number + 1});
  }
  if (rule.ranges.empty()) rule.ranges.push_back({0, kEnd});
  PartitionFilter filter;
  filter.rules_.push_back(std::move(rule));
  return filter;
}

bool PartitionFilter::has_topic(std::string_view topic) const {
  return std::any_of(rules_.begin(), rules_.end(),
                     [&](const Rule& rule) { return matches(*rule.topic, topic); });
}

bool PartitionFilter::has(const TopicPartition& partition) const {
  const auto in = [&](const Range& range) {
    return partition.partition >= range.from && partition.partition < range.end;
  };
  return std::any_of(rules_.begin(), rules_.end(), [&](const Rule& rule) {
    return std::any_of(rule.ranges.begin(), rule.ranges.end(), in) &&
           matches(*rule.topic, partition.topic);
  });
}

}  // namespace ottla::tools
