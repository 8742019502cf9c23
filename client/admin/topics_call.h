#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/admin/admin_call.h"

namespace ottla::client {

// Kafka allows no longer name for a topic.
inline constexpr std::size_t kLongestTopicName = 249;

inline Error topic_error(ErrorCode code, std::string message, std::string_view topic) {
  return {code, std::move(message), {.topic = std::string(topic)}};
}

// True for what can be answered otherwise a moment later; a topic that is not known is an answer.
inline bool may_change(ErrorCode code) {
  return code != ErrorCode::unknown_topic_or_partition && code != ErrorCode::unknown_topic_id &&
         code != ErrorCode::request_timed_out && Error(code).retriable();
}

// A call about topics, each of which gets an Outcome of its own: one that an Error can be made
// into. Requests ask for those that are still without.
template <class Outcome>
class TopicsCall : public AdminCallFor<std::map<std::string, Outcome>> {
 public:
  using Outcomes = std::map<std::string, Outcome>;
  using AdminCallFor<Outcomes>::AdminCallFor;

  // What brokers have said of some topics is told even if the others were not reached.
  void fail(const Error& error) override {
    if (!some_told_ || error.code() == ErrorCode::closed) return this->answer(error);
    for (const auto& topic : pending_) outcomes_.insert_or_assign(topic, in_topic(error, topic));
    pending_.clear();
    answer_if_settled();
  }

 protected:
  // True if the topic is new to this call and its name can be sent.
  bool add(const std::string& topic) {
    if (topic.empty() || topic.size() > kLongestTopicName) {
      settle(topic, topic_error(ErrorCode::invalid_topic_exception,
                                "a topic's name has 1 to 249 characters", topic));
      return false;
    }
    return pending_.insert(topic).second;
  }

  const std::set<std::string>& pending() const { return pending_; }

  void settle(const std::string& topic, Outcome outcome) {
    pending_.erase(topic);
    outcomes_.insert_or_assign(topic, std::move(outcome));
  }

  void answer_if_settled() {
    if (pending_.empty()) this->answer(std::move(outcomes_));
  }

  // Goes through `answers`, of which each pending topic must have one. `name_of` tells the optional
  // name in an answer; `take` gives what it makes of a topic's, or why it must be asked for again.
  template <class Answer, class NameOf, class Take>
  void take_answers(const std::vector<Answer>& answers, const NameOf& name_of, const Take& take) {
    std::map<std::string_view, std::vector<const Answer*>> by_name;
    for (const auto& answer : answers) {
      const std::optional<std::string_view> name = name_of(answer);
      if (name && pending_.contains(std::string(*name))) by_name[*name].push_back(&answer);
    }
    const auto asked = pending_;
    for (const auto& topic : asked) {
      const auto& found = by_name[topic];
      if (found.size() != 1) {
        settle(topic, not_one_answer(topic, found.size()));
      } else if (auto again = take(topic, *found.front())) {
        this->try_again(std::move(*again));
      }
    }
    some_told_ = some_told_ || pending_.size() < asked.size();
    answer_if_settled();
  }

 private:
  static Error not_one_answer(std::string_view topic, std::size_t count) {
    return topic_error(ErrorCode::unknown_server_error,
                       count == 0 ? "the broker's answer leaves the topic out"
                                  : "the broker's answer has the topic more than once",
                       topic);
  }
  static Error in_topic(const Error& error, const std::string& topic) {
    auto context = error.context();
    context.topic = topic;
    return {error.code(), error.message(), std::move(context)};
  }

  std::set<std::string> pending_;
  Outcomes outcomes_;
  bool some_told_ = false;  // by a broker
};

}  // namespace ottla::client
