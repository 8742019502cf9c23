#include "protocol/messages/offset_fetch.h"

#include "protocol/wire/codec_impl.h"

namespace ottla::protocol {

template struct Codec<OffsetFetchRequest>;
template struct Codec<OffsetFetchResponse>;

}  // namespace ottla::protocol
