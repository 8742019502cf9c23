#include "protocol/wire/wire_tool.h"

#include "protocol/messages/all.h"
#include "protocol/wire/json.h"

namespace ottla::protocol {
namespace {

// Calls `use.template operator()<M>()` for the message of this API and side.
template <class Use>
Result<std::string> with_message(ApiKey key, Side side, Use&& use) {
  Result<std::string> result =
      Error(ErrorCode::unsupported_version,
            "there are no messages for the API with key " + std::to_string(static_cast<int>(key)));
  AllApis::for_each_message([&]<class M>() {
    if (M::api.key == key && M::side == side) result = use.template operator()<M>();
  });
  return result;
}

}  // namespace

Result<std::string> decode_to_json(ApiKey key, Side side, std::int16_t version, BytesView body) {
  return with_message(key, side, [&]<class M>() -> Result<std::string> {
    const auto message = decode<M>(body, version);
    if (!message) return message.error();
    return to_json(*message, version);
  });
}

Result<std::string> encode_from_json(ApiKey key, Side side, std::int16_t version,
                                     std::string_view json) {
  return with_message(key, side, [&]<class M>() -> Result<std::string> {
    const auto made = from_json<M>(json, version);
    if (!made) return made.error();
    const auto encoded = encode_body(made->message, version);
    if (!encoded) return encoded.error();
    return std::string(encoded->bytes.view());
  });
}

}  // namespace ottla::protocol
