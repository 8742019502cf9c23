#include "tests/interop/assignors/assignor_cases.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <sstream>

namespace ottla::interop {
namespace {

using Assignments = ConsumerPartitionAssignor::Assignments;

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, at);) parts.push_back(part);
  return parts;
}

std::vector<std::string> list(const std::string& text, char at) {
  return text == "-" ? std::vector<std::string>() : split(text, at);
}

std::vector<TopicPartition> partitions(const std::string& text) {
  std::vector<TopicPartition> read;
  for (const auto& each : list(text, ',')) {
    const auto dash = each.rfind('-');
    read.push_back({each.substr(0, dash), std::stoi(each.substr(dash + 1))});
  }
  return read;
}

std::optional<std::string> optional(const std::string& text) {
  if (text == "-") return std::nullopt;
  return text;
}

std::optional<Bytes> bytes(const std::string& hex) {
  if (hex == "null") return std::nullopt;
  Bytes read;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    int value = 0;
    std::from_chars(hex.data() + i, hex.data() + i + 2, value, 16);
    read.push_back(static_cast<char>(value));
  }
  return read;
}

AssignableTopic read_topic(std::istringstream& line) {
  std::string name;
  std::string racks;
  line >> name >> racks;
  AssignableTopic topic{name, {}};
  for (const auto& each : split(racks, ',')) topic.partition_racks.push_back(list(each, '+'));
  return topic;
}

GroupMember read_member(std::istringstream& line) {
  std::string id;
  std::string instance;
  std::string rack;
  std::int32_t generation = -1;
  std::string data;
  std::string topics;
  std::string owned;
  line >> id >> instance >> rack >> generation >> data >> topics >> owned;
  GroupMember member{id, {}};
  auto& said = member.subscription;
  said.topics = list(topics, ',');
  said.user_data = bytes(data);
  said.owned_partitions = partitions(owned);
  if (generation >= 0) said.generation_id = generation;
  said.rack_id = optional(rack);
  said.group_instance_id = optional(instance);
  return member;
}

using Sets = std::map<std::string, std::set<TopicPartition>>;

Sets to_sets(const Assignments& assignments) {
  Sets sets;
  for (const auto& [member, given] : assignments) {
    sets[member] = {given.partitions.begin(), given.partitions.end()};
  }
  return sets;
}

bool subscriptions_equal(const AssignorCase& c) {
  const auto topics_of = [](const GroupMember& member) {
    const auto& topics = member.subscription.topics;
    return std::set<std::string>(topics.begin(), topics.end());
  };
  return std::all_of(c.members.begin(), c.members.end(), [&](const auto& member) {
    return topics_of(member) == topics_of(c.members.front());
  });
}

// Every partition that somebody wants goes to one who wants it; one that moves may go to nobody.
std::string why_invalid(const AssignorCase& c, const Assignments& given) {
  std::set<TopicPartition> owned;
  std::set<TopicPartition> wanted;
  std::map<std::string, std::set<std::string>> topics_of;
  for (const auto& member : c.members) {
    const auto& said = member.subscription;
    owned.insert(said.owned_partitions.begin(), said.owned_partitions.end());
    topics_of[member.member_id] = {said.topics.begin(), said.topics.end()};
    for (const auto& topic : c.topics) {
      if (!topics_of[member.member_id].contains(topic.name)) continue;
      for (std::int32_t p = 0; p < topic.partition_count(); ++p) wanted.insert({topic.name, p});
    }
  }
  std::set<TopicPartition> seen;
  for (const auto& [member, assignment] : given) {
    for (const auto& partition : assignment.partitions) {
      if (!seen.insert(partition).second) return to_string(partition) + " is given twice";
      if (!topics_of[member].contains(partition.topic)) return member + " did not subscribe";
    }
  }
  for (const auto& partition : wanted) {
    if (!seen.contains(partition) && !owned.contains(partition)) {
      return to_string(partition) + " is given to nobody";
    }
  }
  return {};
}

std::size_t imbalance(const Assignments& given) {
  std::size_t sum = 0;
  for (const auto& [left, a] : given) {
    for (const auto& [right, b] : given) {
      if (a.partitions.size() > b.partitions.size())
        sum += a.partitions.size() - b.partitions.size();
    }
  }
  return sum;
}

// How many partitions stay with a member that says it has them.
std::int64_t kept(const AssignorCase& c, const Assignments& given) {
  std::int64_t sum = 0;
  for (const auto& member : c.members) {
    const auto& owned = member.subscription.owned_partitions;
    const std::set<TopicPartition> had(owned.begin(), owned.end());
    const auto found = given.find(member.member_id);
    if (found == given.end()) continue;
    for (const auto& partition : found->second.partitions) sum += had.contains(partition) ? 1 : 0;
  }
  return sum;
}

}  // namespace

std::optional<AssignorCase> read_case(std::istream& in) {
  AssignorCase read;
  for (std::string text; std::getline(in, text);) {
    if (text.starts_with("#")) continue;
    read.text += text + "\n";
    std::istringstream line(text);
    std::string what;
    line >> what;
    if (what == "end") return read;
    if (what == "case") {
      line >> read.assignor;
    } else if (what == "topic") {
      read.topics.push_back(read_topic(line));
    } else if (what == "member") {
      read.members.push_back(read_member(line));
    } else if (what == "hangs") {
      read.hangs = true;
    } else if (what == "gives") {
      std::string member;
      std::string given;
      line >> member >> given;
      read.expected[member].partitions = partitions(given);
    } else {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

Verdict judge(const AssignorCase& c) {
  const auto factory = assignor_by_name(c.assignor);
  if (!factory) return {.problem = factory.error().to_string()};
  const auto given = (*factory)()->assign(c.topics, c.members);
  Verdict verdict;
  if (c.hangs) {
    verdict.problem = why_invalid(c, given);
    return verdict;
  }
  verdict.equal = to_sets(given) == to_sets(c.expected);
  if (verdict.equal) return verdict;
  if (subscriptions_equal(c) || !c.assignor.ends_with("sticky")) {
    verdict.problem = "the answer is not Apache Kafka's:";
    for (const auto& [member, assignment] : given) {
      verdict.problem += "\nours " + member;
      for (const auto& partition : assignment.partitions) {
        verdict.problem += " " + to_string(partition);
      }
    }
    return verdict;
  }
  verdict.problem = why_invalid(c, given);
  // Apache Kafka deals to members that subscribe to nothing if such a one comes first.
  if (!verdict.problem.empty() || !why_invalid(c, c.expected).empty()) return verdict;
  if (c.assignor == "sticky" && imbalance(given) > imbalance(c.expected)) {
    verdict.problem = "the answer is less even than Apache Kafka's";
  }
  verdict.kept_more = kept(c, given) - kept(c, c.expected);
  return verdict;
}

}  // namespace ottla::interop
