#pragma once

#include <string>
#include <string_view>

#include "ottla/record.h"
#include "ottla/result.h"

namespace ottla::tools {

// Appends what is printed of a record; nothing if it is not of the kind that is wanted. Error:
// corrupt_data, naming the offset.
using RecordFormatter = Result<void> (*)(const RecordView& record, std::string& out);

// A formatter of Kafka's for its own topics, by the name of its class with or without packages:
// OffsetsMessageFormatter and GroupMetadataMessageFormatter of __consumer_offsets,
// TransactionLogMessageFormatter of __transaction_state. JSON as Apache Kafka 4 prints it. Null:
// there is none of that name.
RecordFormatter find_coordinator_formatter(std::string_view name);

}  // namespace ottla::tools
