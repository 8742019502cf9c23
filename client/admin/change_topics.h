#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/admin/topics_call.h"
#include "ottla/admin.h"

namespace ottla::client {

// What making, removing and enlarging topics have in common: the controller does it, and an attempt
// whose answer was lost may have done it.
class ChangeTopicsCall : public TopicsCall<std::optional<Error>> {
 public:
  using TopicsCall::TopicsCall;

  bool for_controller() const final { return true; }

 protected:
  void on_request_lost(const Error& error);

  // Settles the topic, or says why it must be asked for again. `if_done_before` is what brokers
  // answer where an earlier attempt has succeeded.
  std::optional<Error> take(const std::string& topic, ErrorCode code,
                            const std::optional<std::string_view>& message,
                            ErrorCode if_done_before);

  void set_sent() { sent_ = true; }

 private:
  bool sent_ = false;      // the last request has left
  bool in_doubt_ = false;  // one has left whose answer never came
};

class CreateTopicsCall final : public ChangeTopicsCall {
 public:
  CreateTopicsCall(Promise<TopicOutcomes> promise, std::vector<NewTopic> topics,
                   bool validate_only);

  Request next_request(BrokerId broker, std::int32_t timeout_ms) override;

 private:
  std::map<std::string, NewTopic> topics_;
  const bool validate_only_;
};

class CreatePartitionsCall final : public ChangeTopicsCall {
 public:
  CreatePartitionsCall(Promise<TopicOutcomes> promise, std::vector<NewPartitions> topics,
                       bool validate_only);

  Request next_request(BrokerId broker, std::int32_t timeout_ms) override;

 private:
  std::map<std::string, NewPartitions> topics_;
  const bool validate_only_;
};

class DeleteTopicsCall final : public ChangeTopicsCall {
 public:
  DeleteTopicsCall(Promise<TopicOutcomes> promise, const std::vector<std::string>& topics);

  Request next_request(BrokerId broker, std::int32_t timeout_ms) override;
};

}  // namespace ottla::client
