#include "tools/top_screen.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cstdio>
#include <utility>
#include <vector>

#include "tools/text/printable.h"

namespace ottla::tools {
namespace {

namespace json = boost::json;

// One thing with what happens to it in a second; none: it was not there before.
template <class T>
struct Rated {
  std::string name;
  const T* value = nullptr;
  std::optional<double> rate{};
};

// Those with the highest rates first, else by name.
template <class T, class CountOf>
std::vector<Rated<T>> rated(const std::map<std::string, T>& before,
                            const std::map<std::string, T>& now, double seconds,
                            const CountOf& count_of) {
  std::vector<Rated<T>> all;
  for (const auto& [name, value] : now) {
    auto& each = all.emplace_back(Rated<T>{name, &value});
    const auto found = before.find(name);
    if (found == before.end() || seconds <= 0) continue;
    each.rate = static_cast<double>(count_of(value) - count_of(found->second)) / seconds;
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a.rate.value_or(0) > b.rate.value_or(0);
  });
  return all;
}

struct Rates {
  Rates(const TopSample& before, const TopSample& now) {
    const auto seconds = std::chrono::duration<double>(now.taken - before.taken).count();
    topics = rated(before.topics, now.topics, seconds, [](const auto& each) { return each.ends; });
    groups =
        rated(before.groups, now.groups, seconds, [](const auto& each) { return each.committed; });
  }

  std::vector<Rated<TopSample::Topic>> topics;
  std::vector<Rated<TopSample::Group>> groups;
};

std::string text_of(std::optional<double> rate) {
  if (!rate) return "-";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f", *rate);
  return text.data();
}

std::string text_of(std::optional<std::int64_t> number) {
  return number ? std::to_string(*number) : "-";
}

using Line = std::vector<std::string>;

// The first column as wide as the screen leaves it, the others to the right.
std::string aligned(const Line& line, std::size_t columns) {
  constexpr std::size_t kNumber = 14;
  const auto numbers = (line.size() - 1) * kNumber;
  const auto width = columns > numbers + 8 ? columns - numbers : 8;
  std::string text = line[0].substr(0, width - 1);
  text.resize(std::max(width, text.size()), ' ');
  for (std::size_t i = 1; i < line.size(); ++i) {
    text += std::string(kNumber - std::min(kNumber, line[i].size()), ' ') + line[i];
  }
  return text;
}

std::string head_of(const TopSample& now) {
  return "cluster " + now.cluster_id + ", " + std::to_string(now.brokers) + " brokers, " +
         std::to_string(now.topics.size()) + " topics, " + std::to_string(now.groups.size()) +
         " groups";
}

Line line_of(const Rated<TopSample::Topic>& topic) {
  return {printable(topic.name), std::to_string(topic.value->partitions),
          std::to_string(topic.value->records), text_of(topic.rate)};
}

Line line_of(const Rated<TopSample::Group>& group) {
  return {printable(group.name), std::string(to_string(group.value->state)),
          std::to_string(group.value->members), text_of(group.value->lag), text_of(group.rate)};
}

// The column names and at most so many lines, of which the last says how many are left out.
template <class T>
void add_table(std::vector<std::string>& lines, const Line& names,
               const std::vector<Rated<T>>& things, std::size_t room, std::size_t columns) {
  lines.push_back("\x1b[7m" + aligned(names, columns) + "\x1b[0m");
  const auto shown = things.size() <= room ? things.size() : std::max<std::size_t>(room, 1) - 1;
  for (std::size_t i = 0; i < shown; ++i) lines.push_back(aligned(line_of(things[i]), columns));
  if (shown < things.size()) {
    lines.push_back("... and " + std::to_string(things.size() - shown) + " more");
  }
}

json::value value_of(std::optional<double> number) {
  return number ? json::value(*number) : json::value(nullptr);
}

json::value value_of(std::optional<std::int64_t> number) {
  return number ? json::value(*number) : json::value(nullptr);
}

}  // namespace

std::string render_screen(const TopSample& before, const TopSample& now, const TopScreen& screen) {
  const Rates rates(before, now);
  std::vector<std::string> lines = {head_of(now), printable(now.fault)};
  // Two heads, an empty line between the tables, and the line of the cursor.
  const auto room = screen.rows > lines.size() + 6 ? screen.rows - lines.size() - 4 : 2;
  const auto half = room / 2;
  const auto groups_want = std::max<std::size_t>(rates.groups.size(), 1);
  const auto topics_room = std::max(half, room - std::min(room, groups_want));
  add_table(lines, {"TOPIC", "PARTITIONS", "RECORDS", "RECORDS/S"}, rates.topics, topics_room,
            screen.columns);
  lines.emplace_back();
  const auto used = std::min(rates.topics.size(), topics_room);
  add_table(lines, {"GROUP", "STATE", "MEMBERS", "LAG", "RECORDS/S"}, rates.groups, room - used,
            screen.columns);
  std::string text;
  for (const auto& line : lines) text += line + "\x1b[K\n";
  return text;
}

std::string render_lines(const TopSample& before, const TopSample& now) {
  const Rates rates(before, now);
  std::string text = head_of(now) + "\n";
  if (!now.fault.empty()) text += "fault: " + printable(now.fault) + "\n";
  for (const auto& topic : rates.topics) {
    const auto line = line_of(topic);
    text += "topic " + line[0] + ": partitions " + line[1] + ", records " + line[2] +
            ", records/s " + line[3] + "\n";
  }
  for (const auto& group : rates.groups) {
    const auto line = line_of(group);
    text += "group " + line[0] + ": " + line[1] + ", members " + line[2] + ", lag " + line[3] +
            ", records/s " + line[4] + "\n";
  }
  return text;
}

std::string render_json(const TopSample& before, const TopSample& now) {
  const Rates rates(before, now);
  json::array topics;
  for (const auto& [name, topic, rate] : rates.topics) {
    topics.push_back({{"topic", name},
                      {"partitions", topic->partitions},
                      {"withoutLeader", topic->without_leader},
                      {"records", topic->records},
                      {"recordsPerSecond", value_of(rate)}});
  }
  json::array groups;
  for (const auto& [name, group, rate] : rates.groups) {
    groups.push_back({{"group", name},
                      {"state", to_string(group->state)},
                      {"members", group->members},
                      {"lag", value_of(group->lag)},
                      {"recordsPerSecond", value_of(rate)}});
  }
  json::object object{{"clusterId", now.cluster_id},
                      {"brokers", now.brokers},
                      {"topics", std::move(topics)},
                      {"groups", std::move(groups)}};
  if (!now.fault.empty()) object["fault"] = now.fault;
  return json::serialize(object) + "\n";
}

}  // namespace ottla::tools
