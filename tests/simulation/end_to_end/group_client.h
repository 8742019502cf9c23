#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/lifetime.h"
#include "client/consumer/consumer_core.h"
#include "tests/simulation/simulation.h"

namespace ottla::simulation {

// What a group of consumers did to the partitions of one topic, and whether that can be.
class GroupHistory {
 public:
  explicit GroupHistory(std::int32_t partitions)
      : first_missing_(static_cast<std::size_t>(partitions)) {}

  // Wrong if what lies before it was not: nobody may begin behind what has not been processed.
  void processed(const std::string& who, std::int32_t partition, std::int64_t offset);
  std::int64_t first_missing(std::int32_t partition) const { return first_missing_[at(partition)]; }
  std::uint64_t count() const;

  // Somebody has got or given up partitions; how often that was.
  void note_change() { ++changes_; }
  std::uint64_t changes() const { return changes_; }

  void wrong(const std::string& what) { wrong_.push_back(what); }
  const std::vector<std::string>& wrongs() const { return wrong_; }

 private:
  static std::size_t at(std::int32_t partition) { return static_cast<std::size_t>(partition); }
  std::vector<std::int64_t> first_missing_;
  std::uint64_t changes_ = 0;
  std::vector<std::string> wrong_;
};

// One member: takes a batch, works on it for a while, and only then asks for the next.
class GroupClient {
 public:
  struct Options {
    std::string topic;
    bool commits_too_early = false;   // a bug: before the work is done
    std::function<void()> on_fenced;  // its instance id was taken for another's: it can do no more
  };
  GroupClient(SimNode& node, const ConsumerConfig& config, GroupHistory& history, Options options);
  ~GroupClient();

  const std::set<TopicPartition>& owned() const { return owned_; }
  // In which it got what it owns.
  std::int32_t generation() const { return generation_; }
  const std::string& name() const { return name_; }
  bool closing() const { return closing_; }
  void leave(std::function<void()> done);
  client::ConsumerCore& core() { return *core_; }

 private:
  class Listener;

  void ask();
  void work(const Result<ConsumerRecords>& records);

  SimNode& node_;
  const std::string name_;
  GroupHistory& history_;
  const Options options_;
  base::Random random_;
  bool commits_by_hand_;
  std::shared_ptr<client::ConsumerCore> core_;
  std::set<TopicPartition> owned_;
  std::int32_t generation_ = -1;
  bool closing_ = false;
  std::shared_ptr<void> alive_;  // for the listener, which may outlive this
  base::Lifetime lifetime_;
};

}  // namespace ottla::simulation
