#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "ottla/record.h"
#include "ottla/result.h"
#include "ottla/types.h"

// What `ottla consumer-groups --reset-offsets` reads and writes.
namespace ottla::tools {

using Offsets = std::map<TopicPartition, std::int64_t>;
using ResetPlan = std::map<std::string, Offsets>;  // by group

// Lines of topic,partition,offset, which need `only_group` (empty: there is none), or of
// group,topic,partition,offset. A value may stand in quotes, and a quote in it twice. Error:
// invalid_argument, naming the line.
Result<ResetPlan> parse_plan(std::string_view csv, const std::string& only_group);

// The same back; without the groups if `with_groups` is not set.
std::string to_csv(const ResetPlan& plan, bool with_groups);

// "2026-11-30T12:00:00.000" in UTC, or with a zone: Z, +01, +0100, +01:00. Digits of the
// second may be left out. Error: invalid_argument.
Result<Timestamp> parse_datetime(const std::string& text);

// ISO 8601, of days and less: "P1DT2H3M4.5S". Error: invalid_argument.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace ottla::tools
