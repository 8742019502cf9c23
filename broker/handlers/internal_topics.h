#pragma once

#include "base/task.h"
#include "broker/handlers/services.h"

namespace ottla::broker {

// Makes the topic that a coordinator keeps its state in, if it is not there yet, and calls `done`
// when it is, or cannot be made: who looks then sees which. The settings are those that Kafka gives
// it.
void make_offsets_topic(Services& services, base::Task done);
void make_transactions_topic(Services& services, base::Task done);

}  // namespace ottla::broker
