// Groups of many members on one broker, so that what is compared is the coordinator and not a
// client: members are threads that speak the group protocol with raw requests.
//
//   group_load --bootstrap HOST:PORT --topic T --partitions N [--members N] [--groups N]
//
// One group after the other. All members of one come at once: metadata, coordinator, JoinGroup,
// SyncGroup, the committed offsets of what they got, and a heartbeat every 50 ms. Measured is the
// time until one generation has all of them and all partitions; then one leaves, as a member does
// whose session has ended, the others are told to look (so that the time is not that of their next
// heartbeat), and measured is the time until a generation has all the others and all partitions.
// Prints one JSON line with the medians. A request that fails ends the program.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "bench/broker/connection.h"
#include "protocol/group/consumer_protocol.h"
#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/heartbeat.h"
#include "protocol/messages/join_group.h"
#include "protocol/messages/leave_group.h"
#include "protocol/messages/metadata.h"
#include "protocol/messages/offset_fetch.h"
#include "protocol/messages/sync_group.h"
#include "protocol/wire/frame.h"

namespace {

using namespace ottla;            // NOLINT: a program
using namespace ottla::protocol;  // NOLINT: a program
using Clock = std::chrono::steady_clock;

// Versions that every broker of the comparison has.
constexpr std::int16_t kMetadataVersion = 9;
constexpr std::int16_t kFindCoordinatorVersion = 3;
constexpr std::int16_t kJoinGroupVersion = 7;
constexpr std::int16_t kSyncGroupVersion = 5;
constexpr std::int16_t kHeartbeatVersion = 4;
constexpr std::int16_t kLeaveGroupVersion = 4;
constexpr std::int16_t kOffsetFetchVersion = 7;

constexpr auto kHeartbeat = std::chrono::milliseconds(50);
constexpr auto kLimit = std::chrono::seconds(120);

[[noreturn]] void fail(const std::string& what) {
  bench::fail("group_load", what);
}

struct Options {
  std::string bootstrap;
  std::string topic = "bench";
  std::int32_t partitions = 1000;
  std::size_t members = 100;
  int groups = 1;
};

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const auto number = std::strtoll(argv[i + 1], nullptr, 10);
    if (name == "--bootstrap")
      options.bootstrap = argv[i + 1];
    else if (name == "--topic")
      options.topic = argv[i + 1];
    else if (name == "--partitions")
      options.partitions = static_cast<std::int32_t>(number);
    else if (name == "--members")
      options.members = static_cast<std::size_t>(number);
    else if (name == "--groups")
      options.groups = static_cast<int>(number);
    else
      fail("unknown option " + std::string(name));
  }
  return options;
}

// What the members of a group have in common: how far each generation has come.
class Progress {
 public:
  explicit Progress(std::int32_t partitions) : partitions_(partitions) {}

  // A member has its part of a generation.
  void note(std::int32_t generation, std::size_t partitions) {
    const std::lock_guard lock(mutex_);
    auto& reached = generations_[generation];
    ++reached.members;
    reached.partitions += partitions;
    reached.at = Clock::now();
    changed_.notify_all();
  }
  // When a generation had so many members, and all partitions.
  Clock::time_point await(std::size_t members) {
    std::unique_lock lock(mutex_);
    const Reached* found = nullptr;
    const bool came = changed_.wait_for(lock, kLimit, [&] {
      for (const auto& [generation, reached] : generations_) {
        const bool whole = reached.members == members &&
                           reached.partitions == static_cast<std::size_t>(partitions_);
        if (whole) found = &reached;
      }
      return found != nullptr;
    });
    if (!came) fail("the group does not become stable");
    return found->at;
  }
  // Members look at once whether the group goes on as it was.
  void poke() {
    const std::lock_guard lock(mutex_);
    ++pokes_;
    changed_.notify_all();
  }
  void end() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }
  // Until the next heartbeat is due, or the member is poked; false: it is over, for all or for one
  // that is gone.
  bool rest(std::uint64_t& pokes, const std::atomic<bool>& gone) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kHeartbeat, [&] { return ended_ || pokes_ != pokes; });
    pokes = pokes_;
    return !ended_ && !gone;
  }

 private:
  struct Reached {
    std::size_t members = 0;
    std::size_t partitions = 0;
    Clock::time_point at;
  };
  const std::int32_t partitions_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::int32_t, Reached> generations_;
  std::uint64_t pokes_ = 0;
  bool ended_ = false;
};

// Asks, waits for the answer, and ends the program if it cannot be read. What the answer borrows
// lasts until the next question.
template <class Request>
typename Request::Response ask(bench::Connection& connection, const Request& request,
                               std::int16_t version) {
  const auto frame = encode_request(request, version, 1, "group_load");
  if (!frame) fail(frame.error().to_string());
  connection.send(base::Slice::of(frame->bytes).bytes);
  const auto body = read_response(connection.receive(), Request::Response::api, version);
  if (!body) fail(body.error().to_string());
  auto answer = decode<typename Request::Response>(*body, version);
  if (!answer) fail(answer.error().to_string());
  return std::move(*answer);
}

void expect(ErrorCode code, const char* what) {
  if (code != ErrorCode::none) fail(std::string(what) + ": " + std::string(describe(code).name));
}

class Member {
 public:
  Member(const Options& options, const std::string& group, Progress& progress)
      : options_(options), group_(group), progress_(progress), connection_(options.bootstrap) {}

  // In a thread of its own.
  void run() {
    look_up();
    std::uint64_t pokes = 0;
    while (join()) {
      do {
        if (!progress_.rest(pokes, gone_)) return;
      } while (heartbeat());
    }
  }

  // From another thread: as the coordinator takes one out whose session has ended.
  void leave(bench::Connection& by) {
    gone_ = true;
    LeaveGroupRequest request;
    request.group_id = group_;
    request.members.push_back({.member_id = member_id_, .group_instance_id = {}, .reason = {}});
    expect(ask(by, request, kLeaveGroupVersion).error_code, "LeaveGroup");
  }

 private:
  void look_up();
  bool join();
  bool sync(const JoinGroupResponse& joined);
  std::vector<std::string> assign(std::size_t members) const;
  void fetch_offsets(const ConsumerProtocolAssignment& assignment);
  bool heartbeat();

  const Options& options_;
  const std::string& group_;
  Progress& progress_;
  bench::Connection connection_;
  std::string member_id_;
  std::int32_t generation_ = -1;
  std::atomic<bool> gone_{false};
};

void Member::look_up() {
  MetadataRequest metadata;
  metadata.topics = {{{}, options_.topic}};
  const auto known = ask(connection_, metadata, kMetadataVersion);
  expect(known.topics.at(0).error_code, "Metadata");
  FindCoordinatorRequest request;
  request.key = group_;
  expect(ask(connection_, request, kFindCoordinatorVersion).error_code, "FindCoordinator");
}

// Until it is in a generation and has its part of it; false: it is out of the group.
bool Member::join() {
  const auto subscription =
      encode(
          ConsumerProtocolSubscription{
              .topics = {options_.topic}, .user_data = {}, .owned_partitions = {}, .rack_id = {}},
          1)
          .value();
  while (!gone_) {
    JoinGroupRequest request;
    request.group_id = group_;
    request.session_timeout_ms = 45'000;
    request.rebalance_timeout_ms = 300'000;
    request.member_id = member_id_;
    request.protocol_type = kConsumerProtocolType;
    request.protocols.push_back({"range", OpaqueBytes{subscription}});
    const auto joined = ask(connection_, request, kJoinGroupVersion);
    if (joined.error_code == ErrorCode::member_id_required) {
      member_id_ = joined.member_id;
      continue;
    }
    if (gone_) return false;
    expect(joined.error_code, "JoinGroup");
    member_id_ = joined.member_id;
    generation_ = joined.generation_id.value;
    if (sync(joined)) return true;
  }
  return false;
}

// False if the group has gone on meanwhile.
bool Member::sync(const JoinGroupResponse& joined) {
  SyncGroupRequest request;
  request.group_id = group_;
  request.generation_id = joined.generation_id;
  request.member_id = member_id_;
  request.protocol_type = kConsumerProtocolType;
  request.protocol_name = "range";
  const auto parts = assign(joined.members.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    request.assignments.push_back({joined.members[i].member_id, OpaqueBytes{parts[i]}});
  }
  const auto answer = ask(connection_, request, kSyncGroupVersion);
  if (answer.error_code == ErrorCode::rebalance_in_progress || gone_) return false;
  expect(answer.error_code, "SyncGroup");
  const auto assignment = parse_assignment(answer.assignment.view);
  if (!assignment) fail(assignment.error().to_string());
  std::size_t partitions = 0;
  for (const auto& topic : assignment->assigned_partitions) partitions += topic.partitions.size();
  fetch_offsets(*assignment);
  progress_.note(generation_, partitions);
  return true;
}

// As many partitions for each, one after the other. Who does not lead knows no members.
std::vector<std::string> Member::assign(std::size_t members) const {
  std::vector<std::string> parts;
  std::int32_t next = 0;
  for (std::size_t i = 0; i < members; ++i) {
    const auto end = static_cast<std::int32_t>(static_cast<std::size_t>(options_.partitions) *
                                               (i + 1) / members);
    ConsumerProtocolAssignment assignment;
    auto& topic = assignment.assigned_partitions.emplace_back();
    topic.topic = options_.topic;
    while (next < end) topic.partitions.push_back(next++);
    parts.push_back(encode(assignment, 1).value());
  }
  return parts;
}

void Member::fetch_offsets(const ConsumerProtocolAssignment& assignment) {
  OffsetFetchRequest request;
  request.group_id = group_;
  request.require_stable = true;
  auto& topics = request.topics.emplace();
  for (const auto& assigned : assignment.assigned_partitions) {
    topics.push_back({assigned.topic, {}, assigned.partitions});
  }
  expect(ask(connection_, request, kOffsetFetchVersion).error_code, "OffsetFetch");
}

// False if it is to join again.
bool Member::heartbeat() {
  HeartbeatRequest request;
  request.group_id = group_;
  request.generation_id = GenerationId(generation_);
  request.member_id = member_id_;
  const auto code = ask(connection_, request, kHeartbeatVersion).error_code;
  if (code == ErrorCode::rebalance_in_progress || gone_) return false;
  expect(code, "Heartbeat");
  return true;
}

struct Times {
  double first_ms = 0;
  double after_death_ms = 0;
};

double milliseconds_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

Times run_group(const Options& options, const std::string& group, bench::Connection& control) {
  Progress progress(options.partitions);
  std::vector<std::unique_ptr<Member>> members;
  for (std::size_t i = 0; i < options.members; ++i) {
    members.push_back(std::make_unique<Member>(options, group, progress));
  }
  Times times;
  auto began = Clock::now();
  std::vector<std::thread> threads;
  for (auto& member : members) threads.emplace_back([&member] { member->run(); });
  times.first_ms = milliseconds_between(began, progress.await(options.members));
  began = Clock::now();
  members.back()->leave(control);
  progress.poke();
  times.after_death_ms = milliseconds_between(began, progress.await(options.members - 1));
  progress.end();
  for (auto& thread : threads) thread.join();
  members.pop_back();
  for (auto& member : members) member->leave(control);
  return times;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = parse(argc, argv);
  if (options.members < 2) fail("a group of at least two members");
  bench::Connection control(options.bootstrap);
  std::vector<double> first;
  std::vector<double> after_death;
  for (int i = 0; i < options.groups; ++i) {
    const auto stamp = std::to_string(Clock::now().time_since_epoch().count());
    const auto times = run_group(options, "group-" + stamp, control);
    first.push_back(times.first_ms);
    after_death.push_back(times.after_death_ms);
  }
  std::printf("{\"groups\": %d, \"first_ms\": %.3f, \"after_death_ms\": %.3f}\n", options.groups,
              median(first), median(after_death));
  return 0;
}
