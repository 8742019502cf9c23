#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/describe_topic_partitions.h"

namespace ottla::broker {

// DescribeTopicPartitions, v0: topics by name and their partitions, as many as fit a page
// (max.request.partition.size.limit), and where to go on.
void handle_describe_topic_partitions(Services& services,
                                      Request<protocol::DescribeTopicPartitionsRequest> request);

protocol::DescribeTopicPartitionsResponse refusal(
    const protocol::DescribeTopicPartitionsRequest& request, ErrorCode error);

}  // namespace ottla::broker
