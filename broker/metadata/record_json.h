#pragma once

#include <string>

#include "broker/metadata/control_records.h"
#include "ottla/bytes.h"
#include "ottla/result.h"

namespace ottla::broker {

// The value of a record of the metadata log as kafka-dump-log prints it:
// {"type":"TOPIC_RECORD","version":0,"data":{...}}. Errors: those of parse_metadata_record.
Result<std::string> metadata_record_json(BytesView value);

// The body of a control record, as Apache Kafka's converters print it.
std::string control_record_json(const ControlRecord& record);

}  // namespace ottla::broker
