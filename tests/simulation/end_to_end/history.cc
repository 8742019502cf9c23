#include "tests/simulation/end_to_end/history.h"

#include <algorithm>
#include <charconv>
#include <set>

namespace ottla::simulation {
namespace {

std::string place(std::int32_t partition, const SeenRecord& seen) {
  return "record " + std::to_string(seen.number) + " at " + std::to_string(partition) + "@" +
         std::to_string(seen.offset);
}

const SeenRecord* find_offset(const History::Log& log, std::int64_t offset) {
  const auto found =
      std::lower_bound(log.begin(), log.end(), offset,
                       [](const SeenRecord& seen, std::int64_t at) { return seen.offset < at; });
  return found != log.end() && found->offset == offset ? &*found : nullptr;
}

}  // namespace

std::string History::value_of(std::uint64_t number) {
  std::string value = std::to_string(number) + ":";
  const std::size_t length = number % 17 == 0 ? 300 + number % 1000 : number % 40;
  value.append(length, static_cast<char>('a' + number % 26));
  return value;
}

std::string History::send(std::int32_t partition) {
  sent_.push_back({partition});
  return value_of(sent_.size());
}

void History::outcome(std::uint64_t number, const Result<RecordMetadata>& result) {
  Sent& sent = sent_.at(number - 1);
  if (sent.has_outcome) {
    wrong_outcomes_.push_back("record " + std::to_string(number) + " has two outcomes");
    return;
  }
  sent.has_outcome = true;
  ++outcomes_;
  if (!result) {
    if (!first_failure_) first_failure_ = result.error();
    return;
  }
  ++acknowledged_;
  sent.acknowledged = true;
  sent.offset = result->offset();
  if (result->partition() != sent.partition) {
    wrong_outcomes_.push_back("record " + std::to_string(number) + " went to another partition");
  }
}

SeenRecord History::identify(std::int32_t partition, std::int64_t offset, BytesView value) const {
  std::uint64_t number = 0;
  std::from_chars(value.data(), value.data() + value.size(), number);
  const bool known = number >= 1 && number <= sent_.size() &&
                     sent_[number - 1].partition == partition && value == value_of(number);
  return {offset, known ? number : 0};
}

void History::read(std::int32_t partition, std::int64_t offset, BytesView value) {
  read_.at(static_cast<std::size_t>(partition)).push_back(identify(partition, offset, value));
}

std::uint64_t History::records_read(std::int32_t partition) const {
  return read_.at(static_cast<std::size_t>(partition)).size();
}

std::vector<std::string> History::check(const std::vector<Log>& logs,
                                        const Guarantees& guarantees) const {
  std::vector<std::string> wrong = wrong_outcomes_;
  for (std::size_t i = 0; i < logs.size(); ++i) {
    const auto partition = static_cast<std::int32_t>(i);
    check_log(partition, logs[i], guarantees, wrong);
    check_order(partition, logs[i], wrong);
    check_read(partition, logs[i], wrong);
  }
  if (guarantees.acknowledged_survive) check_acknowledged(logs, wrong);
  return wrong;
}

// Nothing is invented, nothing is there twice, offsets have no gaps.
void History::check_log(std::int32_t partition, const Log& log, const Guarantees& guarantees,
                        std::vector<std::string>& wrong) const {
  std::set<std::uint64_t> numbers;
  for (std::size_t i = 0; i < log.size(); ++i) {
    if (log[i].number == 0) {
      wrong.push_back("invented: " + place(partition, log[i]));
    } else if (!numbers.insert(log[i].number).second && guarantees.no_duplicates) {
      wrong.push_back("duplicated: " + place(partition, log[i]));
    }
    if (log[i].offset != static_cast<std::int64_t>(i)) {
      wrong.push_back("a gap before " + place(partition, log[i]));
      return;
    }
  }
}

void History::check_acknowledged(const std::vector<Log>& logs,
                                 std::vector<std::string>& wrong) const {
  std::vector<bool> there(sent_.size() + 1, false);
  for (const Log& log : logs) {
    for (const SeenRecord& seen : log) there[seen.number] = true;
  }
  for (std::size_t i = 0; i < sent_.size(); ++i) {
    const Sent& sent = sent_[i];
    if (!sent.acknowledged) continue;
    const SeenRecord told{sent.offset, i + 1};
    if (!there[i + 1]) {
      wrong.push_back("lost though acknowledged: " + place(sent.partition, told));
      continue;
    }
    if (sent.offset < 0) continue;
    const auto* found = find_offset(logs.at(static_cast<std::size_t>(sent.partition)), sent.offset);
    if (found == nullptr || found->number != told.number) {
      wrong.push_back("not where the acknowledgement said: " + place(sent.partition, told));
    }
  }
}

// Those that were acknowledged stand, where they first stand, in the order in which they were sent.
void History::check_order(std::int32_t partition, const Log& log,
                          std::vector<std::string>& wrong) const {
  std::set<std::uint64_t> numbers;
  std::uint64_t last = 0;
  for (const SeenRecord& seen : log) {
    if (seen.number == 0 || !sent_[seen.number - 1].acknowledged) continue;
    if (!numbers.insert(seen.number).second) continue;
    if (seen.number < last) {
      wrong.push_back("out of order, after " + std::to_string(last) + ": " +
                      place(partition, seen));
      return;
    }
    last = seen.number;
  }
}

// The consumer saw the log from its beginning, record by record, and nothing else.
void History::check_read(std::int32_t partition, const Log& log,
                         std::vector<std::string>& wrong) const {
  const Log& read = read_.at(static_cast<std::size_t>(partition));
  for (std::size_t i = 0; i < read.size(); ++i) {
    if (i < log.size() && read[i] == log[i]) continue;
    wrong.push_back("the consumer read what is not there: " + place(partition, read[i]));
    return;
  }
  if (read.size() < log.size()) {
    wrong.push_back("the consumer did not read " + place(partition, log[read.size()]));
  }
}

}  // namespace ottla::simulation
