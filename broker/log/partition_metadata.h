#pragma once

#include <string>

#include "ottla/bytes.h"
#include "ottla/result.h"
#include "protocol/uuid.h"

namespace ottla::broker {

// partition.metadata: the id of the topic that a log directory belongs to.
std::string partition_metadata_text(const protocol::Uuid& topic_id);

// Error: corrupt_data.
Result<protocol::Uuid> parse_partition_metadata(BytesView text);

}  // namespace ottla::broker
