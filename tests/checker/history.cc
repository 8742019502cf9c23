#include "tests/checker/history.h"

#include <charconv>
#include <optional>
#include <unordered_map>
#include <utility>

namespace ottla::checker {
namespace {

// Reads the fields of one line, which are parted by single spaces.
class Fields {
 public:
  explicit Fields(std::string_view line) : rest_(line) {}

  std::string_view word() {
    const auto end = rest_.find(' ');
    const auto found = rest_.substr(0, end);
    rest_ = end == std::string_view::npos ? std::string_view() : rest_.substr(end + 1);
    return found;
  }

  template <typename T>
  T number() {
    const auto text = word();
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) valid_ = false;
    return value;
  }

  bool ended_well() const { return valid_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool valid_ = true;
};

class Parser {
 public:
  bool take(std::string_view line) {
    Fields fields(line);
    const auto what = fields.word();
    if (what == "begin") {
      close();
      open_ = Operation{
          .outcome = Outcome::aborted, .actions = {}, .group = std::string(fields.word())};
    } else if (what == "acknowledged") {
      const auto value = fields.number<std::uint64_t>();
      acknowledged_[value] = fields.number<std::int64_t>();
    } else if (!open_) {
      return false;
    } else if (what == "moved") {
      open_->actions.emplace_back(Moved{});
    } else if (what == "sent") {
      Sent sent;
      sent.partition = fields.number<std::int32_t>();
      sent.value = fields.number<std::uint64_t>();
      sent.amount = fields.number<std::int64_t>();
      open_->actions.emplace_back(sent);
    } else if (what == "polled") {
      Polled polled;
      polled.partition = fields.number<std::int32_t>();
      polled.offset = fields.number<std::int64_t>();
      polled.value = fields.number<std::uint64_t>();
      open_->actions.emplace_back(polled);
    } else if (what == "commits") {
      open_->outcome = Outcome::unknown;
    } else if (what == "ended") {
      const auto outcome = fields.word();
      open_->outcome = outcome == "committed" ? Outcome::committed
                       : outcome == "aborted" ? Outcome::aborted
                                              : Outcome::unknown;
      close();
    } else {
      return false;
    }
    return fields.ended_well();
  }

  std::vector<Operation> finish() {
    close();
    for (auto& operation : operations_) {
      for (auto& action : operation.actions) {
        auto* sent = std::get_if<Sent>(&action);
        if (sent == nullptr) continue;
        const auto found = acknowledged_.find(sent->value);
        if (found != acknowledged_.end()) sent->offset = found->second;
      }
    }
    return std::move(operations_);
  }

 private:
  void close() {
    if (open_) operations_.push_back(std::move(*open_));
    open_.reset();
  }

  std::optional<Operation> open_;
  std::vector<Operation> operations_;
  std::unordered_map<std::uint64_t, std::int64_t> acknowledged_;
};

}  // namespace

std::uint64_t History::operations() const {
  std::uint64_t sum = 0;
  for (const auto& [process, operations] : processes) sum += operations.size();
  return sum;
}

void Recorder::begin(std::string_view group) {
  sink_("begin " + std::string(group) + "\n");
}
void Recorder::moved() {
  sink_("moved\n");
}
void Recorder::sent(std::int32_t partition, std::uint64_t value, std::int64_t amount) {
  sink_("sent " + std::to_string(partition) + ' ' + std::to_string(value) + ' ' +
        std::to_string(amount) + '\n');
}
void Recorder::acknowledged(std::uint64_t value, std::int64_t offset) {
  sink_("acknowledged " + std::to_string(value) + ' ' + std::to_string(offset) + '\n');
}
void Recorder::polled(const Polled& record) {
  sink_("polled " + std::to_string(record.partition) + ' ' + std::to_string(record.offset) + ' ' +
        std::to_string(record.value) + '\n');
}
void Recorder::commits() {
  sink_("commits\n");
}
void Recorder::ended(Outcome outcome) {
  sink_(outcome == Outcome::committed ? "ended committed\n"
        : outcome == Outcome::aborted ? "ended aborted\n"
                                      : "ended unknown\n");
}

Result<std::vector<Operation>> parse(std::string_view lines) {
  Parser parser;
  for (std::size_t number = 1;; ++number) {
    const auto end = lines.find('\n');
    if (end == std::string_view::npos) return parser.finish();
    if (!parser.take(lines.substr(0, end))) {
      return Error(ErrorCode::invalid_argument,
                   "line " + std::to_string(number) +
                       " of a history cannot be read: " + std::string(lines.substr(0, end)));
    }
    lines.remove_prefix(end + 1);
  }
}

}  // namespace ottla::checker
