#include "protocol/messages/api_versions.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<ApiVersionsRequest>;
template struct Codec<ApiVersionsResponse>;

}  // namespace ottla::protocol
