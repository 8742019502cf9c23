#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ottla/result.h"

namespace ottla::checker {

// What clients of a cluster did, as each of them saw it. Partitions of all topics are numbered
// through; values are unique: no two records are sent with one.

// A record that was sent. `amount` is what it adds to an account; those of a transaction add up to
// nothing, so those of all that was committed do.
struct Sent {
  std::int32_t partition = 0;
  std::uint64_t value = 0;
  std::int64_t offset = -1;  // -1: not told
  std::int64_t amount = 0;

  bool operator==(const Sent&) const = default;
};

// A record that a read_committed consumer got.
struct Polled {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::uint64_t value = 0;

  bool operator==(const Polled&) const = default;
};

// The next poll of the process does not go on where its last one ended: it sought, was assigned
// partitions, or was rewound.
struct Moved {
  bool operator==(const Moved&) const = default;
};

using Action = std::variant<Sent, Polled, Moved>;

enum class Outcome : std::uint8_t {
  aborted,    // it certainly did not happen
  committed,  // it certainly happened
  unknown,
};

// A transaction, or a send or poll outside of one, which then is an operation of its own.
struct Operation {
  Outcome outcome = Outcome::unknown;
  std::vector<Action> actions{};  // in the order in which they were done
  std::string group{};  // that took what was polled as processed by this operation; or empty

  bool operator==(const Operation&) const = default;
};

// By process, in the order in which each did them. A process that starts again is another one.
struct History {
  std::map<std::string, std::vector<Operation>> processes{};

  std::uint64_t operations() const;
};

// Takes down what one process does, a line for each event, so that a process which is killed
// leaves behind what it knew; `parse` makes operations of such lines. A killed process's last
// operation is aborted if its commit was not asked for, else unknown.
class Recorder {
 public:
  // Called with whole lines, newline included.
  using Sink = std::function<void(const std::string& line)>;
  explicit Recorder(Sink sink) : sink_(std::move(sink)) {}

  void begin(std::string_view group = {});
  void moved();
  void sent(std::int32_t partition, std::uint64_t value, std::int64_t amount = 0);
  // Of a record sent in this operation or in an earlier one.
  void acknowledged(std::uint64_t value, std::int64_t offset);
  void polled(const Polled& record);
  // From here on the operation may happen.
  void commits();
  void ended(Outcome outcome);

 private:
  Sink sink_;
};

// Error: invalid_argument with the line's number. A last line without its end is left out.
Result<std::vector<Operation>> parse(std::string_view lines);

}  // namespace ottla::checker
