#pragma once

#include <string>
#include <string_view>

#include "base/file.h"
#include "ottla/bytes.h"
#include "ottla/result.h"
#include "protocol/uuid.h"

namespace ottla::broker {

// partition.metadata: the id of the topic that a log directory belongs to.
std::string partition_metadata_text(const protocol::Uuid& topic_id);

// Error: corrupt_data.
Result<protocol::Uuid> parse_partition_metadata(BytesView text);

// Of the log directory of that name; zero if it is missing or cannot be read. (sleeps)
protocol::Uuid topic_id_in(base::Directory& root, std::string_view log_directory);

}  // namespace ottla::broker
