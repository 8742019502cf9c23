#include "broker/handlers/delete_topics.h"
#include "broker/handlers/mutation_quota.h"
#include "broker/handlers/wire_code.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ottla::broker {
namespace {

constexpr std::int16_t kDeleteTopicsStrictSince = 5;

using protocol::DeleteTopicsRequest;
using protocol::DeleteTopicsResponse;

std::vector<TopicToDelete> topics_of(const DeleteTopicsRequest& request) {
  std::vector<TopicToDelete> topics;
  for (const auto& name : request.topic_names) topics.push_back({std::string(name), {}});
  for (const auto& topic : request.topics) {
    auto& asked = topics.emplace_back();
    if (topic.name) asked.name = *topic.name;
    asked.id = topic.topic_id;
  }
  return topics;
}

DeleteTopicsResponse::Topic answer_to(const DeleteTopicResult& result) {
  DeleteTopicsResponse::Topic topic;
  // Before v6 the name cannot be null; only those by id can be without one.
  if (!result.name.empty() || result.id.is_zero()) topic.name = result.name;
  topic.topic_id = result.id;
  if (!result.result) {
    topic.error_code = wire_code(result.result.error());
    topic.error_message = result.result.error().message();
  }
  return topic;
}

std::int64_t partitions_of(const TopicImage* topic) {
  return topic == nullptr ? 0 : static_cast<std::int64_t>(topic->partitions.size());
}

void charge_deletions(const Services& services, Request<DeleteTopicsRequest>& request) {
  const auto& image = services.image();
  charge_mutations(
      request, kDeleteTopicsStrictSince, [](auto& message) -> auto& { return message.topic_names; },
      [&image](std::string_view name) { return partitions_of(image.find_topic(name)); });
  charge_mutations(
      request, kDeleteTopicsStrictSince, [](auto& message) -> auto& { return message.topics; },
      [&image](const auto& topic) {
        return partitions_of(topic.name ? image.find_topic(*topic.name)
                                        : image.find_topic(topic.topic_id));
      });
}

}  // namespace

DeleteTopicsResponse refusal(const DeleteTopicsRequest& request, ErrorCode error) {
  DeleteTopicsResponse response;
  for (const auto& name : request.topic_names) {
    auto& topic = response.responses.emplace_back();
    topic.name = name;
    topic.error_code = error;
  }
  for (const auto& asked : request.topics) {
    auto& topic = response.responses.emplace_back();
    topic.name = asked.name;
    topic.topic_id = asked.topic_id;
    topic.error_code = error;
  }
  return response;
}

void handle_delete_topics(Services& services, Request<DeleteTopicsRequest> request) {
  const std::chrono::milliseconds timeout(std::max(request.message.timeout_ms, 1));
  charge_deletions(services, request);
  auto topics = topics_of(request.message);
  auto waiting = std::make_shared<Request<DeleteTopicsRequest>>(std::move(request));
  services.controller.delete_topics(std::move(topics), timeout,
                                    [waiting](const std::vector<DeleteTopicResult>& results) {
                                      DeleteTopicsResponse response;
                                      for (const auto& result : results)
                                        response.responses.push_back(answer_to(result));
                                      waiting->answer(response);
                                    });
}

}  // namespace ottla::broker
