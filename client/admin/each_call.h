#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "client/admin/admin_call.h"

namespace ottla::client {

// True for what can be answered otherwise a moment later; a topic that is not known is an answer.
inline bool may_change(ErrorCode code) {
  return code != ErrorCode::unknown_topic_or_partition && code != ErrorCode::unknown_topic_id &&
         code != ErrorCode::request_timed_out && Error(code).retriable();
}

// A call about several things, each of which gets an Outcome of its own: one that an Error can be
// made into. Requests ask for those that are still without.
template <class Key, class Outcome>
class EachCall : public AdminCallFor<std::map<Key, Outcome>> {
 public:
  using Outcomes = std::map<Key, Outcome>;
  using Keys = std::set<Key>;
  using AdminCallFor<Outcomes>::AdminCallFor;

  // What brokers have said of some is told even if the others were not reached.
  void fail(const Error& error) override {
    if (!some_told_ || error.code() == ErrorCode::closed) return this->answer(error);
    for (const auto& key : pending_) outcomes_.insert_or_assign(key, about(key, error));
    pending_.clear();
    answer_if_settled();
  }

 protected:
  // The error with the thing in its context.
  virtual Error about(const Key& key, const Error& error) const = 0;
  // "topic", "partition" ...
  virtual std::string_view noun() const = 0;

  // True if it is new to this call.
  bool add_pending(const Key& key) { return pending_.insert(key).second; }
  const Keys& pending() const { return pending_; }

  void settle(const Key& key, Outcome outcome) {
    pending_.erase(key);
    outcomes_.insert_or_assign(key, std::move(outcome));
  }

  // A broker has said something of some.
  void set_told() { some_told_ = true; }

  void answer_if_settled() {
    if (pending_.empty()) this->answer(std::move(outcomes_));
  }

  // Goes through `answers`, of which each of the `asked` that is pending must have one. `key_of`
  // tells the optional key in an answer; `take` gives what it makes of a key's, or why that must be
  // asked for again. True if some were settled.
  template <class Answer, class KeyOf, class Take>
  bool take_each(const Keys& asked, const std::vector<Answer>& answers, const KeyOf& key_of,
                 const Take& take) {
    std::map<Key, std::vector<const Answer*>> by_key;
    for (const auto& answer : answers) {
      const std::optional<Key> key = key_of(answer);
      if (key && pending_.contains(*key)) by_key[*key].push_back(&answer);
    }
    const auto before = pending_.size();
    for (const auto& key : asked) {
      if (!pending_.contains(key)) continue;
      const auto& found = by_key[key];
      if (found.size() != 1) {
        settle(key, not_one_answer(key, found.size()));
      } else if (auto again = take(key, *found.front())) {
        this->try_again(std::move(*again));
      }
    }
    const bool settled = pending_.size() < before;
    some_told_ = some_told_ || settled;
    answer_if_settled();
    return settled;
  }

 private:
  Error not_one_answer(const Key& key, std::size_t count) const {
    const std::string what(noun());
    return about(key,
                 Error(ErrorCode::unknown_server_error,
                       count == 0 ? "the broker's answer leaves the " + what + " out"
                                  : "the broker's answer has the " + what + " more than once"));
  }

  Keys pending_;
  Outcomes outcomes_;
  bool some_told_ = false;  // by a broker
};

// What tells the outcome of the only thing that a call is about: a Result, or an optional error.
template <class Outcomes, class T>
auto telling_the_only_one(const Promise<T>& promise) {
  return [promise](Result<Outcomes> outcomes) {
    if (!outcomes) return promise.set(std::move(outcomes).error());
    auto& outcome = outcomes->begin()->second;
    using Outcome = std::remove_reference_t<decltype(outcome)>;
    if constexpr (std::is_same_v<Outcome, Result<T>>) {
      promise.set(std::move(outcome));
    } else if constexpr (std::is_same_v<Outcome, std::optional<Error>>) {
      promise.set(outcome ? Result<void>(std::move(*outcome)) : Result<void>());
    } else {
      promise.set(outcome ? Result<void>() : Result<void>(std::move(outcome).error()));
    }
  };
}

}  // namespace ottla::client
