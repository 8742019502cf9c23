#include <algorithm>
#include <array>
#include <unordered_set>
#include <utility>

#include "tests/checker/anomaly.h"
#include "tests/checker/facts.h"

namespace ottla::checker {
namespace {

constexpr std::size_t kMostOfAKind = 10;

std::string at(std::int32_t partition, std::int64_t offset) {
  return "partition " + std::to_string(partition) + " offset " + std::to_string(offset);
}

class Check {
 public:
  Check(const History& history, const Expectations& expectations)
      : expectations_(expectations), facts_(history) {}

  std::vector<Anomaly> run() {
    check_places();
    check_values();
    for (std::size_t i = 0; i < facts_.operations().size(); ++i) check_torn(i);
    check_orders();
    check_circles();
    check_groups();
    check_sum();
    return std::move(found_);
  }

 private:
  void found(AnomalyKind kind, const std::string& what) {
    if (++counts_[static_cast<std::size_t>(kind)] <= kMostOfAKind) found_.push_back({kind, what});
  }
  bool is_lost(const ValueFacts& facts) const {
    return !facts.polled && facts.offset >= 0 &&
           facts.offset < facts_.highest_polled(facts.partition);
  }

  void check_places();
  void check_place(std::int32_t partition, std::int64_t offset, std::uint64_t value);
  void check_values();
  void check_torn(std::size_t index);
  void check_orders();
  void check_poll(std::size_t index, const Polled& polled);
  void check_send(std::size_t index, const Sent& sent);
  void check_circles();
  bool is_in_circle(std::size_t from, std::vector<std::uint8_t>& state);
  void check_groups();
  void check_sum();

  struct Last {
    std::int64_t offset;
    std::size_t operation;
  };

  const Expectations& expectations_;
  const Facts facts_;
  std::vector<Anomaly> found_;
  std::array<std::size_t, 16> counts_{};
  std::map<std::pair<std::int32_t, std::int64_t>, std::uint64_t> places_;
  std::unordered_map<std::uint64_t, std::pair<std::int32_t, std::int64_t>> offsets_;
  // Of the process that is looked at, by partition.
  std::unordered_map<std::int32_t, Last> last_polled_;
  std::unordered_map<std::int32_t, Last> last_sent_;
  std::vector<std::vector<std::size_t>> readers_;  // of each operation's records
};

void Check::check_place(std::int32_t partition, std::int64_t offset, std::uint64_t value) {
  const auto [place, is_new] = places_.emplace(std::pair(partition, offset), value);
  if (!is_new && place->second != value) {
    found(AnomalyKind::inconsistent_offsets, at(partition, offset) + " holds " +
                                                 std::to_string(place->second) + " and " +
                                                 std::to_string(value));
  }
  const auto [known, is_first] = offsets_.emplace(value, std::pair(partition, offset));
  if (!is_first && known->second != std::pair(partition, offset)) {
    found(AnomalyKind::duplicate, std::to_string(value) + " stands at " +
                                      at(known->second.first, known->second.second) + " and at " +
                                      at(partition, offset));
  }
}

void Check::check_places() {
  for (const auto& entry : facts_.operations()) {
    for (const auto& action : entry.operation->actions) {
      if (const auto* polled = std::get_if<Polled>(&action)) {
        check_place(polled->partition, polled->offset, polled->value);
      } else if (const auto* sent = std::get_if<Sent>(&action); sent && sent->offset >= 0) {
        check_place(sent->partition, sent->offset, sent->value);
      }
    }
  }
}

void Check::check_values() {
  for (const auto& [value, facts] : facts_.values()) {
    const auto name = std::to_string(value);
    if (facts.sent == nullptr) {
      found(AnomalyKind::unexpected_value,
            name + " was polled at " + at(facts.partition, facts.offset) + "; nobody sent it");
      continue;
    }
    const auto place = facts_.place(facts.sender);
    const auto outcome = facts_.operations()[facts.sender].operation->outcome;
    if (facts.polled && outcome == Outcome::aborted) {
      found(AnomalyKind::g1a, name + " of " + place + ", which was aborted, was polled at " +
                                  at(facts.partition, facts.offset));
    }
    if (facts.polled || outcome != Outcome::committed) continue;
    if (is_lost(facts)) {
      found(AnomalyKind::lost_write,
            name + " of " + place + " is not at " + at(facts.partition, facts.offset));
    } else if (expectations_.complete) {
      found(AnomalyKind::unseen,
            name + " of " + place + " is nowhere in partition " + std::to_string(facts.partition));
    }
  }
}

// Part of it was polled; of the rest some must have been, had it been there.
void Check::check_torn(std::size_t index) {
  std::string there;
  std::string missing;
  for (const auto& action : facts_.operations()[index].operation->actions) {
    const auto* sent = std::get_if<Sent>(&action);
    if (sent == nullptr) continue;
    const auto& facts = *facts_.find(sent->value);
    if (facts.polled) there = std::to_string(sent->value);
    if (!facts.polled && (expectations_.complete || is_lost(facts))) {
      missing = std::to_string(sent->value);
    }
  }
  if (there.empty() || missing.empty()) return;
  found(AnomalyKind::torn_transaction,
        "of " + facts_.place(index) + ' ' + there + " was polled and " + missing + " was not");
}

void Check::check_orders() {
  const std::string* process = nullptr;
  for (std::size_t i = 0; i < facts_.operations().size(); ++i) {
    const auto& entry = facts_.operations()[i];
    if (entry.process != process) {
      last_polled_.clear();
      last_sent_.clear();
      process = entry.process;
    }
    for (const auto& action : entry.operation->actions) {
      if (const auto* polled = std::get_if<Polled>(&action)) {
        check_poll(i, *polled);
      } else if (const auto* sent = std::get_if<Sent>(&action)) {
        check_send(i, *sent);
      } else {
        last_polled_.clear();
      }
    }
  }
}

void Check::check_poll(std::size_t index, const Polled& polled) {
  const auto [last, is_first] =
      last_polled_.try_emplace(polled.partition, Last{polled.offset, index});
  if (is_first) return;
  const auto before = std::exchange(last->second, Last{polled.offset, index});
  const std::string how = (before.operation == index ? "internal: " : "external: ") +
                          facts_.place(index) + " polled " + at(polled.partition, polled.offset) +
                          " after " + std::to_string(before.offset);
  if (polled.offset <= before.offset) {
    found(AnomalyKind::nonmonotonic_poll, how);
    return;
  }
  const auto skipped = facts_.visible(polled.partition).upper_bound(before.offset);
  if (skipped != facts_.visible(polled.partition).end() && skipped->first < polled.offset) {
    found(AnomalyKind::poll_skip, how + ", and not " + std::to_string(skipped->second) + " at " +
                                      std::to_string(skipped->first));
  }
}

void Check::check_send(std::size_t index, const Sent& sent) {
  if (sent.offset < 0) return;
  const auto [last, is_first] = last_sent_.try_emplace(sent.partition, Last{sent.offset, index});
  if (is_first) return;
  const auto before = std::exchange(last->second, Last{sent.offset, index});
  if (sent.offset > before.offset) return;
  found(AnomalyKind::nonmonotonic_send, (before.operation == index ? "internal: " : "external: ") +
                                            facts_.place(index) + " sent to " +
                                            at(sent.partition, sent.offset) + " after " +
                                            std::to_string(before.offset));
}

// Whoever polls a record depends on who sent it, so its sender cannot depend on the reader.
void Check::check_circles() {
  readers_.resize(facts_.operations().size());
  for (std::size_t i = 0; i < facts_.operations().size(); ++i) {
    if (facts_.operations()[i].operation->outcome == Outcome::aborted) continue;
    for (const auto& action : facts_.operations()[i].operation->actions) {
      const auto* polled = std::get_if<Polled>(&action);
      if (polled == nullptr) continue;
      const auto& facts = *facts_.find(polled->value);
      if (facts.sent != nullptr) readers_[facts.sender].push_back(i);
    }
  }
  std::vector<std::uint8_t> state(readers_.size(), 0);
  for (std::size_t i = 0; i < readers_.size(); ++i) {
    if (state[i] == 0 && is_in_circle(i, state)) return;  // one is enough to look at
  }
}

// Goes through the graph in depth, without recursion. 1: on the path, 2: done.
bool Check::is_in_circle(std::size_t from, std::vector<std::uint8_t>& state) {
  std::vector<std::pair<std::size_t, std::size_t>> path{{from, 0}};
  state[from] = 1;
  while (!path.empty()) {
    auto& [operation, next] = path.back();
    if (next == readers_[operation].size()) {
      state[operation] = 2;
      path.pop_back();
      continue;
    }
    const auto reader = readers_[operation][next++];
    if (state[reader] == 1) {
      std::string circle;
      const auto start = std::find_if(path.begin(), path.end(),
                                      [reader](const auto& step) { return step.first == reader; });
      for (auto step = start; step != path.end(); ++step)
        circle += facts_.place(step->first) + " -> ";
      found(AnomalyKind::g1c, circle + facts_.place(reader));
      return true;
    }
    if (state[reader] == 0) {
      state[reader] = 1;
      path.emplace_back(reader, 0);
    }
  }
  return false;
}

void Check::check_groups() {
  std::map<std::string, std::unordered_map<std::uint64_t, std::size_t>> processed;
  std::map<std::string, std::unordered_set<std::uint64_t>> perhaps;
  for (std::size_t i = 0; i < facts_.operations().size(); ++i) {
    const auto& operation = *facts_.operations()[i].operation;
    if (operation.group.empty() || operation.outcome == Outcome::aborted) continue;
    for (const auto& action : operation.actions) {
      const auto* polled = std::get_if<Polled>(&action);
      if (polled == nullptr) continue;
      perhaps[operation.group].insert(polled->value);
      if (!facts_.happened(i)) continue;
      const auto [first, is_first] = processed[operation.group].emplace(polled->value, i);
      if (is_first) continue;
      found(AnomalyKind::consumed_twice, std::to_string(polled->value) + " by " +
                                             facts_.place(first->second) + " and by " +
                                             facts_.place(i) + " of " + operation.group);
    }
  }
  for (const auto& [group, partitions] : expectations_.consumed) {
    for (const auto partition : partitions) {
      for (const auto& [offset, value] : facts_.visible(partition)) {
        if (perhaps[group].contains(value)) continue;
        found(AnomalyKind::unconsumed, at(partition, offset) + " by " + group);
      }
    }
  }
}

void Check::check_sum() {
  std::int64_t sum = 0;
  for (const auto& [value, facts] : facts_.values()) {
    if (facts.sent != nullptr && facts.polled) sum += facts.sent->amount;
  }
  if (sum != 0 && expectations_.complete) {
    found(AnomalyKind::wrong_sum, "all that was polled adds up to " + std::to_string(sum));
  }
}

}  // namespace

std::string_view name_of(AnomalyKind kind) {
  switch (kind) {
    case AnomalyKind::g1a:
      return "G1a";
    case AnomalyKind::lost_write:
      return "lost-write";
    case AnomalyKind::duplicate:
      return "duplicate";
    case AnomalyKind::inconsistent_offsets:
      return "inconsistent-offsets";
    case AnomalyKind::poll_skip:
      return "poll-skip";
    case AnomalyKind::nonmonotonic_poll:
      return "nonmonotonic-poll";
    case AnomalyKind::nonmonotonic_send:
      return "nonmonotonic-send";
    case AnomalyKind::unseen:
      return "unseen";
    case AnomalyKind::torn_transaction:
      return "torn-transaction";
    case AnomalyKind::g1c:
      return "G1c";
    case AnomalyKind::unexpected_value:
      return "unexpected-value";
    case AnomalyKind::consumed_twice:
      return "consumed-twice";
    case AnomalyKind::unconsumed:
      return "unconsumed";
    case AnomalyKind::wrong_sum:
      return "wrong-sum";
  }
  return "?";
}

std::vector<Anomaly> check(const History& history, const Expectations& expectations) {
  return Check(history, expectations).run();
}

std::string describe(const std::vector<Anomaly>& anomalies) {
  std::string text;
  for (const auto& anomaly : anomalies) {
    text += std::string(name_of(anomaly.kind)) + ": " + anomaly.what + '\n';
  }
  return text;
}

}  // namespace ottla::checker
