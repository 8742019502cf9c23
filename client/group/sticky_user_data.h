#pragma once

#include "client/group/sticky.h"

// What members tell the leader of what they had: the sticky assignor in user data of its own, since
// eager members own nothing when they join; the cooperative one in the subscription, with only the
// generation in user data where the subscription is too old to have it.
namespace ottla::client {

// Version 1: topics with their partitions, then the generation.
Bytes write_sticky_user_data(const std::vector<TopicPartition>& partitions,
                             std::int32_t generation);

// What cannot be read claims nothing.
StickyClaim read_sticky_claim(const AssignmentTask& task, const GroupSubscription& subscription);
StickyClaim read_cooperative_claim(const AssignmentTask& task,
                                   const GroupSubscription& subscription);

}  // namespace ottla::client
