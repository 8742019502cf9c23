#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/task.h"
#include "broker/handlers/services.h"
#include "ottla/embedded_broker.h"
#include "ottla/isolation_level.h"
#include "ottla/record.h"
#include "ottla/result.h"
#include "ottla/transaction_admin.h"

// What is in a broker, told to the program that it lives in. All on its loop.
namespace ottla::broker {

// Reads the topic on a worker, `done` is called on the loop; nothing below the broker is changed.
// Errors: unknown_topic_or_partition, corrupt_message, io_error.
using OnRecords = base::UniqueFunction<void(Result<std::vector<ConsumerRecord>>)>;
void inspect_records(const Services& services, std::string_view topic, IsolationLevel isolation,
                     OnRecords done);

// Sorted by id. Error: coordinator_load_in_progress.
Result<std::vector<EmbeddedGroup>> inspect_groups(const Services& services);

// By transactional id. Error: coordinator_load_in_progress.
Result<std::map<std::string, TransactionDescription>> inspect_transactions(
    const Services& services);

}  // namespace ottla::broker
