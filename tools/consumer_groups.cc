#include "tools/consumer_groups.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <iostream>
#include <string_view>
#include <utility>

namespace ottla::tools {
namespace {

constexpr const char* kName = kConsumerGroups;

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const auto comma = std::min(text.find(',', at), text.size());
    if (comma > at) parts.emplace_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return parts;
}

bool same_but_for_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

// The values of an enumeration that `text` names, with commas; `last` is the last of them, the
// first one stands for what is not known.
template <class Enum>
Result<std::vector<Enum>> named(const std::string& text, Enum last, const char* flag) {
  std::vector<Enum> found;
  for (const auto& name : split(text)) {
    std::string known;
    bool matches = false;
    for (int i = 1; i <= static_cast<int>(last); ++i) {
      const auto value = static_cast<Enum>(i);
      known += (known.empty() ? "" : ", ") + std::string(to_string(value));
      if (!same_but_for_case(name, to_string(value))) continue;
      found.push_back(value);
      matches = true;
    }
    if (!matches) {
      return Error(ErrorCode::invalid_argument,
                   std::string(flag) + ": there is no '" + name + "'; there are " + known);
    }
  }
  return found;
}

int list_names(Admin& admin, const ConsumerGroupFlags& flags) {
  auto all = flags;
  all.all_groups = true;
  const auto groups = groups_of(admin, all);
  if (!groups) return fail(kName, groups.error());
  std::vector<Row> rows;
  for (const auto& group : *groups) rows.push_back({group});
  if (flags.output == OutputFormat::json) {
    print_table(std::cout, flags.output, {{"GROUP", "group"}}, rows);
  } else {
    for (const auto& group : *groups) std::cout << group << '\n';
  }
  return kSuccess;
}

void print_listings(const ConsumerGroupFlags& flags, const std::vector<GroupListing>& listings) {
  std::size_t longest = 15;
  for (const auto& each : listings) longest = std::max(longest, each.group_id.size());
  std::vector<PaddedColumn> columns = {{"GROUP", "group", longest + 10}};
  if (flags.type) columns.push_back({"TYPE", "type", 20});
  if (flags.state) columns.push_back({"STATE", "state", 20});
  std::vector<Row> rows;
  for (const auto& each : listings) {
    Row row = {each.group_id};
    if (flags.type) row.emplace_back(to_string(each.type));
    if (flags.state) row.emplace_back(to_string(each.state));
    rows.push_back(std::move(row));
  }
  PaddedTables tables(std::cout, flags.output, std::move(columns));
  tables.add(rows, PaddedTables::Lead::none);
  tables.finish();
}

int list(Admin& admin, const ConsumerGroupFlags& flags) {
  if (!flags.state && !flags.type) return list_names(admin, flags);
  auto options = ListGroupsOptions::consumer_groups();
  options.timeout = flags.timeout;
  auto states = named(flags.state.value_or(""), GroupState::not_ready, "--state");
  auto types = named(flags.type.value_or(""), GroupType::streams, "--type");
  if (!states || !types) return fail(kName, (states ? types.error() : states.error()));
  options.states = std::move(*states);
  options.types = std::move(*types);
  const auto brokers = admin.list_groups(options).get();
  if (!brokers) return fail(kName, brokers.error());
  int code = kSuccess;
  std::vector<GroupListing> listings;
  for (const auto& [broker, listed] : *brokers) {
    if (listed) {
      listings.insert(listings.end(), listed->begin(), listed->end());
    } else {
      code = fail(kName, listed.error());
    }
  }
  std::sort(listings.begin(), listings.end(),
            [](const auto& a, const auto& b) { return a.group_id < b.group_id; });
  print_listings(flags, listings);
  return code;
}

// "'a', 'b'"
std::string quoted(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "'" : ", '") + name + "'";
  return text;
}

int remove(Admin& admin, const ConsumerGroupFlags& flags) {
  auto groups = groups_of(admin, flags);
  if (!groups) return fail(kName, groups.error());
  const auto outcomes = admin.delete_consumer_groups(std::move(*groups), flags.options()).get();
  if (!outcomes) return fail(kName, outcomes.error());
  std::vector<std::string> deleted;
  int code = kSuccess;
  for (const auto& [group, error] : *outcomes) {
    if (error) {
      code = fail(kName, "group '" + group + "' could not be deleted: " + error->to_string());
    } else {
      deleted.push_back(group);
    }
  }
  if (code == kSuccess) {
    std::cout << "Deletion of requested consumer groups (" << quoted(deleted)
              << ") was successful.\n";
  } else if (!deleted.empty()) {
    std::cout << "\nThese consumer groups were deleted successfully: " << quoted(deleted) << '\n';
  }
  return code;
}

int delete_offsets(Admin& admin, const ConsumerGroupFlags& flags) {
  if (flags.groups.size() != 1 || flags.topics.empty()) {
    return fail(kName, "--delete-offsets needs one --group, and --topic");
  }
  PartitionOutcomes outcomes;
  auto partitions = partitions_of(admin, flags, &outcomes);
  if (!partitions) return fail(kName, partitions.error());
  auto deleted = admin
                     .delete_consumer_group_offsets(flags.groups.front(), std::move(*partitions),
                                                    flags.options())
                     .get();
  if (!deleted) return fail(kName, deleted.error());
  outcomes.merge(*deleted);
  int code = kSuccess;
  std::vector<Row> rows;
  for (const auto& [partition, error] : outcomes) {
    std::optional<std::int32_t> number;
    if (partition.partition >= 0) number = partition.partition;
    rows.push_back({partition.topic, Cell(number, "-"),
                    error ? "Error: " + error->to_string() : std::string("Successful")});
    if (error) code = kFailure;
  }
  if (code != kSuccess) {
    (void)fail(kName, "some offsets were not deleted; each has its reason");
  } else if (flags.output == OutputFormat::table) {
    std::cout << "Request succeeded for deleting offsets from group " << flags.groups.front()
              << ".\n";
  }
  PaddedTables tables(
      std::cout, flags.output,
      {{"TOPIC", "topic", 15}, {"PARTITION", "partition", 10}, {"STATUS", "status", 15}});
  tables.add(rows);
  tables.finish();
  return code;
}

void add_scope(CLI::App& app, ConsumerGroupFlags& flags) {
  const auto all = CLI::MultiOptionPolicy::TakeAll;
  auto* group = app.add_option("--group", flags.groups, "which; repeatable")
                    ->expected(1)
                    ->multi_option_policy(all);
  app.add_flag("--all-groups", flags.all_groups, "all of them")->excludes(group);
  auto* topic = app.add_option("--topic", flags.topics,
                               "whose offsets; also topic:0,1 for some partitions; repeatable")
                    ->expected(1)
                    ->multi_option_policy(all);
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
  where->add_option("--to-datetime", flags.to_datetime, "YYYY-MM-DDThh:mm:ss.sss, and a zone");
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

Result<std::int32_t> parse_partition(std::string_view text, const std::string& argument) {
  std::int32_t number = -1;
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc() && rest == end && number >= 0) return number;
  return Error(ErrorCode::invalid_argument, "--topic " + argument + ": '" + std::string(text) +
                                                "' is not the number of a partition");
}

}  // namespace

Result<std::vector<std::string>> groups_of(Admin& admin, const ConsumerGroupFlags& flags) {
  if (!flags.all_groups) return flags.groups;
  auto options = ListGroupsOptions::consumer_groups();
  options.timeout = flags.timeout;
  const auto brokers = admin.list_groups(options).get();
  if (!brokers) return brokers.error();
  std::vector<std::string> groups;
  for (const auto& [broker, listed] : *brokers) {
    if (!listed) return listed.error();
    for (const auto& each : *listed) groups.push_back(each.group_id);
  }
  std::sort(groups.begin(), groups.end());
  return groups;
}

Result<std::vector<TopicPartition>> partitions_of(Admin& admin, const ConsumerGroupFlags& flags,
                                                  PartitionOutcomes* missing) {
  std::vector<TopicPartition> partitions;
  std::vector<std::string> whole;
  for (const auto& argument : flags.topics) {
    const auto colon = argument.find(':');
    if (colon == std::string::npos) {
      whole.push_back(argument);
      continue;
    }
    for (const auto& text : split(std::string_view(argument).substr(colon + 1))) {
      const auto number = parse_partition(text, argument);
      if (!number) return number.error();
      partitions.push_back({argument.substr(0, colon), *number});
    }
  }
  if (whole.empty()) return partitions;
  const auto described = admin.describe_topics(std::move(whole), flags.options()).get();
  if (!described) return described.error();
  for (const auto& [name, topic] : *described) {
    if (!topic && missing == nullptr) return topic.error();
    if (!topic) {
      missing->insert_or_assign({name, -1}, topic.error());
      continue;
    }
    for (const auto& each : topic->partitions) partitions.push_back({name, each.partition});
  }
  return partitions;
}

int run_consumer_groups(const Arguments& arguments) {
  ConsumerGroupFlags flags;
  CLI::App app("Lists, describes, resets and deletes consumer groups.", "ottla consumer-groups");
  add_flags(app, flags);
  if (const auto code = parse_flags(app, arguments)) return *code;
  if (!flags.list && flags.groups.empty() && !flags.all_groups) {
    return fail(kName, "--group says which group, or --all-groups");
  }
  auto admin = open_admin(flags.cluster);
  if (!admin) return fail(kName, admin.error());
  if (flags.list) return list(*admin, flags);
  if (flags.describe) return describe_groups(*admin, flags);
  if (flags.remove) return remove(*admin, flags);
  if (flags.reset_offsets) return reset_offsets(*admin, flags);
  return delete_offsets(*admin, flags);
}

}  // namespace ottla::tools
