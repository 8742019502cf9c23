#include <algorithm>
#include <iostream>
#include <map>
#include <set>
#include <utility>

#include "tools/consumer_groups.h"

// What `ottla consumer-groups --describe` prints.
namespace ottla::tools {
namespace {

constexpr const char* kName = kConsumerGroups;

const Cell kNone(nullptr, "-");

// Says on stderr what the reader of a table should know of the group.
void warn_of_state(const GroupDescription& group) {
  switch (group.state) {
    case GroupState::empty:
      std::cerr << "\nConsumer group '" << group.group_id << "' has no active members.\n";
      break;
    case GroupState::preparing_rebalance:
    case GroupState::completing_rebalance:
    case GroupState::assigning:
    case GroupState::reconciling:
      std::cerr << "\nWarning: Consumer group '" << group.group_id << "' is rebalancing.\n";
      break;
    default:
      break;
  }
}

struct Described {
  std::vector<GroupDescription> groups;  // by name
  int code = kSuccess;                   // kFailure if there are some that could not be described
};

// What brokers list of the groups that they could not describe; that is only told on top.
std::map<std::string, GroupListing> listed_instead(Admin& admin, const ConsumerGroupFlags& flags,
                                                   const GroupDescriptions& groups) {
  const bool missing = std::any_of(groups.begin(), groups.end(), [](const auto& each) {
    return !each.second && each.second.error().code() == ErrorCode::group_id_not_found;
  });
  if (!missing) return {};
  auto listed = list_all_groups(admin, flags);
  return listed ? std::move(*listed) : std::map<std::string, GroupListing>();
}

Result<Described> described(Admin& admin, const ConsumerGroupFlags& flags) {
  auto names = groups_of(admin, flags);
  if (!names) return names.error();
  auto groups = admin.describe_consumer_groups(std::move(*names), flags.options()).get();
  if (!groups) return groups.error();
  const auto listed = listed_instead(admin, flags, *groups);
  Described all;
  for (auto& [name, group] : *groups) {
    if (group) {
      all.groups.push_back(std::move(*group));
      continue;
    }
    std::optional<GroupListing> known;
    if (const auto found = listed.find(name); found != listed.end()) known = found->second;
    all.code = fail(kName, not_described(group.error(), known));
  }
  return all;
}

// What the groups have committed, and the ends of all partitions that matter.
struct Progress {
  std::map<std::string, CommittedOffsets> committed;
  std::map<TopicPartition, std::int64_t> ends;  // those that are known
};

// The ends that can be had; says why others cannot.
void find_ends(Admin& admin, const ConsumerGroupFlags& flags,
               std::map<TopicPartition, OffsetSpec> partitions, Progress& progress,
               Described& all) {
  const auto ends = admin.list_offsets(std::move(partitions), {.timeout = flags.timeout}).get();
  if (!ends) {
    all.code = fail(kName, "no log end offsets are known: " + ends.error().to_string());
    return;
  }
  for (const auto& [partition, end] : *ends) {
    if (!end) {
      all.code = fail(kName, "the log end offset of " + to_string(partition) +
                                 " is not known: " + end.error().to_string());
    } else if (end->offset) {
      progress.ends[partition] = *end->offset;
    }
  }
}

Result<Progress> progress_of(Admin& admin, const ConsumerGroupFlags& flags, Described& all) {
  GroupsToList wanted;
  for (const auto& group : all.groups) wanted[group.group_id];
  const auto listed =
      admin.list_consumer_group_offsets(std::move(wanted), {.timeout = flags.timeout}).get();
  if (!listed) return listed.error();
  Progress progress;
  std::map<TopicPartition, OffsetSpec> partitions;
  for (const auto& [group, offsets] : *listed) {
    if (!offsets) {
      all.code = fail(kName, offsets.error());
      continue;
    }
    progress.committed[group] = *offsets;
    for (const auto& [id, unused] : *offsets) partitions.emplace(id, OffsetSpec::latest());
  }
  for (const auto& group : all.groups) {
    for (const auto& member : group.members) {
      for (const auto& id : member.assignment) partitions.emplace(id, OffsetSpec::latest());
    }
  }
  find_ends(admin, flags, std::move(partitions), progress, all);
  return progress;
}

// One partition of a group; `member` is who reads it, or null.
Row offset_row(const ConsumerGroupFlags& flags, const std::string& group,
               const TopicPartition& partition, const Progress& progress,
               const MemberDescription* member) {
  const auto& committed = progress.committed.at(group);
  std::optional<std::int64_t> offset;
  std::optional<std::int32_t> leader_epoch;
  if (const auto found = committed.find(partition); found != committed.end()) {
    offset = found->second.offset;
    if (found->second.leader_epoch >= 0) leader_epoch = found->second.leader_epoch;
  }
  std::optional<std::int64_t> end;
  const auto found = progress.ends.find(partition);
  if (found != progress.ends.end()) end = found->second;
  std::optional<std::int64_t> lag;
  if (offset && end) lag = *end - *offset;
  Row row = {group, partition.topic, partition.partition};
  if (flags.verbose) row.emplace_back(leader_epoch, "-");
  row.insert(
      row.end(),
      {Cell(offset, "-"), Cell(end, "-"), Cell(lag, "-"), member ? Cell(member->member_id) : kNone,
       member ? Cell(member->client_host) : kNone, member ? Cell(member->client_id) : kNone});
  return row;
}

// Members with many partitions come first, what nobody reads last.
std::vector<Row> offset_rows(const ConsumerGroupFlags& flags, const GroupDescription& group,
                             const Progress& progress) {
  auto members = group.members;
  std::stable_sort(members.begin(), members.end(), [](const auto& a, const auto& b) {
    return a.assignment.size() > b.assignment.size();
  });
  std::vector<Row> rows;
  std::set<TopicPartition> read;
  for (const auto& member : members) {
    for (const auto& partition : member.assignment) {
      read.insert(partition);
      rows.push_back(offset_row(flags, group.group_id, partition, progress, &member));
    }
  }
  for (const auto& [partition, unused] : progress.committed.at(group.group_id)) {
    if (read.contains(partition)) continue;
    rows.push_back(offset_row(flags, group.group_id, partition, progress, nullptr));
  }
  return rows;
}

int describe_offsets(Admin& admin, const ConsumerGroupFlags& flags, Described all) {
  const auto progress = progress_of(admin, flags, all);
  if (!progress) return fail(kName, progress.error());
  std::vector<PaddedColumn> columns = {
      {"GROUP", "group", 15}, {"TOPIC", "topic", 15}, {"PARTITION", "partition", 10}};
  if (flags.verbose) columns.push_back({"LEADER-EPOCH", "leaderEpoch", 15});
  columns.insert(columns.end(), {{"CURRENT-OFFSET", "currentOffset", 15},
                                 {"LOG-END-OFFSET", "logEndOffset", 15},
                                 {"LAG", "lag", 15},
                                 {"CONSUMER-ID", "consumerId", 15},
                                 {"HOST", "host", 15},
                                 {"CLIENT-ID", "clientId", 0}});
  PaddedTables tables(std::cout, flags.output, std::move(columns));
  for (const auto& group : all.groups) {
    if (!progress->committed.contains(group.group_id)) continue;
    warn_of_state(group);
    const auto rows = offset_rows(flags, group, *progress);
    if (!rows.empty()) tables.add(rows);
  }
  tables.finish();
  return all.code;
}

// "lines:0,1;words:3", and an object of arrays.
Cell assignment_cell(const std::vector<TopicPartition>& assignment) {
  boost::json::object object;
  std::string text;
  for (const auto& [topic, partition] : assignment) {
    if (!object.contains(topic)) {
      text += (text.empty() ? "" : ";") + topic + ":";
      object[topic] = boost::json::array();
    } else {
      text += ',';
    }
    text += std::to_string(partition);
    object[topic].as_array().push_back(partition);
  }
  return {std::move(object), text.empty() ? "-" : text};
}

// Of groups whose coordinator assigns (KIP-848).
Cell epoch_cell(std::int32_t epoch) {
  return epoch < 0 ? kNone : Cell(epoch);
}

bool has_static_members(const std::vector<GroupDescription>& groups) {
  return std::any_of(groups.begin(), groups.end(), [](const auto& group) {
    return std::any_of(group.members.begin(), group.members.end(),
                       [](const auto& member) { return member.group_instance_id.has_value(); });
  });
}

std::vector<PaddedColumn> member_columns(const ConsumerGroupFlags& flags, bool with_instance_ids) {
  std::vector<PaddedColumn> columns = {{"GROUP", "group", 15}, {"CONSUMER-ID", "consumerId", 15}};
  if (with_instance_ids) columns.push_back({"GROUP-INSTANCE-ID", "groupInstanceId", 17});
  columns.insert(
      columns.end(),
      {{"HOST", "host", 15}, {"CLIENT-ID", "clientId", 15}, {"#PARTITIONS", "partitions", 15}});
  if (!flags.verbose) {
    columns.push_back({"", "", 0});
  } else {
    columns.insert(columns.end(), {{"CURRENT-EPOCH", "currentEpoch", 15},
                                   {"CURRENT-ASSIGNMENT", "currentAssignment", 20},
                                   {"TARGET-EPOCH", "targetEpoch", 15},
                                   {"TARGET-ASSIGNMENT", "targetAssignment", 20}});
  }
  return columns;
}

int describe_members(const ConsumerGroupFlags& flags, const Described& all) {
  // Kafka's script has the column in the tables of groups with static members; JSON has it always.
  const bool json = flags.output == OutputFormat::json;
  PaddedTables together(std::cout, flags.output, member_columns(flags, true));
  for (const auto& group : all.groups) {
    warn_of_state(group);
    const bool with_instance_ids = json || has_static_members({group});
    std::vector<Row> rows;
    for (const auto& member : group.members) {
      Row row = {group.group_id, member.member_id};
      if (with_instance_ids) row.emplace_back(member.group_instance_id, "");
      row.insert(row.end(), {member.client_host, member.client_id, member.assignment.size()});
      if (flags.verbose) {
        const bool has_target = group.type == GroupType::consumer;
        row.insert(row.end(), {epoch_cell(member.member_epoch), assignment_cell(member.assignment),
                               epoch_cell(group.target_assignment_epoch),
                               has_target ? assignment_cell(member.target_assignment) : kNone});
      } else {
        row.emplace_back(std::string());
      }
      rows.push_back(std::move(row));
    }
    if (json) {
      together.add(rows);
    } else {
      PaddedTables(std::cout, flags.output, member_columns(flags, with_instance_ids)).add(rows);
    }
  }
  together.finish();
  return all.code;
}

int describe_states(const ConsumerGroupFlags& flags, const Described& all) {
  std::vector<PaddedColumn> columns = {{"GROUP", "group", 15},
                                       {"COORDINATOR (ID)", "coordinator", 25},
                                       {"ASSIGNMENT-STRATEGY", "assignmentStrategy", 20},
                                       {"STATE", "state", 20}};
  if (flags.verbose) {
    columns.insert(columns.end(), {{"GROUP-EPOCH", "groupEpoch", 15},
                                   {"TARGET-ASSIGNMENT-EPOCH", "targetAssignmentEpoch", 25}});
  }
  columns.push_back({"#MEMBERS", "members", 0});
  PaddedTables tables(std::cout, flags.output, std::move(columns));
  for (const auto& group : all.groups) {
    warn_of_state(group);
    const auto& at = group.coordinator;
    const boost::json::object coordinator{{"id", at.id}, {"host", at.host}, {"port", at.port}};
    Row row = {group.group_id,
               Cell(coordinator,
                    at.host + ":" + std::to_string(at.port) + "  (" + std::to_string(at.id) + ")"),
               group.partition_assignor.empty() ? kNone : Cell(group.partition_assignor),
               to_string(group.state)};
    if (flags.verbose) {
      row.insert(row.end(),
                 {epoch_cell(group.group_epoch), epoch_cell(group.target_assignment_epoch)});
    }
    row.emplace_back(group.members.size());
    tables.add({row});
  }
  tables.finish();
  return all.code;
}

}  // namespace

int describe_groups(Admin& admin, const ConsumerGroupFlags& flags) {
  auto all = described(admin, flags);
  if (!all) return fail(kName, all.error());
  if (flags.members) return describe_members(flags, *all);
  if (flags.state) return describe_states(flags, *all);
  return describe_offsets(admin, flags, std::move(*all));
}

}  // namespace ottla::tools
