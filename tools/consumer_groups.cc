#include "tools/consumer_groups.h"

#include <algorithm>
#include <cctype>
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
  // A group that moves between two brokers meanwhile can be in both lists.
  std::sort(groups.begin(), groups.end());
  groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
  return groups;
}

Result<std::map<std::string, GroupListing>> list_all_groups(Admin& admin,
                                                            const ConsumerGroupFlags& flags) {
  const auto brokers = admin.list_groups({.timeout = flags.timeout}).get();
  if (!brokers) return brokers.error();
  std::map<std::string, GroupListing> groups;
  for (const auto& [broker, listed] : *brokers) {
    if (!listed) return listed.error();
    for (const auto& each : *listed) groups.insert_or_assign(each.group_id, each);
  }
  return groups;
}

Error not_described(const Error& told, const std::optional<GroupListing>& listed) {
  if (!listed || listed->type == GroupType::unknown || listed->type == GroupType::classic) {
    return told;
  }
  return {ErrorCode::unsupported_version,
          "group '" + listed->group_id + "' is there, but of type " +
              std::string(to_string(listed->type)) + ", which this version cannot describe"};
}

std::optional<Error> fault_in_reset(const std::string& group, GroupState state) {
  if (state == GroupState::empty) return std::nullopt;
  return Error(ErrorCode::non_empty_group,
               "group '" + group + "' can only be reset while it is inactive; its state is " +
                   std::string(to_string(state)));
}

Result<std::vector<TopicPartition>> partitions_of(Admin& admin, const ConsumerGroupFlags& flags,
                                                  PartitionOutcomes* missing) {
  std::vector<TopicPartition> partitions;
  std::vector<std::string> whole;
  for (const auto& argument : flags.topics) {
    auto scope = parse_topic(argument);
    if (!scope) return scope.error();
    for (const auto number : scope->partitions) partitions.push_back({scope->topic, number});
    if (scope->partitions.empty()) whole.push_back(std::move(scope->topic));
  }
  if (whole.empty()) return partitions;
  DescribeTopicsOptions options;
  options.timeout = flags.options().timeout;
  const auto described = admin.describe_topics(std::move(whole), options).get();
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
  if (const auto code = read_flags(arguments, flags)) return *code;
  auto admin = open_admin(flags.cluster);
  if (!admin) return fail(kName, admin.error());
  if (flags.list) return list(*admin, flags);
  if (flags.describe) return describe_groups(*admin, flags);
  if (flags.remove) return remove(*admin, flags);
  if (flags.reset_offsets) return reset_offsets(*admin, flags);
  return delete_offsets(*admin, flags);
}

}  // namespace ottla::tools
