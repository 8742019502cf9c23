#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "c/admin.h"
#include "c/call.h"
#include "c/structs.h"

struct ottla_groups {
  std::vector<ottla::GroupListing> listed;
  std::vector<std::string> states;
};

struct ottla_group {
  ottla::GroupDescription group;
  std::string state;
};

struct ottla_offsets {
  ottla::CommittedOffsets committed;
  std::vector<ottla_offset> offsets;  // points into `committed`
};

namespace ottla::c {
namespace {

// Runs `act(admin, group_id)`.
template <class Act>
auto with(ottla_admin* admin, const char* group_id, Act act)
    -> decltype(act(admin->admin, std::string())) {
  if (admin == nullptr) return null_error("admin");
  if (group_id == nullptr) return null_error("group_id");
  return act(admin->admin, std::string(group_id));
}

const MemberDescription* member_at(const ottla_group* group, std::size_t index) {
  if (group == nullptr || index >= group->group.members.size()) return nullptr;
  return &group->group.members[index];
}

}  // namespace
}  // namespace ottla::c

using ottla::Admin;
using ottla::Result;
namespace c = ottla::c;

ottla_error* ottla_admin_list_groups(ottla_admin* admin, ottla_groups** groups) {
  return c::call_for(groups, "groups", [&]() -> Result<ottla_groups*> {
    if (admin == nullptr) return c::null_error("admin");
    auto told = admin->admin.list_groups().get();
    if (!told) return told.error();
    std::vector<ottla::GroupListing> listed;
    for (auto& [broker, of_one] : *told) {
      if (!of_one) return of_one.error();
      std::move(of_one->begin(), of_one->end(), std::back_inserter(listed));
    }
    std::sort(listed.begin(), listed.end(),
              [](const auto& a, const auto& b) { return a.group_id < b.group_id; });
    std::vector<std::string> states;
    for (const auto& each : listed) states.emplace_back(to_string(each.state));
    return new ottla_groups{std::move(listed), std::move(states)};
  });
}

size_t ottla_groups_count(const ottla_groups* groups) {
  return groups == nullptr ? 0 : groups->listed.size();
}

const char* ottla_groups_id(const ottla_groups* groups, size_t index) {
  if (index >= ottla_groups_count(groups)) return nullptr;
  return groups->listed[index].group_id.c_str();
}

const char* ottla_groups_state(const ottla_groups* groups, size_t index) {
  if (index >= ottla_groups_count(groups)) return nullptr;
  return groups->states[index].c_str();
}

void ottla_groups_free(ottla_groups* groups) {
  delete groups;
}

ottla_error* ottla_admin_describe_group(ottla_admin* admin, const char* group_id,
                                        ottla_group** group) {
  return c::call_for(group, "group", [&]() -> Result<ottla_group*> {
    return c::with(admin, group_id, [](Admin& each, const std::string& id) -> Result<ottla_group*> {
      auto described = each.describe_consumer_groups({id}).get();
      if (!described) return described.error();
      auto& one = described->at(id);
      if (!one) return one.error();
      std::string state(to_string(one->state));
      return new ottla_group{std::move(*one), std::move(state)};
    });
  });
}

const char* ottla_group_id(const ottla_group* group) {
  return group == nullptr ? "" : group->group.group_id.c_str();
}

const char* ottla_group_state(const ottla_group* group) {
  return group == nullptr ? "" : group->state.c_str();
}

const char* ottla_group_assignor(const ottla_group* group) {
  return group == nullptr ? "" : group->group.partition_assignor.c_str();
}

int32_t ottla_group_coordinator(const ottla_group* group) {
  return group == nullptr ? -1 : group->group.coordinator.id;
}

size_t ottla_group_member_count(const ottla_group* group) {
  return group == nullptr ? 0 : group->group.members.size();
}

ottla_error* ottla_group_get_member(const ottla_group* group, size_t index,
                                    ottla_group_member* member) {
  return c::call([&]() -> Result<void> {
    const auto* found = c::member_at(group, index);
    if (found == nullptr) {
      return ottla::Error(ottla::ErrorCode::invalid_argument,
                          "there is no member " + std::to_string(index) + "; there are " +
                              std::to_string(ottla_group_member_count(group)));
    }
    ottla_group_member full = OTTLA_GROUP_MEMBER;
    full.member_id = found->member_id.c_str();
    if (found->group_instance_id) full.group_instance_id = found->group_instance_id->c_str();
    full.client_id = found->client_id.c_str();
    full.client_host = found->client_host.c_str();
    full.partition_count = found->assignment.size();
    return c::write_sized(full, member, "member", sizeof(ottla_group_member));
  });
}

size_t ottla_group_member_partitions(const ottla_group* group, size_t index,
                                     ottla_topic_partition* partitions, size_t capacity) {
  const auto* found = c::member_at(group, index);
  if (found == nullptr) return 0;
  const auto& all = found->assignment;
  for (size_t i = 0; partitions != nullptr && i < std::min(capacity, all.size()); ++i) {
    partitions[i] = {all[i].topic.c_str(), all[i].partition};
  }
  return all.size();
}

void ottla_group_free(ottla_group* group) {
  delete group;
}

ottla_error* ottla_admin_delete_group(ottla_admin* admin, const char* group_id) {
  return c::call([&] {
    return c::with(admin, group_id, [](Admin& each, const std::string& id) -> Result<void> {
      return c::outcome_of(each.delete_consumer_groups({id}).get(), id);
    });
  });
}

ottla_error* ottla_admin_list_group_offsets(ottla_admin* admin, const char* group_id,
                                            ottla_offsets** offsets) {
  return c::call_for(offsets, "offsets", [&]() -> Result<ottla_offsets*> {
    return c::with(admin, group_id,
                   [](Admin& each, const std::string& id) -> Result<ottla_offsets*> {
                     auto listed = each.list_consumer_group_offsets({{id, {}}}).get();
                     if (!listed) return listed.error();
                     auto& one = listed->at(id);
                     if (!one) return one.error();
                     auto made = std::make_unique<ottla_offsets>();
                     made->committed = std::move(*one);
                     for (const auto& [place, committed] : made->committed) {
                       made->offsets.push_back({place.topic.c_str(), place.partition,
                                                committed.offset, committed.metadata.c_str()});
                     }
                     return made.release();
                   });
  });
}

size_t ottla_offsets_count(const ottla_offsets* offsets) {
  return offsets == nullptr ? 0 : offsets->offsets.size();
}

const ottla_offset* ottla_offsets_get(const ottla_offsets* offsets, size_t index) {
  return index < ottla_offsets_count(offsets) ? &offsets->offsets[index] : nullptr;
}

void ottla_offsets_free(ottla_offsets* offsets) {
  delete offsets;
}

ottla_error* ottla_admin_alter_group_offsets(ottla_admin* admin, const char* group_id,
                                             const ottla_offset* offsets, size_t count) {
  return c::call([&] {
    return c::with(admin, group_id, [&](Admin& each, const std::string& id) -> Result<void> {
      auto read = c::offsets_of(offsets, count);
      if (!read) return read.error();
      const auto outcomes = each.alter_consumer_group_offsets(id, std::move(*read)).get();
      if (!outcomes) return outcomes.error();
      for (const auto& [place, error] : *outcomes) {
        if (error) return *error;
      }
      return {};
    });
  });
}
