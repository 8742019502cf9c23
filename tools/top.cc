#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <iostream>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ottla/admin.h"
#include "tools/command.h"
#include "tools/flags.h"
#include "tools/table.h"
#include "tools/top_screen.h"

namespace ottla::tools {
namespace {

constexpr const char* kName = "top";

volatile std::sig_atomic_t interrupted = 0;

struct Flags {
  ClusterFlags cluster;
  double interval_s = 2;
  std::int64_t iterations = std::numeric_limits<std::int64_t>::max();
  bool internal = false;
  OutputFormat output = OutputFormat::table;

  void add_to(CLI::App& app) {
    cluster.add_to(app);
    app.add_option("--interval", interval_s, "seconds between two looks; default 2")
        ->check(CLI::Range(0.01, 86'400.0));
    app.add_option("--iterations,-n", iterations, "end after so many looks")
        ->check(CLI::PositiveNumber);
    app.add_flag("--include-internal-topics", internal, "also Kafka's own topics");
    add_output_flag(app, output);
  }
};

using Ends = std::map<TopicPartition, std::int64_t>;

// Topics that are deleted meanwhile, and partitions without a leader, are no reason not to show the
// rest: the first of them is noted.
void note(TopSample& sample, const Error& error) {
  if (sample.fault.empty()) sample.fault = error.to_string();
}

Result<std::vector<TopicPartition>> look_at_topics(Admin& admin, bool internal, TopSample& sample) {
  const auto listed = admin.list_topics({.timeout = {}, .list_internal = internal}).get();
  if (!listed) return listed.error();
  std::vector<std::string> names;
  for (const auto& topic : *listed) names.push_back(topic.name);
  const auto described = admin.describe_topics(std::move(names)).get();
  if (!described) return described.error();
  std::vector<TopicPartition> led;
  for (const auto& [name, topic] : *described) {
    if (!topic) {
      note(sample, topic.error());
      continue;
    }
    auto& seen = sample.topics[name];
    seen.partitions = topic->partitions.size();
    for (const auto& partition : topic->partitions) {
      if (partition.leader) {
        led.push_back({name, partition.partition});
      } else {
        ++seen.without_leader;
      }
    }
  }
  return led;
}

Result<Ends> list(Admin& admin, const std::vector<TopicPartition>& partitions, OffsetSpec spec,
                  TopSample& sample) {
  std::map<TopicPartition, OffsetSpec> wanted;
  for (const auto& partition : partitions) wanted.emplace(partition, spec);
  const auto listed = admin.list_offsets(std::move(wanted)).get();
  if (!listed) return listed.error();
  Ends ends;
  for (const auto& [partition, found] : *listed) {
    if (!found) {
      note(sample, found.error());
    } else if (found->offset) {
      ends[partition] = *found->offset;
    }
  }
  return ends;
}

Result<void> look_at_groups(Admin& admin, TopSample& sample) {
  const auto brokers = admin.list_groups(ListGroupsOptions::consumer_groups()).get();
  if (!brokers) return brokers.error();
  std::vector<std::string> names;
  for (const auto& [broker, listed] : *brokers) {
    if (!listed) {
      note(sample, listed.error());
      continue;
    }
    for (const auto& each : *listed) {
      if (sample.groups.try_emplace(each.group_id).second) names.push_back(each.group_id);
      sample.groups[each.group_id].state = each.state;
    }
  }
  const auto described = admin.describe_consumer_groups(std::move(names)).get();
  if (!described) return described.error();
  for (const auto& [name, group] : *described) {
    if (!group) continue;  // of another kind, or gone
    sample.groups[name].state = group->state;
    sample.groups[name].members = group->members.size();
  }
  return {};
}

// Lag counts what lies behind what is committed; a partition whose end is not known is left out.
Result<void> look_at_lag(Admin& admin, Ends ends, TopSample& sample) {
  GroupsToList wanted;
  for (const auto& [name, group] : sample.groups) wanted[name];
  if (wanted.empty()) return {};
  const auto listed = admin.list_consumer_group_offsets(std::move(wanted)).get();
  if (!listed) return listed.error();
  // Groups may read what the screen does not show.
  std::vector<TopicPartition> others;
  for (const auto& [name, offsets] : *listed) {
    if (!offsets) continue;
    for (const auto& [partition, unused] : *offsets) {
      if (ends.try_emplace(partition, -1).second) others.push_back(partition);
    }
  }
  auto more = list(admin, others, OffsetSpec::latest(), sample);
  if (!more) return more.error();
  for (const auto& [partition, end] : *more) ends[partition] = end;
  for (const auto& [name, offsets] : *listed) {
    if (!offsets) {
      note(sample, offsets.error());
      continue;
    }
    auto& group = sample.groups[name];
    for (const auto& [partition, committed] : *offsets) {
      group.committed += committed.offset;
      const auto end = ends.at(partition);
      if (end >= 0)
        group.lag = group.lag.value_or(0) + std::max(end - committed.offset, std::int64_t{0});
    }
  }
  return {};
}

Result<TopSample> look(Admin& admin, bool internal) {
  TopSample sample;
  const auto cluster = admin.describe_cluster().get();
  if (!cluster) return cluster.error();
  sample.cluster_id = cluster->cluster_id;
  sample.brokers = cluster->nodes.size();
  const auto partitions = look_at_topics(admin, internal, sample);
  if (!partitions) return partitions.error();
  const auto begins = list(admin, *partitions, OffsetSpec::earliest(), sample);
  if (!begins) return begins.error();
  auto ends = list(admin, *partitions, OffsetSpec::latest(), sample);
  if (!ends) return ends.error();
  sample.taken = std::chrono::steady_clock::now();
  for (const auto& [partition, end] : *ends) {
    auto& topic = sample.topics[partition.topic];
    topic.ends += end;
    const auto begin = begins->find(partition);
    if (begin != begins->end()) topic.records += end - begin->second;
  }
  if (const auto groups = look_at_groups(admin, sample); !groups) return groups.error();
  if (const auto lag = look_at_lag(admin, std::move(*ends), sample); !lag) return lag.error();
  return sample;
}

TopScreen screen_size() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) return {};
  return {.rows = size.ws_row, .columns = size.ws_col};
}

// Until the time, or a signal.
void wait_until(std::chrono::steady_clock::time_point time) {
  using std::chrono::milliseconds;
  while (interrupted == 0) {
    const auto left = std::chrono::ceil<milliseconds>(time - std::chrono::steady_clock::now());
    if (left <= milliseconds(0)) return;
    (void)::poll(nullptr, 0, static_cast<int>(left.count()));
  }
}

int watch(Admin& admin, const Flags& flags) {
  const bool terminal = ::isatty(STDOUT_FILENO) == 1 && flags.output == OutputFormat::table;
  const auto interval = std::chrono::duration_cast<std::chrono::steady_clock::duration>(
      std::chrono::duration<double>(flags.interval_s));
  std::optional<TopSample> before;
  for (std::int64_t i = 0; i < flags.iterations && interrupted == 0; ++i) {
    if (i > 0) wait_until(before->taken + interval);
    if (interrupted != 0) break;
    auto now = look(admin, flags.internal);
    if (!now) return fail(kName, now.error());
    const auto& since = before ? *before : *now;
    if (flags.output == OutputFormat::json) {
      std::cout << render_json(since, *now);
    } else if (terminal) {
      // From the corner over what was there, and nothing below it: no flicker.
      std::cout << "\x1b[H" << render_screen(since, *now, screen_size()) << "\x1b[J";
    } else {
      std::cout << render_lines(since, *now);
    }
    if (!(std::cout << std::flush)) return fail(kName, "cannot write to stdout");
    before = std::move(*now);
  }
  return kSuccess;
}

}  // namespace

int run_top(const Arguments& arguments) {
  Flags flags;
  CLI::App app(
      "Watches topics, rates, groups and their lag: a screen on a terminal, lines elsewhere.",
      "ottla top");
  flags.add_to(app);
  if (const auto code = parse_flags(app, arguments)) return *code;
  auto admin = open_admin(flags.cluster);
  if (!admin) return fail(kName, admin.error());
  std::signal(SIGINT, [](int) { interrupted = 1; });
  std::signal(SIGTERM, [](int) { interrupted = 1; });
  if (::isatty(STDOUT_FILENO) == 1) std::cout << "\x1b[2J";
  return watch(*admin, flags);
}

}  // namespace ottla::tools
