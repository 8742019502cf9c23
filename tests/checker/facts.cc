#include "tests/checker/facts.h"

#include <algorithm>

namespace ottla::checker {

Facts::Facts(const History& history) {
  for (const auto& [process, operations] : history.processes) {
    for (std::size_t i = 0; i < operations.size(); ++i) {
      operations_.push_back({&process, i, &operations[i]});
    }
  }
  for (std::size_t i = 0; i < operations_.size(); ++i) take(i);
  happened_.resize(operations_.size());
  for (std::size_t i = 0; i < operations_.size(); ++i) {
    happened_[i] = operations_[i].operation->outcome == Outcome::committed;
  }
  for (const auto& [value, facts] : values_) {
    if (facts.sent == nullptr || !facts.polled) continue;
    const auto outcome = operations_[facts.sender].operation->outcome;
    if (outcome == Outcome::unknown) happened_[facts.sender] = true;
  }
  for (const auto& [value, facts] : values_) {
    const bool committed = facts.sent != nullptr && happened_[facts.sender];
    if (facts.offset >= 0 && (facts.polled || committed)) {
      visible_[facts.partition].emplace(facts.offset, value);
    }
  }
}

void Facts::take(std::size_t index) {
  for (const auto& action : operations_[index].operation->actions) {
    if (const auto* sent = std::get_if<Sent>(&action)) {
      auto& facts = values_[sent->value];
      facts.sent = sent;
      facts.sender = index;
      if (facts.polled) continue;
      facts.partition = sent->partition;
      facts.offset = sent->offset;
    } else if (const auto* polled = std::get_if<Polled>(&action)) {
      auto& facts = values_[polled->value];
      auto& highest = highest_.try_emplace(polled->partition, -1).first->second;
      highest = std::max(highest, polled->offset);
      if (facts.polled) continue;
      facts.polled = true;
      facts.partition = polled->partition;
      facts.offset = polled->offset;
    }
  }
}

const ValueFacts* Facts::find(std::uint64_t value) const {
  const auto found = values_.find(value);
  return found == values_.end() ? nullptr : &found->second;
}

bool Facts::happened(std::size_t operation) const {
  return happened_[operation];
}

const Facts::Visible& Facts::visible(std::int32_t partition) const {
  static const Visible kNothing;
  const auto found = visible_.find(partition);
  return found == visible_.end() ? kNothing : found->second;
}

std::int64_t Facts::highest_polled(std::int32_t partition) const {
  const auto found = highest_.find(partition);
  return found == highest_.end() ? -1 : found->second;
}

std::string Facts::place(std::size_t operation) const {
  const auto& entry = operations_[operation];
  return *entry.process + '#' + std::to_string(entry.number);
}

}  // namespace ottla::checker
