#include <algorithm>
#include <fstream>
#include <iostream>
#include <limits>
#include <sstream>
#include <utility>

#include "tools/consumer_groups.h"
#include "tools/reset_plan.h"

// `ottla consumer-groups --reset-offsets`.
namespace ottla::tools {
namespace {

constexpr const char* kName = kConsumerGroups;

// One reset of several groups: what the flags mean, asked of the cluster where that is needed.
class Reset {
 public:
  Reset(Admin& admin, const ConsumerGroupFlags& flags) : admin_(admin), flags_(flags) {}

  Result<void> read_file();

  // Where the group is to go. Error: also if it has members.
  Result<Offsets> offsets_of(const std::string& group);

 private:
  using Partitions = std::vector<TopicPartition>;

  Result<void> check_inactive(const std::string& group);
  Result<CommittedOffsets> committed(const std::string& group);
  Result<Partitions> scope(const std::string& group);
  // The offset of each that `spec` means; partitions without one are left out.
  Result<Offsets> find(const Partitions& partitions, OffsetSpec spec);
  Result<Offsets> at(const Partitions& partitions, Timestamp time);
  Result<Offsets> shifted(const std::string& group, const Partitions& partitions);
  Result<Offsets> current(const std::string& group, const Partitions& partitions);
  // Not before the first record, and not behind the last.
  Result<Offsets> clamped(Offsets wanted);

  Admin& admin_;
  const ConsumerGroupFlags& flags_;
  ResetPlan plan_;  // of --from-file
};

Result<void> Reset::read_file() {
  if (flags_.from_file.empty()) return {};
  std::ifstream file(flags_.from_file, std::ios::binary);
  if (!file) return Error(ErrorCode::not_found, "cannot read " + flags_.from_file);
  std::ostringstream text;
  text << file.rdbuf();
  auto plan = parse_plan(text.str(), flags_.groups.size() == 1 ? flags_.groups.front() : "");
  if (!plan) {
    return Error(plan.error().code(), flags_.from_file + ": " + plan.error().message());
  }
  plan_ = std::move(*plan);
  return {};
}

Result<void> Reset::check_inactive(const std::string& group) {
  const auto described = admin_.describe_consumer_groups({group}, flags_.options()).get();
  if (!described) return described.error();
  const auto& found = described->at(group);
  auto state = GroupState::unknown;
  if (found) {
    state = found->state;
  } else {
    if (found.error().code() != ErrorCode::group_id_not_found) return found.error();
    const auto listed = list_all_groups(admin_, flags_);
    if (!listed) return listed.error();
    const auto there = listed->find(group);
    // One that is not there is made by its first commit.
    if (there == listed->end()) return {};
    state = there->second.state;
  }
  const auto fault = fault_in_reset(group, state);
  return fault ? Result<void>(*fault) : Result<void>();
}

Result<CommittedOffsets> Reset::committed(const std::string& group) {
  auto listed =
      admin_.list_consumer_group_offsets({{group, {}}}, {.timeout = flags_.timeout}).get();
  if (!listed) return listed.error();
  return std::move(listed->at(group));
}

Result<Reset::Partitions> Reset::scope(const std::string& group) {
  if (!flags_.all_topics) return partitions_of(admin_, flags_);
  const auto offsets = committed(group);
  if (!offsets) return offsets.error();
  Partitions partitions;
  for (const auto& [partition, unused] : *offsets) partitions.push_back(partition);
  return partitions;
}

Result<Offsets> Reset::find(const Partitions& partitions, OffsetSpec spec) {
  std::map<TopicPartition, OffsetSpec> wanted;
  for (const auto& partition : partitions) wanted.emplace(partition, spec);
  const auto listed = admin_.list_offsets(std::move(wanted), {.timeout = flags_.timeout}).get();
  if (!listed) return listed.error();
  Offsets offsets;
  for (const auto& [partition, found] : *listed) {
    if (!found) {
      return Error(found.error().code(), to_string(partition) + ": " + found.error().to_string());
    }
    if (found->offset) offsets[partition] = *found->offset;
  }
  return offsets;
}

Result<Offsets> Reset::at(const Partitions& partitions, Timestamp time) {
  auto offsets = find(partitions, OffsetSpec::at(time));
  if (!offsets) return offsets;
  Partitions without;
  for (const auto& partition : partitions) {
    if (offsets->contains(partition)) continue;
    without.push_back(partition);
    std::cerr << "Warning: " << partition << " has no record as young; its end is taken.\n";
  }
  auto ends = find(without, OffsetSpec::latest());
  if (!ends) return ends;
  offsets->merge(*ends);
  return offsets;
}

// No further than there are offsets.
std::int64_t shift(std::int64_t offset, std::int64_t by) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  return by > 0 && offset > most - by ? most : offset + by;
}

Result<Offsets> Reset::shifted(const std::string& group, const Partitions& partitions) {
  const auto offsets = committed(group);
  if (!offsets) return offsets.error();
  Offsets wanted;
  for (const auto& partition : partitions) {
    const auto found = offsets->find(partition);
    if (found == offsets->end()) {
      return Error(ErrorCode::invalid_argument,
                   "nothing is committed for " + to_string(partition) + " that could be shifted");
    }
    wanted[partition] = shift(found->second.offset, *flags_.shift_by);
  }
  return clamped(std::move(wanted));
}

Result<Offsets> Reset::current(const std::string& group, const Partitions& partitions) {
  const auto offsets = committed(group);
  if (!offsets) return offsets.error();
  Partitions without;
  Offsets wanted;
  for (const auto& partition : partitions) {
    const auto found = offsets->find(partition);
    if (found == offsets->end()) {
      without.push_back(partition);
    } else {
      wanted[partition] = found->second.offset;
    }
  }
  auto ends = find(without, OffsetSpec::latest());
  if (!ends) return ends;
  wanted.merge(*ends);
  return wanted;
}

Result<Offsets> Reset::clamped(Offsets wanted) {
  Partitions partitions;
  for (const auto& [partition, unused] : wanted) partitions.push_back(partition);
  const auto starts = find(partitions, OffsetSpec::earliest());
  if (!starts) return starts.error();
  const auto ends = find(partitions, OffsetSpec::latest());
  if (!ends) return ends.error();
  for (auto& [partition, offset] : wanted) {
    const auto start = starts->find(partition);
    const auto end = ends->find(partition);
    if (start == starts->end() || end == ends->end()) continue;
    const auto there = std::clamp(offset, start->second, std::max(start->second, end->second));
    if (there == offset) continue;
    std::cerr << "Warning: " << partition << " has no offset " << offset << "; " << there
              << " is taken.\n";
    offset = there;
  }
  return wanted;
}

Result<Offsets> Reset::offsets_of(const std::string& group) {
  if (auto checked = check_inactive(group); !checked) return checked.error();
  if (!flags_.from_file.empty()) {
    const auto found = plan_.find(group);
    if (found != plan_.end()) return clamped(found->second);
    return Error(ErrorCode::not_found, flags_.from_file + " says nothing of group " + group);
  }
  const auto partitions = scope(group);
  if (!partitions) return partitions.error();
  if (flags_.to_earliest) return find(*partitions, OffsetSpec::earliest());
  if (flags_.to_latest) return find(*partitions, OffsetSpec::latest());
  if (flags_.to_current) return current(group, *partitions);
  if (flags_.shift_by) return shifted(group, *partitions);
  if (flags_.to_offset) {
    Offsets wanted;
    for (const auto& partition : *partitions) wanted[partition] = *flags_.to_offset;
    return clamped(std::move(wanted));
  }
  if (!flags_.to_datetime.empty()) {
    const auto time = parse_datetime(flags_.to_datetime);
    return time ? at(*partitions, *time) : Result<Offsets>(time.error());
  }
  const auto back = parse_duration(flags_.by_duration);
  if (!back) return back.error();
  const auto now =
      std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  return at(*partitions, now - *back);
}

// What of it is done; says of the rest why not.
Offsets execute(Admin& admin, const ConsumerGroupFlags& flags, const std::string& group,
                Offsets wanted) {
  CommittedOffsets offsets;
  for (const auto& [partition, offset] : wanted) offsets[partition] = {.offset = offset};
  const auto altered =
      admin.alter_consumer_group_offsets(group, std::move(offsets), flags.options()).get();
  if (!altered) {
    (void)fail(kName, "group " + group + ": " + altered.error().to_string());
    return {};
  }
  for (const auto& [partition, error] : *altered) {
    if (!error) continue;
    (void)fail(kName, "group " + group + ", " + to_string(partition) + ": " + error->to_string());
    wanted.erase(partition);
  }
  return wanted;
}

void print(const ConsumerGroupFlags& flags, const ResetPlan& plan) {
  if (flags.export_csv) {
    std::cout << to_csv(plan, flags.groups.size() != 1) << '\n';
    return;
  }
  std::vector<Row> rows;
  for (const auto& [group, offsets] : plan) {
    for (const auto& [partition, offset] : offsets) {
      rows.push_back({group, partition.topic, partition.partition, offset});
    }
  }
  PaddedTables tables(std::cout, flags.output,
                      {{"GROUP", "group", 15},
                       {"TOPIC", "topic", 15},
                       {"PARTITION", "partition", 10},
                       {"NEW-OFFSET", "newOffset", 0}});
  tables.add(rows);
  tables.finish();
}

}  // namespace

int reset_offsets(Admin& admin, const ConsumerGroupFlags& flags) {
  if (!flags.execute && !flags.dry_run) {
    std::cerr << "Warning: nothing is changed without --execute; --dry-run says so.\n";
  }
  Reset reset(admin, flags);
  if (auto read = reset.read_file(); !read) return fail(kName, read.error());
  const auto groups = groups_of(admin, flags);
  if (!groups) return fail(kName, groups.error());
  int code = kSuccess;
  ResetPlan plan;
  for (const auto& group : *groups) {
    auto offsets = reset.offsets_of(group);
    if (!offsets) {
      code = fail(kName, offsets.error());
      continue;
    }
    const auto count = offsets->size();
    if (flags.execute) *offsets = execute(admin, flags, group, std::move(*offsets));
    if (offsets->size() < count) code = kFailure;
    plan[group] = std::move(*offsets);
  }
  print(flags, plan);
  return code;
}

}  // namespace ottla::tools
