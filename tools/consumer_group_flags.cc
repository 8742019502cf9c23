#include "tools/consumer_group_flags.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace ottla::tools {
namespace {

constexpr const char* kName = kConsumerGroups;

void add_scope(CLI::App& app, ConsumerGroupFlags& flags) {
  const auto all = CLI::MultiOptionPolicy::TakeAll;
  auto* group = app.add_option("--group", flags.groups, "which; repeatable")
                    ->expected(1)
                    ->multi_option_policy(all);
  app.add_flag("--all-groups", flags.all_groups, "all of them")->excludes(group);
  const auto fault_in_topic = [](const std::string& text) {
    const auto parsed = parse_topic(text);
    return parsed ? std::string() : parsed.error().to_string();
  };
  auto* topic = app.add_option("--topic", flags.topics,
                               "whose offsets; also topic:0,1 for some partitions; repeatable")
                    ->expected(1)
                    ->multi_option_policy(all)
                    ->check(fault_in_topic);
  app.add_flag("--all-topics", flags.all_topics, "all that the group has committed")
      ->excludes(topic);
}

void add_views(CLI::App& app, ConsumerGroupFlags& flags) {
  auto* what = app.add_option_group("what --describe tells");
  what->add_flag("--offsets", flags.offsets, "offsets and lag of each partition (default)");
  what->add_flag("--members", flags.members, "the members");
  what->add_option("--state", flags.state,
                   "the group; with --list: each group's state, or those in these states")
      ->expected(0, 1);
  what->require_option(0, 1);
  app.add_option("--type", flags.type, "with --list: each group's type, or those of these types")
      ->expected(0, 1);
  app.add_flag("--verbose", flags.verbose, "more of it");
}

void add_places(CLI::App& app, ConsumerGroupFlags& flags) {
  auto* where = app.add_option_group("where --reset-offsets goes");
  where->add_flag("--to-earliest", flags.to_earliest, "to the first record");
  where->add_flag("--to-latest", flags.to_latest, "behind the last record");
  where->add_flag("--to-current", flags.to_current, "to what is committed, else to the latest");
  where->add_option("--to-offset", flags.to_offset, "to this offset");
  where->add_option("--shift-by", flags.shift_by, "on by so many, or back");
  where->add_option("--to-datetime", flags.to_datetime,
                    "YYYY-MM-DDThh:mm:ss.sss, in UTC or with a zone");
  where->add_option("--by-duration", flags.by_duration, "back from now: PnDTnHnMnS");
  where->add_option("--from-file", flags.from_file,
                    "to what a CSV file says: topic,partition,offset, of several groups with the "
                    "group before it");
  where->require_option(0, 1);
  auto* dry = app.add_flag("--dry-run", flags.dry_run, "only say what would be (default)");
  app.add_flag("--execute", flags.execute, "do it")->excludes(dry);
  app.add_flag("--export", flags.export_csv, "print the offsets as CSV");
}

void add_flags(CLI::App& app, ConsumerGroupFlags& flags) {
  flags.cluster.add_to(app);
  add_output_flag(app, flags.output);
  auto* what = app.add_option_group("what to do");
  what->add_flag("--list", flags.list, "print the names of all consumer groups");
  what->add_flag("--describe", flags.describe, "print members, offsets and lag of groups");
  what->add_flag("--delete", flags.remove, "delete groups and what they have committed");
  what->add_flag("--reset-offsets", flags.reset_offsets, "move groups without members");
  what->add_flag("--delete-offsets", flags.delete_offsets, "take commits back");
  what->require_option(1);
  add_scope(app, flags);
  add_views(app, flags);
  add_places(app, flags);
  const auto set_timeout = [&flags](std::int64_t ms) {
    flags.timeout = std::chrono::milliseconds(ms);
  };
  app.add_option_function<std::int64_t>("--timeout", set_timeout, "ms for each call (30000)");
}

struct Action {
  std::string_view flag;
  std::string_view scope;                // what it is about, for who expects something else
  std::vector<std::string_view> heeded;  // beside the flags of every action
};

const std::vector<Action>& actions() {
  static const std::vector<Action> all = {
      {"--list", "all groups", {"--state", "--type"}},
      {"--describe",
       "all that a group reads",
       {"--group", "--all-groups", "--offsets", "--members", "--state", "--verbose"}},
      {"--delete",
       "whole groups; --delete-offsets deletes what a group has committed of a topic",
       {"--group", "--all-groups"}},
      {"--reset-offsets",
       "what groups have committed",
       {"--group", "--all-groups", "--topic", "--all-topics", "--to-earliest", "--to-latest",
        "--to-current", "--to-offset", "--shift-by", "--to-datetime", "--by-duration",
        "--from-file", "--dry-run", "--execute", "--export"}},
      {"--delete-offsets", "what one group has committed of topics", {"--group", "--topic"}},
  };
  return all;
}

bool heeds(const Action& action, std::string_view flag) {
  return std::find(action.heeded.begin(), action.heeded.end(), flag) != action.heeded.end();
}

// "--describe, --reset-offsets"
std::string those_that_heed(std::string_view flag) {
  std::string names;
  for (const auto& action : actions()) {
    if (heeds(action, flag)) names += (names.empty() ? "" : ", ") + std::string(action.flag);
  }
  return names;
}

// What the action would not heed.
std::optional<std::string> fault_in_action(const CLI::App& app) {
  const auto given = [&app](std::string_view flag) { return app.count(std::string(flag)) > 0; };
  const auto chosen = std::find_if(actions().begin(), actions().end(),
                                   [&](const auto& action) { return given(action.flag); });
  if (chosen == actions().end()) return std::nullopt;
  for (const auto& other : actions()) {
    for (const auto flag : other.heeded) {
      if (!given(flag) || heeds(*chosen, flag)) continue;
      return std::string(flag) + " is for " + those_that_heed(flag) + ", not for " +
             std::string(chosen->flag) + ", which is about " + std::string(chosen->scope);
    }
  }
  return std::nullopt;
}

// What a reset lacks.
std::optional<std::string> fault_in_reset_flags(const ConsumerGroupFlags& flags) {
  const bool place = flags.to_earliest || flags.to_latest || flags.to_current || flags.to_offset ||
                     flags.shift_by || !flags.to_datetime.empty() || !flags.by_duration.empty();
  if (!place && flags.from_file.empty()) {
    return "--reset-offsets needs one of --to-earliest, --to-latest, --to-current, --to-offset, "
           "--shift-by, --to-datetime, --by-duration and --from-file";
  }
  if (place && flags.topics.empty() && !flags.all_topics) {
    return "--reset-offsets needs --topic or --all-topics";
  }
  return std::nullopt;
}

// What is wrong with flags that are right alone.
std::optional<std::string> fault_in(const CLI::App& app, const ConsumerGroupFlags& flags) {
  if (auto fault = fault_in_action(app)) return fault;
  if (flags.delete_offsets && (flags.groups.size() != 1 || flags.topics.empty())) {
    return "--delete-offsets needs one --group, and --topic";
  }
  if (!flags.list && flags.groups.empty() && !flags.all_groups) {
    return "--group says which group, or --all-groups";
  }
  if (flags.describe && !flags.state.value_or("").empty()) {
    return "with --describe, --state has no value";
  }
  if (flags.reset_offsets) return fault_in_reset_flags(flags);
  return std::nullopt;
}

Result<std::int32_t> parse_partition(std::string_view text, const std::string& argument) {
  std::int32_t number = -1;
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc() && rest == end && number >= 0) return number;
  return Error(ErrorCode::invalid_argument, "--topic " + argument + ": '" + std::string(text) +
                                                "' is not the number of a partition");
}

}  // namespace

Result<TopicScope> parse_topic(const std::string& argument) {
  const auto colon = std::min(argument.find(':'), argument.size());
  TopicScope scope{.topic = argument.substr(0, colon)};
  if (scope.topic.empty()) {
    return Error(ErrorCode::invalid_argument, "--topic " + argument + ": there is no topic in it");
  }
  for (auto at = colon; at < argument.size();) {
    const auto end = std::min(argument.find(',', at + 1), argument.size());
    const auto number =
        parse_partition(std::string_view(argument).substr(at + 1, end - at - 1), argument);
    if (!number) return number.error();
    scope.partitions.push_back(*number);
    at = end;
  }
  return scope;
}

std::optional<int> read_flags(const Arguments& arguments, ConsumerGroupFlags& flags) {
  CLI::App app("Lists, describes, resets and deletes consumer groups.", "ottla consumer-groups");
  add_flags(app, flags);
  if (const auto code = parse_flags(app, arguments)) return code;
  // One that is named twice is not to be shifted twice.
  std::sort(flags.groups.begin(), flags.groups.end());
  flags.groups.erase(std::unique(flags.groups.begin(), flags.groups.end()), flags.groups.end());
  const auto fault = fault_in(app, flags);
  if (!fault) return std::nullopt;
  (void)fail(kName, *fault);
  return kUsage;
}

}  // namespace ottla::tools
