#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ottla/bytes.h"
#include "ottla/result.h"
#include "protocol/wire/api.h"

// Messages between bytes and JSON by their API, for tools: a body without header and size, and one
// line of JSON as json.h describes it.
namespace ottla::protocol {

// Fail with unsupported_version for an API or a version without messages here, and as `decode` and
// `from_json` do.
Result<std::string> decode_to_json(ApiKey key, Side side, std::int16_t version, BytesView body);
Result<std::string> encode_from_json(ApiKey key, Side side, std::int16_t version,
                                     std::string_view json);

}  // namespace ottla::protocol
