#include "protocol/wire/frame.h"

#include <limits>
#include <utility>

#include "base/endian.h"
#include "protocol/wire/codec_impl.h"
#include "protocol/wire/frame_reader.h"

namespace ottla::protocol {
namespace {

constexpr std::size_t kSizeField = 4;

template <std::integral T>
void append(std::string& to, T value) {
  char bytes[sizeof(T)];
  base::store_be(bytes, value);
  to.append(bytes, sizeof bytes);
}

// The client id has the classic length at every version, so that a broker can read the header of
// an ApiVersions request from the future (KIP-511).
void append_client_id(std::string& to, std::optional<std::string_view> client_id) {
  if (!client_id) return append(to, std::int16_t{-1});
  const auto text = client_id->substr(0, std::numeric_limits<std::int16_t>::max());
  append(to, static_cast<std::int16_t>(text.size()));
  to.append(text);
}

std::optional<std::string_view> read_client_id(FrameReader& reader) {
  const auto size = reader.integer<std::int16_t>();
  if (size < -1) reader.fail("clientId: has a length of " + std::to_string(size));
  if (size < 0) return std::nullopt;
  return reader.bytes(size);
}

}  // namespace

Error version_not_known(const Api& api, Side side, int version) {
  Failure failure;
  failure.set(ErrorCode::unsupported_version, "versions " + std::to_string(api.min) + " to " +
                                                  std::to_string(api.max) + " are known");
  return failure.to_error(api, side, version);
}

Result<RequestFrame> read_request(BytesView frame) {
  FrameReader reader(frame, false);
  RequestFrame read;
  read.header.api_key = static_cast<ApiKey>(reader.integer<std::int16_t>());
  read.header.api_version = reader.integer<std::int16_t>();
  read.header.correlation_id = reader.integer<std::int32_t>();
  if (reader.failure()) {
    return Error(ErrorCode::corrupt_data, "a request of " + std::to_string(frame.size()) +
                                              " bytes is too short for a header");
  }
  const int version = read.header.api_version;
  read.api = find_api(read.header.api_key);
  if (read.api == nullptr) {
    return Error(ErrorCode::unsupported_version,
                 "a request has the unknown API key " +
                     std::to_string(static_cast<int>(read.header.api_key)) + ", version " +
                     std::to_string(version));
  }
  read.header.client_id = read_client_id(reader);
  if (read.api->request_header_version(version) == 2) reader.skip_tags();
  if (reader.failure()) return reader.failure().to_error(*read.api, Side::request, version);
  read.body = reader.rest();
  return read;
}

Result<std::int32_t> read_correlation_id(BytesView frame) {
  FrameReader reader(frame, false);
  const auto id = reader.integer<std::int32_t>();
  if (!reader.failure()) return id;
  return Error(ErrorCode::corrupt_data, "a response of " + std::to_string(frame.size()) +
                                            " bytes is too short for a header");
}

Result<BytesView> read_response(BytesView frame, const Api& api, std::int16_t version) {
  FrameReader reader(frame, false);
  reader.integer<std::int32_t>();
  if (api.response_header_version(version) == 1) reader.skip_tags();
  if (reader.failure()) return reader.failure().to_error(api, Side::response, version);
  return reader.rest();
}

std::string request_prefix(const Api& api, std::int16_t version, std::int32_t correlation_id,
                           std::optional<std::string_view> client_id) {
  std::string prefix(kSizeField, '\0');
  append(prefix, static_cast<std::int16_t>(api.key));
  append(prefix, version);
  append(prefix, correlation_id);
  append_client_id(prefix, client_id);
  if (api.request_header_version(version) == 2) prefix += '\0';
  return prefix;
}

std::string response_prefix(const Api& api, std::int16_t version, std::int32_t correlation_id) {
  std::string prefix(kSizeField, '\0');
  append(prefix, correlation_id);
  if (api.response_header_version(version) == 1) prefix += '\0';
  return prefix;
}

Result<EncodedFrame> finish_frame(Result<EncodedFrame> frame) {
  if (!frame) return frame;
  std::uint64_t size = frame->bytes.size() - kSizeField;
  for (const auto& external : frame->external) size += external.size;
  if (size > std::numeric_limits<std::int32_t>::max()) {
    return Error(ErrorCode::message_too_large, "a frame of " + std::to_string(size) +
                                                   " bytes is larger than the protocol allows");
  }
  base::store_be(frame->bytes.data(), static_cast<std::int32_t>(size));
  return frame;
}

}  // namespace ottla::protocol
