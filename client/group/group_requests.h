#pragma once

#include <cstdint>
#include <string_view>

#include "client/group/group_offsets.h"
#include "client/group/membership.h"
#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/leave_group.h"

// From drafts to messages, which borrow from them.
namespace ottla::client {

protocol::FindCoordinatorRequest to_request(std::string_view group_id, std::int16_t version);
protocol::JoinGroupRequest to_request(const JoinDraft& draft, const MembershipConfig& config,
                                      std::int16_t version);
protocol::SyncGroupRequest to_request(const SyncDraft& draft, std::int16_t version);
protocol::HeartbeatRequest to_request(const HeartbeatDraft& draft, std::int16_t version);
protocol::LeaveGroupRequest to_request(const LeaveDraft& draft, const MembershipConfig& config,
                                       std::int16_t version);

// The newest version of OffsetCommit and OffsetFetch that names topics; later ones have their ids.
inline constexpr std::int16_t kLastOffsetsVersionWithNames = 9;
protocol::OffsetCommitRequest to_request(const GroupOffsets::CommitDraft& draft,
                                         std::int16_t version);
protocol::OffsetFetchRequest to_request(const GroupOffsets::FetchDraft& draft,
                                        std::int16_t version);

}  // namespace ottla::client
