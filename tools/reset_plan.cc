#include "tools/reset_plan.h"

#include <charconv>
#include <optional>
#include <regex>
#include <utility>
#include <vector>

namespace ottla::tools {
namespace {

using std::chrono::milliseconds;

Error invalid(std::string message) {
  return {ErrorCode::invalid_argument, std::move(message)};
}

// The values of a line; none if a quote is not closed or something follows it.
std::optional<std::vector<std::string>> values_of(std::string_view line) {
  std::vector<std::string> values;
  for (std::size_t at = 0;; ++at) {
    std::string value;
    if (at < line.size() && line[at] == '"') {
      for (++at;; ++at) {
        if (at >= line.size()) return std::nullopt;
        if (line[at] != '"') {
          value += line[at];
        } else if (at + 1 < line.size() && line[at + 1] == '"') {
          value += line[++at];
        } else {
          break;
        }
      }
      ++at;
      if (at < line.size() && line[at] != ',') return std::nullopt;
    } else {
      const auto end = std::min(line.find(',', at), line.size());
      value = line.substr(at, end - at);
      at = end;
    }
    values.push_back(std::move(value));
    if (at >= line.size()) return values;
  }
}

template <class Number>
std::optional<Number> number_in(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  Number number = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || rest != end || number < 0) return std::nullopt;
  return number;
}

Result<void> add(std::vector<std::string> values, const std::string& only_group, ResetPlan& plan) {
  if (values.size() == 3) {
    if (only_group.empty()) return invalid("without a group, it needs exactly one --group");
    values.insert(values.begin(), only_group);
  }
  if (values.size() != 4) return invalid("it is not [group,]topic,partition,offset");
  const auto partition = number_in<std::int32_t>(values[2]);
  const auto offset = number_in<std::int64_t>(values[3]);
  if (!partition) return invalid("'" + values[2] + "' is not a partition");
  if (!offset) return invalid("'" + values[3] + "' is not an offset");
  plan[values[0]][{values[1], *partition}] = *offset;
  return {};
}

std::string quoted(const std::string& value) {
  if (value.find_first_of(",\"\r\n") == std::string::npos) return value;
  std::string text = "\"";
  for (const auto letter : value) {
    if (letter == '"') text += '"';
    text += letter;
  }
  return text + '"';
}

int int_of(const std::string& text) {
  return text.empty() ? 0 : std::stoi(text);  // a few digits, by the pattern
}

// How far a zone is east of Greenwich; none is UTC, as for Kafka's tools.
std::chrono::minutes zone_of(const std::smatch& found) {
  if (found[9].str().empty()) return {};
  const std::chrono::minutes east(int_of(found[10]) * 60 + int_of(found[11]));
  return found[9] == "-" ? -east : east;
}

}  // namespace

Result<ResetPlan> parse_plan(std::string_view csv, const std::string& only_group) {
  ResetPlan plan;
  std::size_t number = 0;
  for (std::size_t at = 0; at < csv.size();) {
    const auto end = std::min(csv.find('\n', at), csv.size());
    auto line = csv.substr(at, end - at);
    at = end + 1;
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    auto values = values_of(line);
    const auto added = values ? add(std::move(*values), only_group, plan)
                              : Result<void>(invalid("a quote is not closed"));
    if (!added) {
      return invalid("line " + std::to_string(number) + ": " + added.error().message());
    }
  }
  return plan;
}

std::string to_csv(const ResetPlan& plan, bool with_groups) {
  std::string csv;
  for (const auto& [group, offsets] : plan) {
    for (const auto& [partition, offset] : offsets) {
      if (with_groups) csv += quoted(group) + ",";
      csv += quoted(partition.topic) + "," + std::to_string(partition.partition) + "," +
             std::to_string(offset) + "\n";
    }
  }
  return csv;
}

Result<Timestamp> parse_datetime(const std::string& text) {
  static const std::regex pattern(
      R"((\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,3})\d*)?(Z|([+-])(\d\d):?(\d\d)?)?)");
  std::smatch found;
  if (text.size() > 64 || !std::regex_match(text, found, pattern)) {
    return invalid("'" + text + "' is not a time as in 2026-11-30T12:00:00.000 or with a zone");
  }
  const std::chrono::year_month_day date{std::chrono::year(int_of(found[1])),
                                         std::chrono::month(unsigned(int_of(found[2]))),
                                         std::chrono::day(unsigned(int_of(found[3])))};
  if (!date.ok() || int_of(found[4]) > 23 || int_of(found[5]) > 59 || int_of(found[6]) > 59) {
    return invalid("there is no time " + text);
  }
  const milliseconds fraction(int_of((found[7].str() + "000").substr(0, 3)));
  const auto time = std::chrono::hours(int_of(found[4])) + std::chrono::minutes(int_of(found[5])) +
                    std::chrono::seconds(int_of(found[6]));
  return Timestamp(std::chrono::sys_days(date).time_since_epoch() + time + fraction -
                   zone_of(found));
}

Result<milliseconds> parse_duration(std::string_view text) {
  static const std::regex pattern(
      R"(P(?:(\d{1,5})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,7})M)?(?:(\d{1,8})(?:\.(\d{1,3})\d*)?S)?)?)");
  const std::string whole(text);
  std::smatch found;
  if (whole.size() > 64 || !std::regex_match(whole, found, pattern) || whole.ends_with('P') ||
      whole.ends_with('T')) {
    return invalid("'" + whole + "' is not a duration as in P1DT2H3M4.5S");
  }
  return milliseconds(int_of((found[5].str() + "000").substr(0, 3))) +
         std::chrono::hours(24) * int_of(found[1]) + std::chrono::hours(int_of(found[2])) +
         std::chrono::minutes(int_of(found[3])) + std::chrono::seconds(int_of(found[4]));
}

}  // namespace ottla::tools
