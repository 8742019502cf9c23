#include "protocol/group/consumer_protocol.h"

#include <algorithm>

#include "protocol/wire/versioned.h"

namespace ottla::protocol {

template struct Codec<ConsumerProtocolSubscription>;
template struct Codec<ConsumerProtocolAssignment>;

namespace {

template <class M>
Result<M> parse(BytesView bytes) {
  const auto split = split_prefix(bytes, M::api.name);
  if (!split) return split.error();
  if (split->prefix < 0) {
    return Error(ErrorCode::corrupt_data,
                 std::string(M::api.name) + ": version " + std::to_string(split->prefix));
  }
  const auto version = std::min(split->prefix, kConsumerProtocolVersion);
  M message;
  Decoder<M> decoder(split->body, version);
  decoder.get(message);
  if (decoder.failure()) return decoder.failure().to_error(M::api, M::side, version);
  return message;
}

}  // namespace

Result<ConsumerProtocolSubscription> parse_subscription(BytesView bytes) {
  return parse<ConsumerProtocolSubscription>(bytes);
}

Result<ConsumerProtocolAssignment> parse_assignment(BytesView bytes) {
  return parse<ConsumerProtocolAssignment>(bytes);
}

Result<std::string> encode(const ConsumerProtocolSubscription& subscription, std::int16_t version) {
  return encode_prefixed(subscription, version, version);
}

Result<std::string> encode(const ConsumerProtocolAssignment& assignment, std::int16_t version) {
  return encode_prefixed(assignment, version, version);
}

}  // namespace ottla::protocol
