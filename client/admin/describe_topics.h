#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/admin/topics_call.h"
#include "ottla/admin.h"
#include "protocol/messages/describe_topic_partitions.h"
#include "protocol/messages/metadata.h"

namespace ottla::client {

// By DescribeTopicPartitions, answer by answer, which begin with the partition that the one before
// had no room for; by Metadata of brokers that do not serve that (older than Kafka 3.8).
class DescribeTopicsCall final : public TopicsCall<Result<TopicDescription>> {
 public:
  DescribeTopicsCall(Promise<TopicDescriptions> promise, const std::vector<std::string>& topics,
                     std::int32_t partitions_per_answer);

  bool for_controller() const override { return false; }
  Request next_request(BrokerId broker, std::int32_t timeout_ms) override;

 private:
  // A topic as the answers so far tell of it.
  struct Told {
    std::string name;
    ErrorCode error_code = ErrorCode::none;
    bool complete = true;  // has the partitions from 0 on, each once
    TopicDescription description{};
  };

  Request pages_request(BrokerId broker);
  Request metadata_request(BrokerId broker);
  void on_page(const protocol::DescribeTopicPartitionsResponse& page);
  void add(const protocol::DescribeTopicPartitionsResponse::Topic& topic);
  void begin_anew();
  void take(std::vector<Told> topics);
  std::optional<Error> take_one(const std::string& name, const Told& told);

  // Where the next page begins.
  struct Cursor {
    std::string topic;
    std::int32_t partition = 0;
  };

  const std::int32_t partitions_per_answer_;
  bool by_metadata_ = false;
  std::optional<Cursor> cursor_;
  std::vector<Told> told_;
};

}  // namespace ottla::client
