#pragma once

#include <string_view>

#include "broker/metadata/scram_requests.h"
#include "ottla/result.h"

namespace ottla::broker {

// Reads what `ottla-broker --add-scram` is given, in the form of Kafka's `kafka-storage format
// --add-scram`: SCRAM-SHA-256=[name=alice,iterations=8192,password=alice-secret]. The iterations
// may be left out; the password comes last and may have commas in it. Salts the password, which
// takes milliseconds. Errors: invalid_argument, which never repeat the text.
Result<ScramUpsertion> parse_added_scram(std::string_view text);

}  // namespace ottla::broker
