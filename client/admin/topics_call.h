#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/admin/each_call.h"

namespace ottla::client {

// Kafka allows no longer name for a topic.
inline constexpr std::size_t kLongestTopicName = 249;

inline Error topic_error(ErrorCode code, std::string message, std::string_view topic) {
  return {code, std::move(message), {.topic = std::string(topic)}};
}

// A call about topics.
template <class Outcome>
class TopicsCall : public EachCall<std::string, Outcome> {
 public:
  using EachCall<std::string, Outcome>::EachCall;

 protected:
  // True if the topic is new to this call and its name can be sent.
  bool add(const std::string& topic) {
    if (topic.empty() || topic.size() > kLongestTopicName) {
      this->settle(topic, topic_error(ErrorCode::invalid_topic_exception,
                                      "a topic's name has 1 to 249 characters", topic));
      return false;
    }
    return this->add_pending(topic);
  }

  // Goes through `answers`; `name_of` tells the optional name in one.
  template <class Answer, class NameOf, class Take>
  void take_answers(const std::vector<Answer>& answers, const NameOf& name_of, const Take& take) {
    const auto key_of = [&name_of](const Answer& answer) -> std::optional<std::string> {
      const std::optional<std::string_view> name = name_of(answer);
      if (!name) return std::nullopt;
      return std::string(*name);
    };
    this->take_each(typename EachCall<std::string, Outcome>::Keys(this->pending()), answers, key_of,
                    take);
  }

  Error about(const std::string& topic, const Error& error) const final {
    auto context = error.context();
    context.topic = topic;
    return {error.code(), error.message(), std::move(context)};
  }
  std::string_view noun() const final { return "topic"; }
};

}  // namespace ottla::client
