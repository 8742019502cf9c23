#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/checker/history.h"

namespace ottla::checker {

// What the whole history says about one value.
struct ValueFacts {
  const Sent* sent = nullptr;
  std::size_t sender = 0;  // index of an operation
  bool polled = false;
  std::int32_t partition = -1;
  std::int64_t offset = -1;  // where it was polled first, else where it was acknowledged
};

// All operations with an index each, and what they tell of values and offsets. Refers to the
// history, which outlives it.
class Facts {
 public:
  explicit Facts(const History& history);

  struct Entry {
    const std::string* process;
    std::size_t number;  // of the operations of its process, from 0
    const Operation* operation;
  };
  const std::vector<Entry>& operations() const { return operations_; }
  const std::unordered_map<std::uint64_t, ValueFacts>& values() const { return values_; }
  const ValueFacts* find(std::uint64_t value) const;

  // An unknown outcome is committed once a record of it was polled.
  bool happened(std::size_t operation) const;

  // Records that consumers must not pass over: polled by somebody, or committed with a known
  // offset.
  using Visible = std::map<std::int64_t, std::uint64_t>;
  const Visible& visible(std::int32_t partition) const;
  // -1: nothing was polled.
  std::int64_t highest_polled(std::int32_t partition) const;

  std::string place(std::size_t operation) const;

 private:
  void take(std::size_t index);

  std::vector<Entry> operations_;
  std::unordered_map<std::uint64_t, ValueFacts> values_;
  std::unordered_map<std::int32_t, Visible> visible_;
  std::unordered_map<std::int32_t, std::int64_t> highest_;
  std::vector<bool> happened_;
};

}  // namespace ottla::checker
