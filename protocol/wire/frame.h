#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/wire/codec.h"

// Frames: a size of four bytes, a header, a body. What is read here is without the size.
namespace ottla::protocol {

struct RequestHeader {
  ApiKey api_key{};
  std::int16_t api_version = 0;
  std::int32_t correlation_id = 0;
  std::optional<std::string_view> client_id;

  bool operator==(const RequestHeader&) const = default;
};

// Borrowed from the frame. Whether `header.api_version` is one that we know is for the caller to
// look at, who may have an answer to that (ApiVersions); `decode` refuses it.
struct RequestFrame {
  RequestHeader header;
  const Api* api = nullptr;
  BytesView body;
};

// Fails for a key that is in no row of kApis and for a header that is cut short.
Result<RequestFrame> read_request(BytesView frame);

// The first thing in a response, which tells the request it answers.
Result<std::int32_t> read_correlation_id(BytesView frame);

// What follows the header in the response to a request of this API and version.
Result<BytesView> read_response(BytesView frame, const Api& api, std::int16_t version);

// A frame's beginning: a size to be filled in, and the header.
std::string request_prefix(const Api& api, std::int16_t version, std::int32_t correlation_id,
                           std::optional<std::string_view> client_id);
std::string response_prefix(const Api& api, std::int16_t version, std::int32_t correlation_id);

// Fills in the size. Fails with message_too_large for a frame of 2 GiB or more.
Result<EncodedFrame> finish_frame(Result<EncodedFrame> frame);

// A whole frame, ready to be sent, in one allocation (and one more for places of external records).
// A client id longer than 32767 bytes is cut.
template <RequestMessage M>
Result<EncodedFrame> encode_request(const M& message, std::int16_t version,
                                    std::int32_t correlation_id,
                                    std::optional<std::string_view> client_id) {
  const auto prefix = request_prefix(M::api, version, correlation_id, client_id);
  return finish_frame(Codec<M>::encode(message, version, prefix));
}

template <ResponseMessage M>
Result<EncodedFrame> encode_response(const M& message, std::int16_t version,
                                     std::int32_t correlation_id) {
  const auto prefix = response_prefix(M::api, version, correlation_id);
  return finish_frame(Codec<M>::encode(message, version, prefix));
}

}  // namespace ottla::protocol
