#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "tests/unit/handlers/handler_fixture.h"

namespace ottla::broker {
namespace {

using namespace protocol;
using namespace std::chrono_literals;

constexpr std::string_view kGroup = "g";
constexpr std::int32_t kPartitions = 6;

// What one client of a group knows. It goes on wherever it is when it is looked at.
struct Member {
  std::unique_ptr<simulation::WireClient> connection;
  std::string id;
  GenerationId generation = kNoGeneration;
  bool synced = false;
  std::vector<std::int32_t> owned;
  std::vector<std::string> others;  // of the leader's generation
  std::optional<ApiKey> asked;
  std::optional<std::pair<std::int32_t, std::int64_t>> committing;
  base::TimePoint patience{};

  void start_anew(bool with_id) {
    if (!with_id) id.clear();
    generation = kNoGeneration;
    synced = false;
    owned.clear();
  }
};

// Members join, work, leave and vanish, and the broker's power fails, as dice decide.
class GroupLife : public HandlerFixture {
 protected:
  void SetUp() override {
    config_.offsets_topic_num_partitions = 2;
    HandlerFixture::SetUp();
    ASSERT_EQ(create_topic("t", kPartitions), ErrorCode::none);
    find_coordinator();
  }

  void find_coordinator() {
    FindCoordinatorRequest request;
    request.coordinator_keys = {kGroup};
    EXPECT_EQ(call(request).coordinators.at(0).error_code, ErrorCode::none);
  }

  template <class M>
  void ask(Member& member, const M& message, std::int16_t version) {
    member.connection->send(message, version);
    member.asked = M::api.key;
    member.patience = simulation_.now() + 30s;
  }

  void connect(Member& member) {
    member.connection = std::make_unique<simulation::WireClient>(
        simulation_, asking_, base::Endpoint{node_.address(), kPort});
    member.asked.reset();
    member.committing.reset();
  }

  // One step of one member: takes what has come, or asks the next thing.
  void step(Member& member) {
    if (!member.connection || member.connection->closed) connect(member);
    if (!member.asked) return ask_next(member);
    const auto frame = member.connection->receive(0s);
    if (frame) return take(member, *frame);
    if (simulation_.now() > member.patience) connect(member);
  }

  void ask_next(Member& member) {
    if (member.generation == kNoGeneration) {
      JoinGroupRequest request;
      request.group_id = kGroup;
      request.session_timeout_ms = 6'000;
      request.rebalance_timeout_ms = 8'000;
      request.member_id = member.id;
      request.protocol_type = "consumer";
      request.protocols.push_back({"range", {"m"}});
      return ask(member, request, 5);
    }
    if (!member.synced) return ask_to_sync(member);
    if (!member.owned.empty() && dice_.one_in(2)) return ask_to_commit(member);
    HeartbeatRequest request;
    request.group_id = kGroup;
    request.generation_id = member.generation;
    request.member_id = member.id;
    ask(member, request, 3);
  }

  void ask_to_sync(Member& member) {
    SyncGroupRequest request;
    request.group_id = kGroup;
    request.generation_id = member.generation;
    request.member_id = member.id;
    std::vector<std::string> work(member.others.size());
    for (std::int32_t p = 0; p < kPartitions && !work.empty(); ++p) {
      work[static_cast<std::size_t>(p) % work.size()] += static_cast<char>('0' + p);
    }
    for (std::size_t i = 0; i < work.size(); ++i) {
      request.assignments.push_back({member.others[i], {work[i]}});
    }
    ask(member, request, 3);
  }

  void ask_to_commit(Member& member) {
    const auto partition = member.owned[dice_.below(member.owned.size())];
    const auto offset = ++next_offset_;
    OffsetCommitRequest request;
    request.group_id = kGroup;
    request.generation_id_or_member_epoch = member.generation;
    request.member_id = member.id;
    request.topics.push_back({"t", {}, {{partition, Offset(offset), kNoLeaderEpoch, ""}}});
    member.committing = {partition, offset};
    ask(member, request, 7);
  }

  template <class M>
  static typename M::Response read(const std::string& frame, std::int16_t version) {
    const auto body = read_response(frame, M::api, version).value();
    return decode<typename M::Response>(body, version).value();
  }

  void take(Member& member, const std::string& frame) {
    switch (*std::exchange(member.asked, std::nullopt)) {
      case ApiKey::join_group:
        return joined(member, read<JoinGroupRequest>(frame, 5));
      case ApiKey::sync_group: {
        const auto answer = read<SyncGroupRequest>(frame, 3);
        if (answer.error_code != ErrorCode::none) return failed(member, answer.error_code);
        member.synced = true;
        for (const char p : answer.assignment.view) member.owned.push_back(p - '0');
        return;
      }
      case ApiKey::offset_commit: {
        const auto error =
            read<OffsetCommitRequest>(frame, 7).topics.at(0).partitions.at(0).error_code;
        const auto [partition, offset] = *std::exchange(member.committing, std::nullopt);
        if (error != ErrorCode::none) return failed(member, error);
        auto& known = acknowledged_[static_cast<std::size_t>(partition)];
        known = std::max(known, offset);
        return;
      }
      default:
        return failed(member, read<HeartbeatRequest>(frame, 3).error_code);
    }
  }

  static void joined(Member& member, const JoinGroupResponse& answer) {
    if (answer.error_code == ErrorCode::member_id_required) {
      member.id = answer.member_id;
      return;
    }
    if (answer.error_code != ErrorCode::none) return failed(member, answer.error_code);
    member.start_anew(true);
    member.id = answer.member_id;
    member.generation = answer.generation_id;
    member.others.clear();
    for (const auto& other : answer.members) member.others.emplace_back(other.member_id);
  }

  // As clients take errors: who is unknown begins anew, who may wait asks again.
  static void failed(Member& member, ErrorCode error) {
    if (error == ErrorCode::none || error == ErrorCode::coordinator_load_in_progress) return;
    if (error == ErrorCode::not_coordinator) return;
    const bool unknown = error == ErrorCode::unknown_member_id;
    member.start_anew(!unknown);
  }

  void leave(Member& member) {
    if (member.asked || member.id.empty() || !member.connection) return;
    LeaveGroupRequest request;
    request.group_id = kGroup;
    request.members.push_back({.member_id = member.id});
    member.connection->send(request, 3);
    member.connection->receive(5s);
    member.start_anew(false);
  }

  void misfortune() {
    auto& member = members_[dice_.below(members_.size())];
    switch (dice_.below(4)) {
      case 0:
        return leave(member);
      case 1:  // its process dies, and another one starts
        member = Member();
        return;
      case 2:  // an answer is lost
        member.connection.reset();
        return;
      default:
        for (auto& each : members_) each.connection.reset();
        cut_power_and_restart();
        return find_coordinator();
    }
  }

  bool all_at_work() const {
    std::vector<std::int32_t> owned;
    for (const auto& member : members_) {
      if (!member.synced || member.generation != members_[0].generation) return false;
      owned.insert(owned.end(), member.owned.begin(), member.owned.end());
    }
    std::sort(owned.begin(), owned.end());
    std::vector<std::int32_t> each(kPartitions);
    std::iota(each.begin(), each.end(), 0);
    return owned == each;
  }

  std::string describe() {
    DescribeGroupsRequest request;
    request.groups = {kGroup};
    const auto answer = call(request);
    std::string text(answer.groups.at(0).group_state);
    for (const auto& member : answer.groups[0].members) {
      text += ", " + std::string(member.member_id);
    }
    for (const auto& member : members_) {
      text += "; " + member.id + " in " + std::to_string(member.generation.value) +
              (member.synced ? " owns " : " asks ") + std::to_string(member.owned.size());
    }
    return text;
  }

  std::int64_t committed(std::int32_t partition) {
    OffsetFetchRequest request;
    auto& group = request.groups.emplace_back();
    group.group_id = kGroup;
    group.topics.emplace().push_back({"t", {}, {partition}});
    const auto answer = call(request, 9);
    EXPECT_EQ(answer.groups.at(0).error_code, ErrorCode::none);
    return answer.groups.at(0).topics.at(0).partitions.at(0).committed_offset.value;
  }

  void live(std::uint64_t seed) {
    dice_ = base::Random(seed);
    members_.clear();
    members_.resize(1 + dice_.below(8));
    for (int i = 0; i < 400; ++i) {
      step(members_[dice_.below(members_.size())]);
      simulation_.run_for(std::chrono::milliseconds(dice_.below(40)));
      if (dice_.one_in(60)) misfortune();
    }
    for (int i = 0; i < 3'000 && !all_at_work(); ++i) {
      for (auto& member : members_) step(member);
      simulation_.run_for(20ms);
    }
    EXPECT_TRUE(all_at_work()) << "the group does not come to rest: " << describe();
    for (std::int32_t p = 0; p < kPartitions; ++p) {
      EXPECT_GE(committed(p), acknowledged_[static_cast<std::size_t>(p)]) << "partition " << p;
      EXPECT_LE(committed(p), next_offset_);
    }
  }

  base::Random dice_{1};
  std::vector<Member> members_;
  std::array<std::int64_t, kPartitions> acknowledged_{};
  std::int64_t next_offset_ = 0;
};

TEST_F(GroupLife, every_partition_has_one_owner_in_the_end_and_no_commit_is_lost) {
  for (std::uint64_t seed = 1; seed <= 100 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    live(seed);
  }
}

}  // namespace
}  // namespace ottla::broker
