#include "protocol/messages/metadata.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<MetadataRequest>;
template struct Codec<MetadataResponse>;

}  // namespace ottla::protocol
